"""The tally of each group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.tally import Tally


class Tallies(Protocol):
    """The `tally` items of `Conversations`.  Whoever sets `due` is seen by the planner of the stream."""

    def get(self, conversation_id: str) -> Tally:
        """The tally, strongly read."""
        ...

    def ask(self, conversation_id: str, seen: int, due: int, fence: Fence) -> bool:
        """Set `due` if it still is `seen` (0: there is none).  Whether it was set."""
        ...

    def begin(self, conversation_id: str, run: str, fence: Fence) -> Tally:
        """A job begins: take `due` and the laggards away, so that whoever confirms from now on asks for another one.
        The tally as it stands then."""
        ...

    def finish(
        self,
        conversation_id: str,
        run: str,
        reached: Mapping[ReceiptKind, str],
        laggards: Mapping[ReceiptKind, str],
        fence: Fence,
    ) -> bool:
        """Set how far it came, if no other job has begun since `run` did.  Whether it was set."""
        ...
