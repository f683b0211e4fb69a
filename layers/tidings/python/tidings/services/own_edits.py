"""What its author sees of a message that they edited after the other side had blocked them.

The message keeps the text that the other side has received: a withheld edit only notes its position on it, and stands
in the log as an event of its own, which nobody but its author may see.  To the author it looks edited, as ever: or else
they would learn of the block.
"""

from __future__ import annotations

from dataclasses import replace

from tidings.domain.events import Edit, LogEntry, LogEvent, Message
from tidings.ports.messaging import Log


def as_seen(log: Log, entry: LogEntry, reader: str) -> LogEvent | None:
    """The event of `entry` as `reader` sees it; one read (eventually consistent) for a withheld edit, else none."""
    event = entry.event
    if not isinstance(event, Message) or entry.sender != reader:
        return event
    # Of edits that were shown the latest gave the text: what is noted above it was withheld, or never finished.
    for at in reversed(entry.edits):
        if at <= (event.edited or ""):
            break
        found = log.get(event.conversation_id, at, strong=False)
        if found is not None and isinstance(found.event, Edit):
            return replace(event, text=found.event.text, edited=at)
    return event
