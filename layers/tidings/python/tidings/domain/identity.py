"""Who is calling: what the connection proved, never what a body says."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

CONNECTION_LIFE_MS: Final = 7_800_000
"""2 h 10 min: the gateway ends a connection after two hours, so an older entry is a lost `$disconnect`."""


SIGNED_OUT: Final = "This token is older than the removal of a device. Sign in again."


def signed_out(revoked_at: int, issued_at: int, device_id: str, devices: frozenset[str]) -> bool:
    """Whether the removal of a device, at `revoked_at` (epoch ms; 0: never), has ended what a token that was given out
    at `issued_at` was good for on a device; `devices` are those that are registered."""
    return 0 < revoked_at >= issued_at and device_id not in devices


@dataclass(frozen=True, slots=True)
class Identity:
    """A proven user on a device.

    `expires_at` is the token's expiry in epoch seconds; `issued_at`, in epoch ms, is when it was given out (0: it does
    not say).
    """

    user_id: str
    device_id: str
    expires_at: int
    name: str | None = None
    issued_at: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """One live socket.  `connected_at` is epoch ms; `protocol` names the encoding that the client speaks; `expires_at`
    is the expiry, in epoch seconds, of the token that opened it (0: not known)."""

    device_id: str
    connection_id: str
    connected_at: int
    protocol: str = "tidings.v1"
    expires_at: int = 0

    def live(self, now: int) -> bool:
        """Whether the gateway can still hold this connection at `now` (epoch ms), and its token is good: what the user
        may not ask for any more is not told either."""
        expired = self.expires_at and self.expires_at * 1_000 <= now
        return not expired and self.connected_at > now - CONNECTION_LIFE_MS


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket that was opened and of whose end nobody has heard: a digest of its device's id, and its own id."""

    device: str
    connection_id: str


def opened(connection: Connection) -> Opened:
    """As what a connection is noted."""
    return Opened(device_digest(connection.device_id), connection.connection_id)


def device_digest(device_id: str) -> str:
    """Eight hexadecimal digits, for device ids are long and there may be many."""
    return sha256(device_id.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Caller:
    """One action of one frame: who sent it, over which socket, when the gateway took it (`stamp`, epoch ms).

    `frame_id` is the gateway's own id of the frame; `index` is the action's place in a batch, else 0.
    """

    identity: Identity
    connection: Connection
    stamp: int
    frame_id: str
    index: int = 0

    @property
    def user_id(self) -> str:
        """The proven user."""
        return self.identity.user_id
