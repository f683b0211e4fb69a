"""Groups, their members, and the reader's own side of every conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tidings.domain.events import ReceiptKind
from tidings.domain.groups import Group, Member, Role
from tidings.domain.stamp import Fence
from tidings.domain.watermark import Watermark


class Groups(Protocol):
    """What groups are: the `meta` item of each conversation."""

    def create(self, group: Group, fence: Fence) -> bool:
        """Put it unless it is there.  Whether it was put."""
        ...

    def get(self, conversation_id: str, *, strong: bool) -> Group | None:
        """A group."""
        ...

    def update(self, conversation_id: str, values: Mapping[str, str], position: str, fence: Fence) -> None:
        """Set `title`, `picture`, `description`, `who_posts`, `who_adds`, `history`: each a register by position."""
        ...


class Members(Protocol):
    """Who is in a group, in shards.  Everything that changes a member is a register by position."""

    def get(self, group: Group, user_id: str) -> Member | None:
        """Somebody who is or was in the group, strongly read."""
        ...

    def page(self, group: Group, after: str | None, limit: int) -> tuple[list[Member], str | None]:
        """Up to `limit` of those present, shard by shard; where to go on, None at the end."""
        ...

    def audience(self, conversation_id: str, shard: int, after: str | None) -> Iterator[tuple[int, Sequence[Member]]]:
        """Everybody who is or was in it from `shard` and the user after `after` on: pages, each with its shard.

        Strongly read.
        """
        ...

    def join(self, group: Group, users: Sequence[str], role: Role, position: str, fence: Fence) -> list[str]:
        """Begin a stay for each who is not present, and count them in the group; those who are present now because of
        this position (a replay names the same ones).  Each register moves only forward."""
        ...

    def leave(self, group: Group, user_id: str, position: str, left: int, fence: Fence) -> Member | None:
        """End the stay that stands, from `left` (epoch ms) on, and count down.  How the member stands now."""
        ...

    def set_role(self, group: Group, user_id: str, role: Role, position: str, fence: Fence) -> Member | None:
        """Give a present member a role unless a later position gave one.  How the member stands now."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """A reader's own side of a conversation.

    `since` is the position of the first message of a 1:1, or of the join; `blocked`: the reader has blocked the other
    side of this 1:1; `stays` are the reader's own in a group.
    """

    conversation_id: str
    since: str = ""
    marks: Mapping[ReceiptKind, Watermark] = field(default_factory=dict)
    muted_until: int = 0
    mentions: bool = True
    pinned: bool = False
    archived: bool = False
    blocked: bool = False
    left: bool = False


class Memberships(Protocol):
    """`Memberships`: one row a (reader, conversation)."""

    def get(self, user_id: str, conversation_id: str, *, strong: bool = False) -> Membership | None:
        """One row."""
        ...

    def many(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Membership]:
        """Rows by (user id, conversation id), in batches (eventually consistent)."""
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
        self, user_id: str, conversation_id: str, kind: ReceiptKind, mark: Watermark, fence: Fence
    ) -> Watermark | None:
        """Move a mark forward, by condition.  None: moved.  Else the mark that stands, unchanged."""
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

    def add_all(self, subjects: Sequence[str], watcher: Watcher, until: int, fence: Fence) -> None:
        """Enter for each of `subjects` (distinct); what is there until then costs no write."""
        ...

    def remove(self, subject: str, watcher: Watcher) -> None:
        """Take out; one that is not there is fine."""
        ...

    def of(self, subject: str, now: int) -> Iterator[list[Watcher]]:
        """Those whose time is not over, a page at a time, strongly read."""
        ...
