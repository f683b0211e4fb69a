"""Events on the wire, live and in sync pages, and the frame that carries live ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tidings.domain import position
from tidings.domain.events import Event, Message, Receipt
from tidings.protocol.frames import Frame


class MessageEvent(Frame):
    """A message.  Its identity is (sender, client_id); show by `position`; `at` is epoch ms."""

    kind: Literal["message"] = "message"
    conversation: str
    position: str
    arrival: str
    sender: str
    client_id: str
    text: str
    at: int


class ReceiptEvent(Frame):
    """`reader` has received or read everything up to `position` that had arrived by `taken_at` (epoch ms)."""

    kind: Literal["receipt"] = "receipt"
    conversation: str
    position: str
    arrival: str
    reader: str
    receipt: Literal["delivered", "read"]
    taken_at: int


WireEvent = MessageEvent | ReceiptEvent


class EventsFrame(Frame):
    """Live events, in order.  They never move the sync cursor."""

    type: Literal["events"] = "events"
    events: list[WireEvent]


def to_wire(event: Event) -> WireEvent:
    """The wire form of an event."""
    if isinstance(event, Message):
        return MessageEvent(
            conversation=event.conversation_id,
            position=event.position,
            arrival=event.arrival or event.position,
            sender=event.sender,
            client_id=event.client_id,
            text=event.text,
            at=position.ms_of(event.position),
        )
    return _receipt(event)


def _receipt(event: Receipt) -> ReceiptEvent:
    return ReceiptEvent(
        conversation=event.conversation_id,
        position=event.position,
        arrival=event.arrival,
        reader=event.reader,
        receipt=event.kind.value,
        taken_at=event.taken_at,
    )


def events_frame(events: Iterable[Event]) -> EventsFrame:
    """The live frame for some events."""
    return EventsFrame(events=[to_wire(event) for event in events])
