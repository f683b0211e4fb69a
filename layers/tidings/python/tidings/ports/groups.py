"""Groups, their members, and the reader's own side of every conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Protocol

from tidings.domain.events import GroupChange, Path, ReceiptKind
from tidings.domain.groups import Group, Member, Move
from tidings.domain.stamp import Fence
from tidings.domain.watermark import Watermark


class Groups(Protocol):
    """What groups are: the `meta` item of each conversation."""

    def create(self, group: Group, fence: Fence) -> bool:
        """Put it, without members, unless it is there.  Whether it was put."""
        ...

    def get(self, conversation_id: str, *, strong: bool) -> Group | None:
        """A group."""
        ...

    def update(self, change: GroupChange, path: Path, fence: Fence) -> bool:
        """Set the change's `details` (`title`, `picture`, `description`, `who_posts`, `who_adds`, `history`), each a
        register by position, and log the change, in one transaction.

        False: the change's position is taken, or there is no such group; nothing is written.
        """
        ...

    def turn(self, group: Group, path: Path, pulled_from: int, fence: Fence) -> bool:
        """Set how its events are delivered and from when on its members pull, if both still are as `group` says.
        Whether they were."""
        ...


PRESENT: Final[Callable[[Member], bool]] = attrgetter("present")


class Members(Protocol):
    """Who is or was in a group, in shards: a group that grows gets more, and whoever has a place keeps it."""

    def get(self, group: Group, user_id: str) -> Member | None:
        """Somebody who is or was in the group, strongly read.  `group` may be a few seconds old."""
        ...

    def many(self, group: Group, users: Iterable[str]) -> Mapping[str, Member]:
        """Those of `users` who are or were in the group, strongly read, which `group` has to be, too: before this."""
        ...

    def few(self, conversation_id: str, most: int) -> list[Member] | None:
        """Everybody who is or was in a group of one shard, strongly read; None where they are more than `most`."""
        ...

    def page(
        self, group: Group, after: str | None, limit: int, show: Callable[[Member], bool] = PRESENT
    ) -> tuple[list[Member], str | None]:
        """Up to `limit` of those whom `show` lets through, shard by shard; where to go on, None at the end."""
        ...

    def audience(self, conversation_id: str, shard: int, after: str | None) -> Iterator[tuple[int, Sequence[Member]]]:
        """Everybody who is or was in it from `shard` and the user after `after` on: pages, each with its shard.

        Strongly read.
        """
        ...

    def heirs(self, conversation_id: str, besides: str) -> Sequence[Member]:
        """Who is there and can take over from `besides`, strongly read: all admins, and everybody where they are not
        many, or at least some of those who joined first.  Nobody only where nobody else is there."""
        ...

    def change(
        self, group: Group, moves: Sequence[Move], event: GroupChange, path: Path, most: int, fence: Fence
    ) -> bool:
        """Make all `moves` (at most `MOVES`), count them in the group and log `event`, in one transaction.

        On condition that every member still is as before, that new ones still belong where `group` (strongly read,
        before the members were) says, that not more than `most` are present afterwards if there are more than
        before, that nobody is if the owner goes and nobody takes over, and that the event's position is free.  False:
        one does not hold; nothing is written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """A reader's own side of a conversation.

    `since` is the position of the first message of a 1:1, or of the first join (of a leave that was noted before it);
    `joined_at` and `left_at` those of the latest join and leave; `blocked`: the reader has blocked the other side of
    this 1:1.
    """

    conversation_id: str
    since: str = ""
    marks: Mapping[ReceiptKind, Watermark] = field(default_factory=dict)
    muted_until: int = 0
    mentions: bool = True
    pinned: bool = False
    archived: bool = False
    blocked: bool = False
    blocked_at: str = ""
    """The position that blocked or unblocked: what came before may have been withheld."""
    left: bool = False
    joined_at: str = field(default="", compare=False)
    left_at: str = field(default="", compare=False)
    set_at: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By setting: the position that set it."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Whether a mark has moved, and the reader's row as it stood before (None: there was none)."""

    moved: bool
    before: Membership | None


class Memberships(Protocol):
    """`Memberships`: one row a (reader, conversation)."""

    def get(self, user_id: str, conversation_id: str, *, strong: bool = False) -> Membership | None:
        """One row."""
        ...

    def many(self, keys: Iterable[tuple[str, str]], *, strong: bool = False) -> Mapping[tuple[str, str], Membership]:
        """Rows by (user id, conversation id), in batches."""
        ...

    def page(self, user_id: str, after: str | None, limit: int) -> tuple[list[Membership], str | None]:
        """All rows of a reader in order of conversation ids; where to go on."""
        ...

    def begin(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Make the row if it is not there; after a leave, mark it as joined again.  Nothing else on it changes."""
        ...

    def end(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Mark the row as left, unless a later `begin` stands."""
        ...

    def watermarks(self, user_id: str, conversation_id: str) -> Mapping[ReceiptKind, Watermark]:
        """The marks that stand (eventually consistent)."""
        ...

    def advance(
        self,
        user_id: str,
        conversation_id: str,
        kind: ReceiptKind,
        mark: Watermark,
        fence: Fence,
        *,
        begun: bool = False,
    ) -> Advance:
        """Move a mark forward, by condition; with `begun` only if the row was once begun (or ended: the two may come
        in any order).

        While the reader has blocked the other side, only `SEEN` moves: that is nobody's business.
        """
        ...

    def set(
        self, user_id: str, conversation_id: str, values: Mapping[str, int | bool], position: str, fence: Fence
    ) -> None:
        """Set `muted_until`, `mentions`, `pinned`, `archived`, `blocked`: each a register by position."""
        ...

    def hide(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Delete the message at `position` for the reader."""
        ...

    def hidden(self, user_id: str, conversation_id: str, after: str, before: str) -> frozenset[str]:
        """Positions between the two (exclusive) that are deleted for the reader."""
        ...

    def all_hidden(self, user_id: str) -> Mapping[str, frozenset[str]]:
        """Everything that is deleted for the reader: positions by conversation (eventually consistent)."""
        ...


@dataclass(frozen=True, slots=True)
class Watcher:
    """A device that wants live frames."""

    user_id: str
    device_id: str


class Watchers(Protocol):
    """`Watchers`: who wants live frames of a subject (see `tidings.storage.keys`).  Entries end by themselves."""

    def add(self, subject: str, watcher: Watcher, until: int) -> None:
        """Enter until `until` (epoch ms)."""
        ...

    def replace(self, watcher: Watcher, subjects: Collection[str], now: int, until: int, fence: Fence) -> None:
        """Enter for exactly `subjects` until about `until`, instead of for those of the last such call.

        The same ones again cost no write before half of their time is over.
        """
        ...

    def remove(self, subject: str, watcher: Watcher) -> None:
        """Take out; one that is not there is fine."""
        ...

    def of(self, subject: str, now: int) -> Iterator[list[Watcher]]:
        """Those whose time is not over, a page at a time, strongly read."""
        ...
