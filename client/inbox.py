"""What arrives: live events and sync pages become each event once, in display order, with receipts to send.

The cursor comes from sync alone: live events never move it, for an older event may still be on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from client.display import Display, Gone
from client.events import (
    Event,
    GroupChange,
    Hidden,
    LogEvent,
    Message,
    NewPosts,
    Presence,
    Receipt,
    SearchProgress,
    Setting,
    Typing,
    Via,
)
from client.order import Recent, Seen
from client.receipts import Mark, Receipts
from client.wire import event_of

KEEP = 2_000
"""Event ids in a saved state.  A sync repeats what is younger than the server's settling time (30 s)."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """What to keep between runs: the sync cursor, the latest event ids (sender, client id, or alike) and what was taken
    back latest (conversation, position), oldest first: a message may come after its end.  `following` is where a sync
    goes on that has not come to its end."""

    cursor: str | None = None
    seen: tuple[Key, ...] = ()
    gone: tuple[Gone, ...] = ()
    following: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The state as JSON values."""
        kept: dict[str, Any] = {"cursor": self.cursor, "seen": _lists(self.seen), "gone": _lists(self.gone)}
        return kept | ({"next": self.following} if self.following is not None else {})

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> State:
        """The state that `as_json` gave, here or in an earlier version."""
        seen, gone = _pairs(value.get("seen", ())), _pairs(value.get("gone", ()))
        return State(value.get("cursor"), seen, gone, value.get("next"))


class Inbox:
    """Deduplicates and orders.  `receipts` is told of every message of others; `me` is None until it is known."""

    def __init__(self, receipts: Receipts, state: State, me: str | None = None) -> None:
        self.display = Display(gone=state.gone)
        self.me = me
        self.cursor = state.cursor
        self.following = state.following
        self.present: Recent[str, Presence] = Recent()
        self._seen: Seen[Key] = Seen(ids=state.seen)
        self._receipts = receipts
        self._tops: Recent[str, Mark] = Recent()
        self._marks: Recent[tuple[str, str | None, str], Mark] = Recent()
        self._settings: Recent[tuple[str, str], str] = Recent()

    @property
    def me(self) -> str | None:
        """Who we are."""
        return self.display.me

    @me.setter
    def me(self, user: str | None) -> None:
        self.display.me = user

    def take(self, events: Iterable[Mapping[str, Any]], via: Via) -> list[Event]:
        """The events of a live frame or a page that are news, in the order given."""
        read = (event_of(wire, via) for wire in events)
        return [news for event in read if event is not None and (news := self.news(event)) is not None]

    def news(self, event: Event) -> Event | None:
        """Take an event in; what it says that was not known, None for nothing."""
        match event:
            case Receipt():
                return event if self._receipt(event) else None
            case Setting():
                return self._setting(event)
            case Hidden():
                gone = self.display.remove(event.conversation, event.target)
                return event if self._seen.add(event.key) and gone else None
            case Typing():
                return event if event.user != self.me else None
            case NewPosts() | SearchProgress():
                return event
            case Presence():
                return event if self._presence(event) else None
            case _:
                return self._logged(event)

    def own(self, event: LogEvent | Setting | Hidden) -> None:
        """Something of our own was acked: it has its place, and a copy from another way is no news.

        It vouches for nothing that had arrived before it, so it moves no mark of ours.
        """
        if isinstance(event, Setting | Hidden):
            self.news(event)
        else:
            self.display.apply(event)
            self._seen.add(event.key)

    def met(self, entries: Iterable[Message | GroupChange]) -> None:
        """A page of the past showed these: we hold them, so that they can be marked as read."""
        for entry in entries:
            self._meet(entry)

    def top(self, conversation: str) -> Mark | None:
        """The newest position and arrival met in a conversation, None for an unknown one."""
        return self._tops.get(conversation)

    def state(self) -> State:
        """What to keep."""
        return State(self.cursor, tuple(self._seen)[-KEEP:], self.display.gone(KEEP), self.following)

    def _logged(self, event: LogEvent) -> LogEvent | None:
        """Copies are taken in, too: after a restart the display is empty, and the first copy's receipt may be lost."""
        if isinstance(event, Message | GroupChange):
            self._confirm(event)
        stands = self.display.apply(event)
        if not self._seen.add(event.key):
            return None
        if isinstance(event, Message | GroupChange):
            return self.display.shown(event)
        return event if stands else None

    def _confirm(self, event: Message | GroupChange) -> None:
        top = self._meet(event)
        if self.me is None or event.sender == self.me:
            return
        # Of changes only our own joining is confirmed: it is the one that a phone may sound for.
        if isinstance(event, Message) or self.me in event.users:
            self._receipts.note(event.conversation, "delivered", top)

    def _meet(self, event: Message | GroupChange) -> Mark:
        mark = Mark(event.position, int(event.arrival[:13]))
        top = mark.joined(self._tops.get(event.conversation))
        self._tops[event.conversation] = top
        return top

    def _receipt(self, receipt: Receipt) -> bool:
        """News only if it moves that reader's mark forward; the marks are forgotten with the program, ids are not."""
        new = self._seen.add(receipt.key)
        key = (receipt.conversation, receipt.reader, receipt.kind)
        mark = Mark(receipt.position, receipt.taken_at)
        known = self._marks.get(key)
        if known is not None and known.covers(mark):
            return False
        self._marks[key] = mark.joined(known)
        return new

    def _setting(self, event: Setting) -> Setting | None:
        """The values that stand: each is a register by position."""
        if not self._seen.add(event.key):
            return None
        standing = []
        for name, value in event.details:
            if event.position > (self._settings.get((event.conversation, name)) or ""):
                self._settings[event.conversation, name] = event.position
                standing.append((name, value))
        return replace(event, details=tuple(standing)) if standing else None

    def _presence(self, event: Presence) -> bool:
        """News only if it is newer and says something else; `until` alone is for whoever asks again."""
        known = self.present.get(event.user)
        if known is not None and event.at < known.at:
            return False
        self.present[event.user] = event
        return known is None or (event.online, event.last_seen) != (known.online, known.last_seen)


def _pairs(values: Iterable[Iterable[object]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one), str(other)) for one, other in values)


def _lists(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [list(pair) for pair in pairs]
