"""The scripted day: pushes sent are the pushes expected; and the judge notices when a rule is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.day.acts import Archive, Block, Dies, Edit, Found, Leave, Mute, Say, Unsend, Weather
from tests.day.judge import judge
from tests.day.script import write
from tidings.domain.privacy import Previews
from tidings.services import notices, push


def test_a_hundred_people_for_a_day() -> None:
    day = write(1)
    verdict = judge(day)
    assert verdict.wrong == []
    assert (verdict.lost, verdict.unseen) == (0, 0)
    assert verdict.equal
    assert verdict.people == 100
    assert verdict.sent > 1_000
    for kind in (Archive, Block, Dies, Edit, Found, Leave, Mute, Unsend, Weather):
        assert any(isinstance(act, kind) for act in day.acts), kind
    assert any(isinstance(act, Say) and act.mentions for act in day.acts)


@pytest.mark.parametrize("seed", range(2, 8))
def test_any_other_day(seed: int) -> None:
    verdict = judge(write(seed, people=30, groups=6))
    assert verdict.wrong == []
    assert verdict.equal


def test_the_same_seed_is_the_same_day() -> None:
    assert write(3, 12, 2) == write(3, 12, 2) != write(4, 12, 2)


def everything_is_wanted(original: Callable[..., bool]) -> Callable[..., bool]:
    return lambda row, event, user_id, now: original(replace(row, muted_until=0), event, user_id, now)


def nothing_is_confirmed(original: Callable[..., bool]) -> Callable[..., bool]:
    return lambda row, event, user_id, now: original(replace(row, marks={}), event, user_id, now)


def mentions_are_nothing_special(original: Callable[..., bool]) -> Callable[..., bool]:
    return lambda row, event, user_id, now: row.muted_until <= now and original(row, event, user_id, now)


def always(value: Any) -> Callable[[Any], Callable[..., Any]]:
    return lambda _: lambda *_arguments, **_named: value


def full_previews(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda event, _, *more: original(event, Previews.FULL, *more)


def one_at_a_time(_: Any) -> Callable[..., Any]:
    return lambda batch: [[each] for each in batch]


@pytest.mark.parametrize(
    ("module", "name", "breaks"),
    [
        (push, "worth", everything_is_wanted),
        (push, "worth", nothing_is_confirmed),
        (push, "worth", mentions_are_nothing_special),
        (push, "worth", always(True)),
        (push, "_grouped", one_at_a_time),
        (notices, "words", full_previews),
        (notices, "_tells", always(True)),
        (notices, "MOST", lambda most: most - 95),
    ],
)
def test_a_broken_rule_shows(
    module: Any, name: str, breaks: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = write(2, people=30, groups=6)
    monkeypatch.setattr(module, name, breaks(getattr(module, name)))
    assert not judge(day).equal
