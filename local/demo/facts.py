"""What was done and what was found, as plain values.  The checker works on these alone.

Times are seconds of one monotonic clock.  Names are user ids; `key` is (who made it, their id for it).
"""

from __future__ import annotations

from dataclasses import dataclass, field

Key = tuple[str, str]


@dataclass(slots=True)
class Sent:
    """A message as its sender knows it.  `seq` counts the sender's calls; `acked_at` is None until it was acked."""

    talk: str
    sender: str
    recipient: str
    client_id: str
    text: str
    seq: int
    sent_at: float
    acked_at: float | None = None
    position: str = ""
    shown_at: float | None = None
    via: str = ""
    away: bool = False
    """The recipient was offline, and stayed so until the phones had been looked at."""

    @property
    def key(self) -> Key:
        """What names the message."""
        return (self.sender, self.client_id)


@dataclass(slots=True)
class Posted:
    """A post as its author knows it; `deleted` once its deletion was acked."""

    author: str
    client_id: str
    text: str
    seq: int
    sent_at: float
    acked_at: float | None = None
    position: str = ""
    deleted: bool = False

    @property
    def key(self) -> Key:
        """What names the post: readers know its author and its position."""
        return (self.author, self.position)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing as a reader found it: in a mailbox, a log, an app or a timeline, in the order given there.

    `arrival` is its place in a mailbox (empty elsewhere); `truncated`: the text is only its beginning.
    """

    talk: str
    key: Key
    position: str
    text: str
    arrival: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """One notification that a phone got: of which conversation, up to where, for how many messages."""

    phone: str
    talk: str
    position: str
    messages: int
    problem: str = ""


@dataclass(slots=True)
class Findings:
    """Everything that is wrong, a sentence each."""

    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    misordered: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Altered, or of nobody's making, or where it does not belong."""

    def add(self, other: Findings) -> None:
        """Take over what another look found."""
        self.lost += other.lost
        self.repeated += other.repeated
        self.misordered += other.misordered
        self.wrong += other.wrong

    def all(self) -> list[str]:
        """Every sentence."""
        return [*self.lost, *self.repeated, *self.misordered, *self.wrong]
