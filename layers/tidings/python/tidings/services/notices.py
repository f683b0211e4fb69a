"""What a phone is told of new messages: the words, the badge, and a last look at whether they still stand.

A `Notices` lives for one batch and remembers what it has read: a group's message goes to many members of a batch,
and a user's badge is the same for all their conversations.  What it remembers of logs it believes for `LOOK_MS` only:
a message that was unsent longer ago than that is never told.  Read units (of items up to 4 KB), at most, once a batch:

    a user: their devices 0.5, name and settings 0.5, what they have not read (`tidings.services.unread`)
    a sender: name 0.5
    a group: title 0.5
    a (reader, conversation): the log strongly, 1 for each 4 KB between the first and the last of its messages; in a
    group, whether a sender is blocked 0.5
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from tidings.domain import conversation
from tidings.domain.events import LogEntry, Message
from tidings.domain.notice import Sounding, words
from tidings.domain.privacy import OPEN, Previews
from tidings.domain.timeline import excerpt
from tidings.ports.devices import Device, Devices, Notification
from tidings.ports.groups import Groups, Memberships
from tidings.ports.messaging import Log
from tidings.ports.people import User, Users
from tidings.ports.world import Clock
from tidings.services.unread import MOST, Unread

TTL_S: Final = 28 * 86_400
"""As long as FCM keeps a notification for a phone that is off; APNs keeps it two days longer."""
BODY_BYTES: Final = 600
"""What a lock screen shows of a message, and well under the 4 KB that the platforms take."""
LOOK_MS: Final = 1_000
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it is read."""

    users: Users
    devices: Devices
    memberships: Memberships
    log: Log
    groups: Groups
    unread: Unread
    clock: Clock


class Notices:
    """Makes the notifications of one batch."""

    def __init__(self, sources: Sources) -> None:
        self._from = sources
        self._users: dict[str, User | None] = {}
        self._devices: dict[str, list[Device]] = {}
        self._titles: dict[str, str | None] = {}
        self._unread: dict[str, list[Message]] = {}
        self._unsent: set[tuple[str, str]] = set()
        self._looks: dict[tuple[str, tuple[str, ...]], tuple[int, dict[str, LogEntry]]] = {}

    def phones(self, user_id: str) -> list[Device]:
        """The user's devices that can be pushed to."""
        if user_id not in self._devices:
            self._devices[user_id] = [each for each in self._from.devices.of(user_id) if each.endpoint is not None]
        return self._devices[user_id]

    def gone(self, user_id: str, device: Device) -> None:
        """The platform calls the device's endpoint dead."""
        self._from.devices.forget_endpoint(user_id, device.device_id, device.endpoint or "", device.position)
        self._devices[user_id] = [each for each in self._devices[user_id] if each != device]

    def notification(self, user_id: str, events: Sequence[Sounding]) -> Notification | None:
        """What to tell `user_id` of the events, all of one conversation; None: nothing of them stands any more."""
        conversation_id = events[0].conversation_id
        group = conversation.is_group(conversation_id)
        blocked = self._blocked(user_id, events) if group else frozenset()
        told = [each for each in events if each.sender not in blocked]
        if not told:
            return None
        self._read_users({user_id, *(each.sender for each in told)})
        title = self._title(conversation_id) if group else None
        self._read_unread(user_id)
        # Last of all: between this look and the publish there is nothing to wait for.
        standing = self._standing(conversation_id, told)
        if not standing:
            return None
        positions = {each.position for each in standing}
        self._unsent |= {(conversation_id, each.position) for each in told if each.position not in positions}
        return self._compose(user_id, standing, title)

    def _compose(self, user_id: str, events: Sequence[Sounding], title: str | None) -> Notification:
        newest = max(events, key=lambda event: event.position)
        messages = sum(isinstance(event, Message) for event in events)
        unread = [each for each in self._unread[user_id] if (each.conversation_id, each.position) not in self._unsent]
        # It replaces the conversation's earlier one, so it stands for the messages of that one, too.
        here = sum(each.conversation_id == newest.conversation_id for each in unread)
        count = max(messages, here) if messages else 0
        reader, sender = self._users[user_id], self._users[newest.sender]
        previews = (reader.privacy if reader is not None else OPEN).previews
        shown = words(newest, previews, sender.name if sender is not None else None, title, count)
        key = collapse_key(newest.conversation_id)
        hidden = previews is Previews.NONE
        about = {"conversation": newest.conversation_id, "position": newest.position, "sender": newest.sender}
        return Notification(
            title=shown.title,
            body=excerpt(shown.body, BODY_BYTES)[0],
            collapse_key=key,
            thread=key if hidden else newest.conversation_id,
            badge=min(MOST, len(unread)),
            ttl_s=TTL_S,
            data={**({} if hidden else about), "messages": str(messages)},
            count=count,
        )

    def _blocked(self, user_id: str, events: Sequence[Sounding]) -> frozenset[str]:
        """Which of the senders the reader has blocked: their 1:1 says so."""
        direct = {sender: conversation.direct_id(sender, user_id) for sender in {each.sender for each in events}}
        rows = self._from.memberships.many([(user_id, each) for each in direct.values()])
        return frozenset(
            sender for sender, each in direct.items() if (row := rows.get((user_id, each))) and row.blocked
        )

    def _standing(self, conversation_id: str, events: Sequence[Sounding]) -> list[Sounding]:
        """Those that were not unsent, with the text that they have now."""
        entries = self._look(conversation_id, sorted({each.position for each in events}))
        found = (entries.get(position) for position in dict.fromkeys(each.position for each in events))
        return [entry.event for entry in found if entry is not None and _tells(entry)]  # type: ignore[misc]

    def _look(self, conversation_id: str, positions: Sequence[str]) -> dict[str, LogEntry]:
        key, now = (conversation_id, tuple(positions)), self._from.clock.now()
        at, entries = self._looks.get(key, (now - LOOK_MS - 1, {}))
        if now - at > LOOK_MS:
            entries = self._read_log(conversation_id, positions)
            self._looks[key] = (now, entries)
        return entries

    def _read_log(self, conversation_id: str, positions: Sequence[str]) -> dict[str, LogEntry]:
        """One strong read for all that lie close together; what it does not reach is read by itself."""
        found: dict[str, LogEntry] = {}
        if len(positions) > 1:
            first, last = positions[0][:-1], positions[-1] + "~"
            page, _ = self._from.log.since(conversation_id, first, last, PAGE)
            found = {entry.position: entry for entry in page}
        for position in positions:
            if position not in found and (entry := self._from.log.get(conversation_id, position, strong=True)):
                found[position] = entry
        return found

    def _read_users(self, user_ids: Iterable[str]) -> None:
        asked = sorted(set(user_ids) - self._users.keys())
        if asked:
            found = self._from.users.get(asked)
            self._users |= {user_id: found.get(user_id) for user_id in asked}

    def _title(self, conversation_id: str) -> str | None:
        if conversation_id not in self._titles:
            found = self._from.groups.get(conversation_id, strong=False)
            self._titles[conversation_id] = found.title if found is not None else None
        return self._titles[conversation_id]

    def _read_unread(self, user_id: str) -> None:
        if user_id not in self._unread:
            self._unread[user_id] = self._from.unread.messages(user_id)


def _tells(entry: LogEntry) -> bool:
    return isinstance(entry.event, Sounding) and not entry.withheld


def collapse_key(conversation_id: str) -> str:
    """32 characters: APNs takes 64 bytes, and a conversation's id can be longer."""
    return blake2b(conversation_id.encode(), digest_size=16).hexdigest()
