"""How much room events take, so that a page fits a frame.  Services and stores know no frames, only their size."""

from __future__ import annotations

import json
from typing import Final

from tidings.domain.events import Event, Receipt

NAMES: Final = 256
"""Bytes of an event's field names, punctuation, numbers and enumerations, generously."""


def wire_bytes(event: Event) -> int:
    """Bytes that `event` takes at most as one object of a JSON frame in UTF-8."""
    own = (event.reader,) if isinstance(event, Receipt) else (event.sender, event.client_id, event.text)
    strings = (event.conversation_id, event.position, event.arrival, *own)
    return NAMES + sum(len(json.dumps(value, ensure_ascii=False).encode()) for value in strings)
