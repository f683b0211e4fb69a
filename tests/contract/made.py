"""Positions, messages and posts for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tidings.domain.conversation import group_id
from tidings.domain.events import Change, GroupChange, Message, Path, Receipt, ReceiptKind
from tidings.domain.groups import Group
from tidings.domain.position import LAST, stamped
from tidings.domain.posts import Post, TimelineEntry

if TYPE_CHECKING:
    from tests.contract.engines import Stores

T = TypeVar("T")


def position(ms: int, number: int = 0) -> str:
    """A position at `ms`; `number` (below 100) tells several apart, in order."""
    return str(stamped(ms, "somebody", "phone", "frame", number))


def message(conversation_id: str, sender: str, at: str, text: str = "hello", client_id: str = "1") -> Message:
    """A message whose arrival is its position."""
    return Message(conversation_id, at, sender, client_id, text, at)


def receipt(conversation_id: str, reader: str, covers: str, arrival: str, taken_at: int) -> Receipt:
    """A read receipt up to `covers`."""
    return Receipt(conversation_id, covers, reader, ReceiptKind.READ, taken_at, arrival)


def post(author: str, at: str, text: str | None = "news") -> Post:
    """A pushed post, or a tombstone."""
    return Post(author, at, "1", Path.PUSH, text)


def entry(author: str, at: str, text: str = "news") -> TimelineEntry:
    """A whole post in a timeline."""
    return TimelineEntry(author, at, text)


def all_pages(page: Callable[[str], tuple[list[T], str | None]]) -> list[list[T]]:
    """Every page from the newest down; `page` takes the position to go on below."""
    pages: list[list[T]] = []
    before: str | None = LAST
    while before is not None:
        found, before = page(before)
        pages.append(found)
    return pages


def flat(pages: list[list[T]]) -> list[T]:
    """What is on the pages, in their order."""
    return [each for page in pages for each in page]


def group(stores: Stores, conversation_id: str = "", title: str = "Team") -> Group:
    """A group without members that nobody else has, or the one of that id."""
    at = position(stores.clock.now())
    return Group(conversation_id or group_id(stores.user("owner"), at), at, title)


def changed(
    conversation_id: str, at: str, change: Change, users: tuple[str, ...] = (), by: str = "ann", **details: str
) -> GroupChange:
    """What happened to a group."""
    return GroupChange(conversation_id, at, by, at, change, users, tuple(sorted(details.items())))
