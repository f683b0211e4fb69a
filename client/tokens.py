"""How long a connection's token is good, by the server's clock: ours may be wrong by hours.

A token is the issuer's word to the server, and only peeped into here; one that cannot be read is used until the server
refuses it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

MARGIN: Final = 1.0
"""Seconds to wait beyond the expiry, so that whoever gives tokens out gives another one."""


@dataclass(slots=True)
class Lifetime:
    """`expires_at` (epoch seconds) is the token's expiry, `ends` the same on the session's clock; None: not known."""

    expires_at: int | None = None
    ends: float | None = None

    def heard(self, at: int | None, now: float) -> None:
        """The server's clock showed `at` (epoch ms) when ours showed `now`."""
        if self.expires_at is not None and at is not None:
            self.ends = now + self.expires_at - at / 1_000 + MARGIN

    def over(self, now: float) -> bool:
        """Whether it has expired."""
        return self.ends is not None and now >= self.ends


def expiry(token: str) -> int | None:
    """The `exp` of a JWT (epoch seconds), None where there is none to be read."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return int(claims["exp"])
    except (LookupError, ValueError, TypeError):
        return None
