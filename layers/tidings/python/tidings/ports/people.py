"""Users, their live connections and the sockets behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tidings.domain.events import LiveEvent
from tidings.domain.identity import Connection, Identity
from tidings.domain.privacy import OPEN, Privacy, PrivacyChange


@dataclass(frozen=True, slots=True)
class User:
    """A person, the ids of the devices that registered, and what the person shows."""

    user_id: str
    name: str | None = None
    devices: frozenset[str] = frozenset()
    privacy: Privacy = OPEN


class Users(Protocol):
    """Who exists."""

    def ensure(self, identity: Identity, now: int) -> None:
        """Make the user at the first connect; later ones write nothing unless the name changed."""
        ...

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        """Those of `user_ids` who exist (eventually consistent, one batch)."""
        ...

    def add_device(self, user_id: str, device_id: str, cap: int) -> bool:
        """Add to the set of registered devices.  False when the cap would be passed."""
        ...

    def drop_device(self, user_id: str, device_id: str) -> None:
        """Take out of the set of registered devices."""
        ...

    def privacy(self, user_id: str) -> Privacy:
        """The settings of one user, strongly read."""
        ...

    def set_privacy(self, user_id: str, change: PrivacyChange, position: str) -> Privacy:
        """Change settings, each a register by `position`.  How they stand then."""
        ...


class Registry(Protocol):
    """`Connections`: one item a user, one attribute a device, a register by `connected_at`."""

    def register(self, user_id: str, connection: Connection, now: int, cap: int) -> None:
        """Enter the connection unless a later one stands for the device.  Over `cap` the oldest entries go."""
        ...

    def remove(self, user_id: str, device_id: str, connection_id: str) -> None:
        """Remove the entry if it still names that connection."""
        ...

    def lookup(self, user_ids: Iterable[str], now: int) -> Mapping[str, list[Connection]]:
        """Strongly read the live connections (entries older than 2 h 10 min do not count), one batch."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events for one user's connection, in order."""

    user_id: str
    connection: Connection
    events: tuple[LiveEvent, ...]


PostResult = Literal["sent", "gone", "busy", "too_large", "failed"]
"""What @connections answered: 200, 410, 429, 413, anything else (or nothing)."""


class Sockets(Protocol):
    """Live frames, best effort: whatever fails is repaired by the client's next sync."""

    def post(self, deliveries: Sequence[Delivery]) -> list[PostResult]:
        """Post each delivery as one frame in its connection's protocol, concurrently; results in the same order."""
        ...
