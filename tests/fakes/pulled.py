"""What syncs pull, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from tests.fakes.messaging import DAY, FakeMailboxes
from tidings.domain.groups import Stay
from tidings.domain.pulled import BEGINNING, ENDING, OPEN, OWN_ROOM, ROOM, Marks, outdated
from tidings.domain.stamp import Fence
from tidings.ports import Clock

T = 30_000


class FakePulled:
    """Notes beside the mailboxes."""

    def __init__(
        self, mailboxes: FakeMailboxes, clock: Clock, kept_ms: int = 30 * DAY, settle_ms: int = 30_000
    ) -> None:
        self._mailboxes = mailboxes
        self._clock = clock
        self._kept = kept_ms
        self._settle = settle_ms

    def expect(
        self, user_id: str, conversation_id: str, joined: str, fence: Fence, *, start: int = 0, own: bool = False
    ) -> bool:
        stays, pulls = self._notes(user_id, conversation_id)
        if joined not in stays and self._left(user_id) >= (OWN_ROOM if own else ROOM):
            fence.check()
            return False
        self._write(user_id, conversation_id, {joined: BEGINNING} | stays, _opened(pulls, start), fence)
        return True

    def doubt(self, user_id: str, conversation_id: str, joined: str, fence: Fence) -> None:
        stays, pulls = self._notes(user_id, conversation_id)
        if stays.get(joined, OPEN) <= OPEN:
            self._write(user_id, conversation_id, {**stays, joined: ENDING}, pulls, fence)

    def settle(
        self, user_id: str, conversation_id: str, stays: Iterable[Stay], fence: Fence, *, start: int = 0
    ) -> None:
        for each in stays:
            noted, pulls = self._notes(user_id, conversation_id)
            if each.left is not None:
                noted[each.joined] = each.left
            elif noted.get(each.joined, BEGINNING) == BEGINNING:
                noted[each.joined] = OPEN
            self._write(user_id, conversation_id, noted, _opened(pulls, start), fence)

    def close(self, user_id: str, conversation_id: str, start: int, until: int, fence: Fence) -> None:
        stays, pulls = self._notes(user_id, conversation_id)
        self._write(user_id, conversation_id, stays, {**pulls, start: until}, fence)

    def _left(self, user_id: str) -> int:
        """How many notes there are that somebody still needs."""
        mine, before = self._mailboxes.marks.get(user_id, {}).values(), self._clock.now() - self._kept
        gone = sum(len(stays) + len(pulls) for stays, pulls in (outdated(each, before, self._settle) for each in mine))
        return sum(len(each.stays) + len(each.pulls) for each in mine) - gone

    def _notes(self, user_id: str, conversation_id: str) -> tuple[dict[str, int], dict[int, int]]:
        marks = self._mailboxes.marks.get(user_id, {}).get(conversation_id, Marks(conversation_id))
        return dict(marks.stays), dict(marks.pulls)

    def _write(
        self, user_id: str, conversation_id: str, stays: dict[str, int], pulls: dict[int, int], fence: Fence
    ) -> None:
        fence.check()
        mine = self._mailboxes.marks.setdefault(user_id, {})
        mine[conversation_id] = Marks(conversation_id, stays, pulls)
        for each in list(mine.values()):
            old_stays, old_pulls = outdated(each, self._clock.now() - self._kept, self._settle)
            left = {name: end for name, end in each.stays.items() if name not in old_stays}
            open_pulls = {start: end for start, end in each.pulls.items() if start not in old_pulls}
            mine[each.conversation_id] = Marks(each.conversation_id, left, open_pulls)
            if not left and not open_pulls:
                del mine[each.conversation_id]


def _opened(pulls: dict[int, int], start: int) -> dict[int, int]:
    return {start: OPEN} | pulls if start else pulls
