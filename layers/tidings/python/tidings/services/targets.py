"""The message that a reply, a reaction, an edit, an unsend or a hide is about: whether it is there for the caller."""

from __future__ import annotations

from collections.abc import Callable

from tidings.domain import position
from tidings.domain.errors import Forbidden, NotFound, TooLate
from tidings.domain.events import GroupChange, LogEntry, Message
from tidings.domain.identity import Caller
from tidings.ports.messaging import Log
from tidings.services.room import Room

Sees = Callable[[str], bool]
"""Whether the caller may read what stands at a position."""


class Targets:
    """Looks messages up in the log, as the caller may see them."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def message(self, caller: Caller, room: Room, at: str, *, strong: bool = False) -> LogEntry:
        """The entry of a message that the caller sees.  `strong`: as it stands now, or else as it stood a moment ago.

        Raises `NotFound`, also for one that was unsent, and `InvalidRequest` for what is no position.
        """
        entry = self._seen(caller, room.conversation_id, room.sees, at, strong=strong)
        if not isinstance(entry.event, Message):
            raise missing()
        return entry

    def shown(self, caller: Caller, conversation_id: str, sees: Sees, at: str) -> LogEntry:
        """The entry of anything that `history` shows, of what the caller sees.  Raises the same."""
        entry = self._seen(caller, conversation_id, sees, at, strong=False)
        if not isinstance(entry.event, Message | GroupChange):
            raise missing()
        return entry

    def _seen(self, caller: Caller, conversation_id: str, sees: Sees, at: str, *, strong: bool) -> LogEntry:
        place = str(position.parse(at))
        if sees(place):
            for consistent in (True,) if strong else (False, True):
                entry = self._log.get(conversation_id, place, strong=consistent)
                if entry is not None:
                    return _unless_withheld(caller, entry)
        raise missing()


def own_message(entry: LogEntry | None, caller: Caller) -> LogEntry:
    """`entry` if it is a message of the caller's.  Raises `NotFound`, `Forbidden`."""
    if entry is None or not isinstance(entry.event, Message):
        raise missing()
    if entry.sender != caller.user_id:
        raise Forbidden("Only whoever wrote a message may do this.")
    return entry


def passed(at: str, target: str, window_ms: int) -> bool:
    """Whether the window of the message at `target` has closed for what is done at the position `at`."""
    return position.ms_of(at) - position.ms_of(target) > window_ms


def missing() -> NotFound:
    """There is nothing there, or nothing for the caller."""
    return NotFound("There is no message at this position of the conversation.")


def too_late() -> TooLate:
    """The window has closed."""
    return TooLate("The time in which this message could be changed has passed.")


def _unless_withheld(caller: Caller, entry: LogEntry) -> LogEntry:
    if entry.withheld and entry.sender != caller.user_id:
        raise missing()
    return entry
