"""Puts the pushes that had to be beside those that were."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.day.acts import Found, Pushed, Say
from tests.day.expect import Expectation
from tests.day.play import Player
from tests.day.script import Day

_COUNT = re.compile(r" \(\d+\)$|^\d+ (?=new messages)")


@dataclass(slots=True)
class Verdict:
    """Figures of a day; `wrong` has a line for each batch whose pushes were not exactly those expected.

    `counted` are the pushes whose figures (badge, messages of the chat) were compared, too: see `Expectation`.
    """

    people: int
    acts: int
    messages: int
    groups: int
    arrived: int
    batches: int
    expected: int
    sent: int
    counted: int
    lost: int
    unseen: int
    wrong: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether every push that had to be was, as it had to be, and no other."""
        return not self.wrong and not self.lost and not self.unseen and self.expected == self.sent


def judge(day: Day) -> Verdict:
    """Play a day and hold it against what the script says."""
    played = Player(day).play()
    expectation = Expectation(day)
    expected = [expectation.pushes(batch) for batch in played.batches]
    seen = {(who, id(act)) for batch in played.batches for who, act in batch.records}
    wanted = {(who, id(act)) for who, act in expectation.sounding()}
    wrong, exact = [], 0
    for batch, had, were in zip(played.batches, expected, played.pushed, strict=True):
        missing = Counter(map(_named, had)) - Counter(map(_named, were))
        extra = Counter(map(_named, were)) - Counter(map(_named, had))
        counted = [each for each in had if each.badge is not None]
        miscounted = Counter(counted) - Counter(were)
        exact += len(counted)
        if missing or extra or miscounted:
            wrong.append(f"at {batch.sounded}: missing {list(missing)}, too many {list(extra)}, not {list(miscounted)}")
    return Verdict(
        people=len(day.people),
        acts=len(day.acts),
        messages=sum(isinstance(act, Say) for act in day.acts),
        groups=sum(isinstance(act, Found) for act in day.acts),
        arrived=len(wanted),
        batches=len(played.batches),
        expected=sum(map(len, expected)),
        sent=sum(map(len, played.pushed)),
        counted=exact,
        lost=len(played.lost),
        unseen=len(wanted - seen),
        wrong=wrong,
    )


def _named(push: Pushed) -> Pushed:
    """A push but for its figures."""
    return replace(push, badge=None, title=_COUNT.sub("", push.title))
