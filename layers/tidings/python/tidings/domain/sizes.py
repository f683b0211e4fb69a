"""How much room events take, so that a page fits a frame.  Services and stores know no frames, only their size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from tidings.domain.events import Edit, Event, GroupChange, Hidden, Message, Reaction, Receipt, Setting, Unsend
from tidings.domain.posts import TimelineEntry

PAGE_BYTES: Final = 98_304
"""Of a page on the wire: three billing steps of 32 KB, under the gateway's 128 KB with room for the frame."""
NAMES: Final = 256
"""Bytes of an event's field names, punctuation, numbers and enumerations, generously."""
MOST_ENTITIES: Final = 50
"""Mentions, tags and links of one text that are told with it."""
BRACES: Final = 40 * " "
"""What an object of a reference needs beside its values."""
ENTITY: Final = 48
"""Bytes of an entity of a text."""


def wire_bytes(event: Event) -> int:
    """Bytes that `event` takes at most as one object of a JSON frame in UTF-8."""
    return _bytes(event.conversation_id, event.position, event.arrival, *_own(event))


def _own(event: Event) -> Iterator[str]:
    """The strings that an event of this kind holds beside those that all have."""
    match event:
        case Receipt():
            yield event.reader or ""
        case Setting():
            yield from chain.from_iterable(event.details)
        case Hidden():
            yield event.target
        case Message():
            yield from (event.sender, event.client_id, event.text, event.reply_to or "", event.edited or "")
            yield from event.mentions
        case Edit():
            yield from (event.sender, event.client_id, event.target, event.text)
        case Unsend():
            yield from (event.sender, event.client_id, event.target)
        case Reaction():
            yield from (event.sender, event.client_id, event.target, event.emoji)
        case GroupChange():
            yield from (event.sender, event.client_id, *event.users)
            yield from chain.from_iterable(event.details)


def entry_bytes(entry: TimelineEntry) -> int:
    """The same for a post in a timeline, with what its text names."""
    named = min(MOST_ENTITIES, sum(map(entry.text.count, "@＠#＃.")))
    return named * ENTITY + _entry_bytes(entry)


def _entry_bytes(entry: TimelineEntry) -> int:
    refs = (str(ref) for ref in (entry.reply_to, entry.quote, entry.repost_of) if ref is not None)
    return _bytes(entry.author, entry.position, entry.text, *(f"{ref}{BRACES}" for ref in refs))


def fitting(sizes: Iterable[int], page_bytes: int) -> int:
    """How many, from the first on, fit a page: always one, if there is one."""
    used = count = 0
    for size in sizes:
        used += size
        if count and used > page_bytes:
            break
        count += 1
    return count


def _bytes(*strings: str) -> int:
    return NAMES + sum(len(json.dumps(value, ensure_ascii=False).encode()) + 1 for value in strings)
