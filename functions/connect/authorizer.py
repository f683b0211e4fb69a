"""The authorizer of `$connect`: verifies the token, the Origin and the device id."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.authorizer import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one connection attempt with a policy."""
    return build().resolve(event)
