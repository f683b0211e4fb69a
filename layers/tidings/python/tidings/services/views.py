"""What somebody may read of a conversation's log.

In a 1:1 everything.  In a group what was written while they were in it, or everything up to when they left for good,
as the group's setting says: who has left keeps what they received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tidings.domain import conversation
from tidings.domain.errors import NotFound
from tidings.domain.groups import Seen, Stay
from tidings.domain.identity import Caller
from tidings.domain.position import FIRST, LAST, floor
from tidings.ports.groups import Members
from tidings.services.metas import Metas


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a log: positions from `first` on and below `end`."""

    first: str
    end: str

    @property
    def after(self) -> str:
        """A string that sorts just before `first`."""
        return self.first[:-1]


WHOLE: Final = (Span(FIRST, LAST),)


@dataclass(frozen=True, slots=True)
class View:
    """What lies in one of the spans, which are apart and in order, and is in sight by `shows(position)`."""

    spans: tuple[Span, ...] = WHOLE
    shows: Callable[[str], bool] = lambda _: True

    def below(self, position: str) -> tuple[Span, str | None]:
        """The last span that begins below `position`, cut off there, and where to go on below it (None: nowhere).

        So whoever was away for long does not page through what was said meanwhile.
        """
        under = [span for span in self.spans if span.first < position]
        if not under:
            return Span(FIRST, FIRST), None
        last = under[-1]
        return Span(last.first, min(last.end, position)), last.first if len(under) > 1 else None


class Views:
    """Opens logs to their readers."""

    def __init__(self, metas: Metas, members: Members) -> None:
        self._metas = metas
        self._members = members

    def of(self, caller: Caller, conversation_id: str) -> View:
        """What the caller may read.  Raises `NotFound`, `Forbidden`."""
        if not conversation.is_group(conversation_id):
            conversation.other(conversation_id, caller.user_id)
            return View()
        group = self._metas.recent(conversation_id)
        member = self._members.get(group, caller.user_id)
        if member is None:
            raise NotFound("There is no such conversation.")
        spans = _spans(member.stays)
        if group.history is Seen.ALL:
            spans = (Span(FIRST, spans[-1].end),)
        return View(spans, lambda position: member.sees(position, group.history))


def _spans(stays: Iterable[Stay]) -> tuple[Span, ...]:
    """Stays as spans: who came back before a removal held was never away."""
    found: list[Span] = []
    for stay in stays:
        first, end = stay.joined, LAST if stay.left is None else floor(stay.left)
        if found and first < found[-1].end:
            earlier = found.pop()
            first, end = earlier.first, max(earlier.end, end)
        found.append(Span(first, end))
    return tuple(found)
