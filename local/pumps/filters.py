"""Lambda's event filter patterns.

A pattern is an object whose leaves are lists of alternatives; every key must match, any alternative may. An
alternative is a value (null included) or one rule: `exists`, `prefix`, `suffix`, `anything-but`, `numeric`,
`equals-ignore-case`. Several patterns of one mapping are OR'd. A rule this page does not know stops the host at
once: a filter that silently lets everything through, or nothing, is worse than none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.errors import HostError

_ABSENT = object()
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RULES = frozenset(("exists", "prefix", "suffix", "anything-but", "numeric", "equals-ignore-case"))


def matches_any(patterns: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> bool:
    """Whether a record passes a mapping's filters; no filters let everything through."""
    return not patterns or any(matches(pattern, event) for pattern in patterns)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether `event` has everything that `pattern` asks for."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
            continue
        value = event.get(key, _ABSENT) if isinstance(event, Mapping) else _ABSENT
        if isinstance(wanted, Mapping):
            if not matches(wanted, value):
                return False
        elif not any(_alternative(each, value) for each in wanted):
            return False
    return True


def check(pattern: Mapping[str, Any]) -> None:
    """Raise `HostError` for a pattern that could not be obeyed."""
    for key, wanted in pattern.items():
        parts = wanted if key == "$or" else [wanted] if isinstance(wanted, Mapping) else []
        for part in parts:
            check(part)
        for each in wanted if isinstance(wanted, list) and key != "$or" else ():
            if isinstance(each, Mapping) and not (len(each) == 1 and set(each) <= _RULES):
                raise HostError(f"The event filter uses {sorted(each)}, which the development host does not know.")


def _alternative(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((rule, argument),) = wanted.items()
        return _rule(rule, argument, value)
    values = value if isinstance(value, list) else [value]
    return any(_same(wanted, each) for each in values)


def _same(wanted: Any, value: Any) -> bool:
    """Equal and of one kind: `true` is not 1, and "1" is not 1."""
    if value is _ABSENT or isinstance(wanted, bool) != isinstance(value, bool):
        return False
    return bool(wanted == value)


def _rule(rule: str, argument: Any, value: Any) -> bool:
    if rule == "exists":
        # Lambda looks at leaves: a map that is there is no value.
        return (value is not _ABSENT and not isinstance(value, Mapping)) == bool(argument)
    if value is _ABSENT:
        return False
    if rule == "prefix":
        return isinstance(value, str) and value.startswith(argument)
    if rule == "suffix":
        return isinstance(value, str) and value.endswith(argument)
    if rule == "equals-ignore-case":
        return isinstance(value, str) and value.lower() == str(argument).lower()
    if rule == "anything-but":
        return _anything_but(argument, value)
    return _numeric(argument, value)


def _anything_but(argument: Any, value: Any) -> bool:
    if isinstance(argument, Mapping):
        ((rule, inner),) = argument.items()
        return not _rule(rule, inner, value)
    refused = argument if isinstance(argument, list) else [argument]
    return not any(_same(each, value) for each in refused)


def _numeric(argument: Sequence[Any], value: Any) -> bool:
    """`["=", 1]` or `[">", 0, "<=", 5]`; DynamoDB's numbers arrive as strings and never match, as on AWS."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARE[sign](float(value), float(bound)) for sign, bound in pairs)
