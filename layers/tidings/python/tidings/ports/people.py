"""Users, their live connections and the sockets behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tidings.domain.events import LiveEvent
from tidings.domain.identity import Connection, Identity, Opened
from tidings.domain.privacy import OPEN, Privacy, PrivacyChange
from tidings.domain.profile import BLANK, Profile


@dataclass(frozen=True, slots=True)
class User:
    """A person, the ids of the devices that registered, and what the person shows and says.

    `name` is the display name that they set, else the one of their token.  `last_seen` is when a device last came, or
    the last one left; tokens issued up to `revoked_at` are good on registered devices only (epoch ms, 0: never).
    """

    user_id: str
    name: str | None = None
    devices: frozenset[str] = frozenset()
    privacy: Privacy = OPEN
    last_seen: int = 0
    revoked_at: int = 0
    profile: Profile = BLANK


class Users(Protocol):
    """Who exists."""

    def ensure(self, identity: Identity, now: int) -> User:
        """Make the user at the first connect, name them as their token does, and move `last_seen` forward to `now`.

        The user as they stand then; of two connects the later one names them.
        """
        ...

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        """Those of `user_ids` who exist (eventually consistent, one batch)."""
        ...

    def add_device(self, user_id: str, device_id: str, cap: int, issued_at: int | None = None) -> bool:
        """Add to the set of registered devices.  False when the cap would be passed.

        With `issued_at`, of the token that asks: raises `TokenExpired` where that is older than the removal of a
        device, and this one is not in the set.
        """
        ...

    def drop_device(self, user_id: str, device_id: str) -> None:
        """Take out of the set of registered devices."""
        ...

    def revoke(self, user_id: str, at: int) -> None:
        """Move `revoked_at` forward to `at`."""
        ...

    def seen(self, user_id: str, at: int) -> User:
        """Move `last_seen` forward to `at`.  The user as it stands then."""
        ...

    def privacy(self, user_id: str) -> Privacy:
        """The settings of one user, strongly read."""
        ...

    def set_privacy(self, user_id: str, change: PrivacyChange, position: str) -> Privacy:
        """Change settings, each a register by `position`.  How they stand then."""
        ...


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the registry once a connection was entered.

    `entries` are those of the user's devices, live or not.  `surplus`, where more than twice the cap of sockets are
    open: those that have no entry, whom nobody tells anything.
    """

    entries: list[Connection]
    surplus: tuple[Opened, ...] = ()


class Registry(Protocol):
    """`Connections`: one item a user, one attribute a device, a register by `connected_at`; and all sockets that were
    opened and have not ended, with an entry or not."""

    def register(self, user_id: str, connection: Connection, now: int, cap: int) -> Entered:
        """Enter the connection unless a later one stands for the device.  Over `cap` the oldest entries go."""
        ...

    def remove(self, user_id: str, device_id: str, connection_id: str) -> list[Connection] | None:
        """A socket has ended.  Remove the entry if it still names that one: the entries that are left.  None: it does
        not."""
        ...

    def opened(self, user_id: str, device_id: str) -> list[Connection]:
        """All sockets of a device that may be open, strongly read; `connected_at` is 0 for those without an entry."""
        ...

    def forget(self, user_id: str, ended: Sequence[Opened]) -> None:
        """Sockets without an entry have ended."""
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


Activity = int | Literal["gone", "unknown"]
"""When a connection last carried anything (epoch ms); or the gateway has it no more, or did not say."""


class Sockets(Protocol):
    """Live frames, best effort: whatever fails is repaired by the client's next sync."""

    def post(self, deliveries: Sequence[Delivery]) -> list[PostResult]:
        """Post each delivery as one frame in its connection's protocol, concurrently; results in the same order."""
        ...

    def active(self, connections: Sequence[Connection]) -> list[Activity]:
        """Ask the gateway about each, concurrently; results in the same order."""
        ...

    def close(self, connections: Sequence[Connection]) -> list[bool]:
        """End each, concurrently.  Whether it is ended now: one that was gone already is."""
        ...

    def farewell(self, connection: Connection, frame: str) -> None:
        """Post a frame that is encoded already, best effort, and end the connection.  Raises `Unavailable`."""
        ...
