"""The host's switches for bad weather.  All off by default, JSON-able, settable while it runs, seedable.

Probabilities are 0..1.  A rule's `times` is how many invocations it may still strike (None = no end); `contains` is
a piece of the event's JSON (empty = any event); `function` is a logical id (empty = any function).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Action = Literal["kill", "pause", "error", "unprocessed"]


@dataclass(slots=True)
class CallRule:
    """Do something at an AWS call of an invocation.

    `call` is its index, from 1 (None = every call that matches `service` and `operation`, botocore's names).
    kill: the worker dies there. pause: it waits there for a release. error: the call fails with `code` (before:
    without being made; after: although it was made). unprocessed: a batch call leaves half its items undone.
    """

    action: Action
    function: str = ""
    contains: str = ""
    call: int | None = None
    when: Literal["before", "after"] = "before"
    service: str = ""
    operation: str = ""
    code: str = "ProvisionedThroughputExceededException"
    probability: float = 1.0
    times: int | None = 1
    name: str = ""


@dataclass(slots=True)
class HoldRule:
    """Keep matching invocations waiting, after their frame or record was stamped, until the rule is released."""

    function: str = ""
    contains: str = ""
    times: int | None = 1
    name: str = ""


@dataclass(slots=True)
class PostRule:
    """`@connections` answers `status` (410, 413, 429, or 0: says 200 and delivers nothing) to posts.

    `connection` limits it to one connection id; `times` to the next posts that match.
    """

    status: int
    probability: float = 1.0
    times: int | None = None
    connection: str = ""


@dataclass(slots=True)
class Switches:
    """The whole state.  `reorder`: frames of a connection are handled in groups of this many, last one first;
    `delay_ms`: each invocation from a frame waits up to this long; `throttle`: probability that Lambda refuses an
    invocation; `lose_frame`, `lose_reply`: probability that a frame in, or a reply, vanishes.

    The pumps read `duplicate_records` and `duplicate_messages` (probability that a stream batch or a queue message is
    delivered twice) and `stream_delay_ms` (a batch waits up to this long).
    """

    seed: int = 0
    reorder: int = 0
    delay_ms: int = 0
    throttle: float = 0.0
    lose_frame: float = 0.0
    lose_reply: float = 0.0
    drop_disconnect: float = 0.0
    duplicate_records: float = 0.0
    duplicate_messages: float = 0.0
    stream_delay_ms: int = 0
    calls: list[CallRule] = field(default_factory=list)
    holds: list[HoldRule] = field(default_factory=list)
    posts: list[PostRule] = field(default_factory=list)


RULES: dict[str, type] = {"calls": CallRule, "holds": HoldRule, "posts": PostRule}


class Misbehave:
    """The switches in force and the dice.  `update` changes some, `reset` puts everything back."""

    def __init__(self, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        self.random = random.Random(self.switches.seed)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set the named switches from JSON; a given list of rules replaces that list.

        Raises `ValueError` that names an unknown switch or a rule's unknown field.
        """
        known = {each.name for each in fields(Switches)}
        prepared = {}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown switch {name!r}; there are: {', '.join(sorted(known))}")
            prepared[name] = _rules(RULES[name], value) if name in RULES else value
        for name, value in prepared.items():
            setattr(self.switches, name, value)
        if "seed" in prepared:
            self.random.seed(self.switches.seed)

    def reset(self) -> None:
        """All off again."""
        self.switches = Switches()
        self.random.seed(0)

    def as_json(self) -> dict[str, Any]:
        """The switches, with what is left of each rule's `times`."""
        return asdict(self.switches)

    def chance(self, probability: float) -> bool:
        """True with that probability; rolls no dice at 0 or 1, so that off costs nothing and stays deterministic."""
        if probability <= 0:
            return False
        return probability >= 1 or self.random.random() < probability

    def call_rules(self, function: str, text: str) -> list[CallRule]:
        """The call rules for an invocation, used up by one; `give_back` those that did not strike."""
        return [each for each in self.switches.calls if _matches(each, function, text) and _take(each)]

    def shipped(self, rules: Sequence[CallRule]) -> list[dict[str, Any]]:
        """The rules as JSON for a worker, each with dice of its own."""
        return [asdict(each) | {"seed": self.random.randrange(1 << 30)} for each in rules]

    def give_back(self, rules: Iterable[CallRule]) -> None:
        """These made no difference to the invocation that took them."""
        for each in rules:
            if each.times is not None:
                each.times += 1

    def hold(self, function: str, text: str) -> HoldRule | None:
        """The rule that holds this invocation, used up by one."""
        for each in self.switches.holds:
            if _matches(each, function, text) and _take(each):
                return each
        return None

    def post_status(self, connection_id: str) -> int | None:
        """The status to answer a post with, or None for the true one."""
        for each in self.switches.posts:
            if each.connection in ("", connection_id) and each.times != 0 and self.chance(each.probability):
                _take(each)
                return each.status
        return None


def _matches(rule: CallRule | HoldRule, function: str, text: str) -> bool:
    return rule.function in ("", function) and rule.contains in text


def _take(rule: CallRule | HoldRule | PostRule) -> bool:
    if rule.times is None:
        return True
    if rule.times <= 0:
        return False
    rule.times -= 1
    return True


def _rules(kind: type, values: Any) -> list[Any]:
    try:
        return [value if isinstance(value, kind) else kind(**value) for value in values]
    except TypeError as problem:
        raise ValueError(f"not a {kind.__name__}: {problem}") from None
