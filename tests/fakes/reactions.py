"""Reactions in memory."""

from __future__ import annotations

from tidings.domain.events import Reaction
from tidings.domain.stamp import Fence
from tidings.ports import StandingReaction


class FakeReactions:
    """Registers by (conversation id, message, user, whether it is withheld)."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, str, str, bool], StandingReaction] = {}

    def put(self, reaction: Reaction, fence: Fence, *, withheld: bool = False) -> None:
        fence.check()
        key = (reaction.conversation_id, reaction.target, reaction.sender, withheld)
        old = self.standing.get(key)
        if old is None or old.position < reaction.position:
            place = (reaction.target, reaction.sender, reaction.position)
            self.standing[key] = StandingReaction(*place, reaction.emoji, withheld)

    def page(self, conversation_id: str, low: str, high: str, limit: int) -> tuple[list[StandingReaction], str | None]:
        mine = [each for (of, at, *_), each in self.standing.items() if of == conversation_id and low <= at <= high]
        every = sorted(mine, key=lambda each: (each.target, each.user_id, each.withheld), reverse=True)
        found = every[:limit]
        return found, found[-1].target if len(every) >= limit and found else None

    def of(self, conversation_id: str, position: str, user_id: str) -> StandingReaction | None:
        keys = ((conversation_id, position, user_id, withheld) for withheld in (False, True))
        found = [self.standing[key] for key in keys if key in self.standing]
        last = max(found, key=lambda each: each.position, default=None)
        return last if last is not None and last.emoji else None
