"""The tallies of groups in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.tally import Tally


class FakeTallies:
    """Tallies by conversation id.  `asked` has what the stream would show: (conversation id, due)."""

    def __init__(self) -> None:
        self.all: dict[str, Tally] = {}
        self.asked: list[tuple[str, int]] = []

    def get(self, conversation_id: str) -> Tally:
        return self.all.get(conversation_id, Tally())

    def ask(self, conversation_id: str, seen: int, due: int, fence: Fence) -> bool:
        fence.check()
        standing = self.get(conversation_id)
        if standing.due != seen:
            return False
        self.all[conversation_id] = replace(standing, due=due)
        self.asked.append((conversation_id, due))
        return True

    def begin(self, conversation_id: str, run: str, fence: Fence) -> Tally:
        fence.check()
        begun = replace(self.get(conversation_id), due=0, run=run, laggards={})
        self.all[conversation_id] = begun
        return begun

    def finish(
        self,
        conversation_id: str,
        run: str,
        reached: Mapping[ReceiptKind, str],
        laggards: Mapping[ReceiptKind, str],
        fence: Fence,
    ) -> bool:
        fence.check()
        standing = self.get(conversation_id)
        if standing.run != run:
            return False
        self.all[conversation_id] = replace(
            standing, reached={**standing.reached, **reached}, laggards={**standing.laggards, **laggards}
        )
        return True
