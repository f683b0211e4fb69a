"""From the streams to the planner: what has been written, and what it asks for by the registered rules.

The path was decided by the sender and is stored with the fact: the rules obey it, for its readers may have changed
since, and otherwise nobody would deliver, or both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidings.ports.streams import Shown
from tidings.services.fanout.kinds import Rule
from tidings.services.fanout.plan import Allowance, Planner

Record = Mapping[str, Any]
Read = Callable[[Record], Shown | None]
"""What a stream record shows, None where there is nothing to see.  Raises `ValueError` for records of other streams."""


class StreamPlanner:
    """Plans what the streams show.  One `Turn` an invocation."""

    def __init__(self, planner: Planner, read: Read, rules: Sequence[Rule]) -> None:
        self._planner = planner
        self._read = read
        self._rules = rules

    def begin(self) -> Turn:
        """The turn for one batch of records."""
        return Turn(self._planner, self._read, self._rules)


class Turn:
    """One invocation: it reads a bounded number of members, however many records it was given."""

    def __init__(self, planner: Planner, read: Read, rules: Sequence[Rule]) -> None:
        self._planner = planner
        self._read = read
        self._rules = rules
        self._allowance = Allowance()

    def run(self, record: Record) -> None:
        """Plan one record.  Raises `ValueError` for one that nobody can plan; it is kept in the failure bucket."""
        shown = self._read(record)
        if shown is None:
            return
        for rule in self._rules:
            for wanted in rule(shown):
                self._planner.announce(wanted, self._allowance)
