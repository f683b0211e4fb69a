"""What arrives: live events and sync pages become each event once, in display order, with receipts to send.

The cursor comes from sync alone: live events never move it, for an older event may still be on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from client.frames import Event, Message, Receipt, Via, event_of
from client.order import Display, Recent, Seen
from client.receipts import Mark, Receipts

KEEP_SEEN = 2_000
"""Event ids in a saved state.  A sync repeats what is younger than the server's settling time (30 s)."""


@dataclass(frozen=True, slots=True)
class State:
    """What to keep between runs: the sync cursor and the latest event ids (sender, client id), oldest first."""

    cursor: str | None = None
    seen: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {"cursor": self.cursor, "seen": [list(key) for key in self.seen]}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> State:
        """The state that `as_json` gave."""
        return State(value.get("cursor"), tuple((str(one), str(other)) for one, other in value.get("seen", ())))


class Inbox:
    """Deduplicates and orders.  `receipts` is told of every message of others; `me` is None until it is known."""

    def __init__(self, receipts: Receipts, state: State, me: str | None = None) -> None:
        self.me = me
        self.cursor = state.cursor
        self.display = Display()
        self._seen = Seen(ids=state.seen)
        self._receipts = receipts
        self._tops: Recent[str, Mark] = Recent()
        self._marks: Recent[tuple[str, str, str], Mark] = Recent()

    def take(self, events: Iterable[Mapping[str, Any]], via: Via) -> list[Event]:
        """The events of a live frame or a page that are news, in the order given."""
        return [event for wire in events if (event := event_of(wire, via)) is not None and self._is_news(event)]

    def sent(self, message: Message) -> None:
        """One of our own messages was acked: it has its place, and a copy from another way is no news."""
        self._seen.add(message.key)
        self.display.add(message)

    def top(self, conversation: str) -> Mark | None:
        """The newest position and arrival met in a conversation, None for an unknown one."""
        return self._tops.get(conversation)

    def state(self) -> State:
        """What to keep."""
        latest = [key for key in self._seen if isinstance(key, tuple)][-KEEP_SEEN:]
        return State(self.cursor, tuple((str(one), str(other)) for one, other in latest))

    def _is_news(self, event: Event) -> bool:
        return self._message(event) if isinstance(event, Message) else self._receipt(event)

    def _message(self, message: Message) -> bool:
        mark = Mark(message.position, int(message.arrival[:13]))
        top = mark.joined(self._tops.get(message.conversation))
        self._tops[message.conversation] = top
        if self.me is not None and message.sender != self.me:
            # Noted for copies too: the receipt of the first may have been lost with the process that got it.
            self._receipts.note(message.conversation, "delivered", top)
        if not self._seen.add(message.key):
            return False
        self.display.add(message)
        return True

    def _receipt(self, receipt: Receipt) -> bool:
        """News only if it moves that reader's mark forward."""
        key = (receipt.conversation, receipt.reader, receipt.kind)
        mark = Mark(receipt.position, receipt.taken_at)
        known = self._marks.get(key)
        if known is not None and known.covers(mark):
            return False
        self._marks[key] = mark.joined(known)
        return True
