"""Who is calling: what the connection proved, never what a body says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A proven user on a device.  `expires_at` is the token's expiry in epoch seconds."""

    user_id: str
    device_id: str
    expires_at: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One live socket.  `connected_at` is epoch ms; `protocol` names the encoding that the client speaks."""

    device_id: str
    connection_id: str
    connected_at: int
    protocol: str = "tidings.v1"


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
