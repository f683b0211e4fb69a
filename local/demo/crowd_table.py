"""What groups of several sizes were put through, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from local.demo.facts import Findings
from local.demo.report import columns


@dataclass(slots=True)
class Crowd:
    """What a group of `size` was put through, and what came of it."""

    size: int
    messages: int
    filled_s: float = 0.0
    faults: Findings = field(default_factory=Findings)
    read_back: int = 0
    path: str = ""
    fanout_s: float = 0.0
    per_worker: float = 0.0
    """Mailboxes a worker writes a second of its billed time; 0 where there is nothing to write."""
    written: float = 0.0
    read: float = 0.0
    frames: float = 0.0
    """Units and frames of one message alone, everything that follows from it included."""
    online: int = 0

    @property
    def row(self) -> tuple[str, ...]:
        """For the table."""
        faults = self.faults
        told = (len(faults.lost), len(faults.repeated), len(faults.misordered), len(faults.wrong))
        budget = 2 + self.size if self.path == "pushed" else 2
        return (
            f"{self.size:,}",
            self.path,
            str(self.messages),
            f"{self.read_back:,}",
            *map(str, told),
            f"{self.fanout_s:.2f}",
            f"{self.per_worker:.0f}" if self.per_worker else "–",
            f"{self.written:,.0f} / {budget:,}",
            f"{self.written / self.size:.2f}",
            f"{self.read:,.1f}",
            f"{self.frames:.0f}",
        )


HEAD: Final = (
    "members",
    "path",
    "messages",
    "read back",
    "lost",
    "repeated",
    "misordered",
    "wrong",
    "fan-out s",
    "deliveries/s a worker",
    "write units a message",
    "a member",
    "read units",
    "frames",
)


def table(crowds: Sequence[Crowd]) -> str:
    """What came of them."""
    return columns([HEAD, *(crowd.row for crowd in crowds)])
