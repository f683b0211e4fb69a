"""Which events may sound a phone, and in what words.

    full     who wrote, in which group, and what
    sender   who wrote, in which group: no text
    none     only that there is something: neither a name nor an id that tells one

A name that nobody knows is left out.  Words of our own are few and English: an app says them in the phone's language
before they are shown (APNs: a notification service extension; Android: a data handler).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeGuard

from tidings.domain.events import Change, Event, GroupChange, Message
from tidings.domain.privacy import Previews

Sounding = Message | GroupChange
"""What a push can be about."""

NEW_MESSAGE: Final = "New message"
NEW_GROUP: Final = "New group"


def may_sound(event: Event, owner: str) -> TypeGuard[Sounding]:
    """Whether the event may sound the phones of `owner`, in whose mailbox it is: a message of somebody else, or that
    somebody has put the owner into a group."""
    if isinstance(event, Message):
        return event.sender != owner
    if isinstance(event, GroupChange):
        joins = event.change in (Change.CREATED, Change.ADDED)
        return joins and event.sender != owner and owner in event.users
    return False


@dataclass(frozen=True, slots=True)
class Words:
    """What a phone shows; an empty `body` is not shown."""

    title: str
    body: str


def words(event: Sounding, previews: Previews, sender: str | None, group: str | None, messages: int) -> Words:
    """The words for `messages` new messages, of which `event` is the newest; for none, it says that one was added.

    `sender` is the name of who wrote or added, `group` the group's title (None: a 1:1 conversation, or not known).
    """
    if previews is Previews.NONE:
        if not messages:
            return Words(NEW_GROUP, "")
        return Words(NEW_MESSAGE if messages == 1 else f"{messages} new messages", "")
    told = _told(event, previews, sender)
    title = group or sender
    if title is None:
        return Words(NEW_MESSAGE if messages else NEW_GROUP, told if told != NEW_MESSAGE else "")
    if group is not None and sender is not None and messages:
        told = f"{sender}: {told}"
    return Words(title if messages < 2 else f"{title} ({messages})", told)


def _told(event: Sounding, previews: Previews, sender: str | None) -> str:
    """What the newest event says, without saying who."""
    if isinstance(event, GroupChange):
        return f"{sender} added you" if sender is not None else "You were added"
    return event.text if previews is Previews.FULL else NEW_MESSAGE
