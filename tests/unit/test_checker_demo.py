"""The demo's scenario, budgets and verdict."""

from collections import Counter

import pytest

from local.demo import budgets
from local.demo.budgets import Allowed, measured
from local.demo.facts import Findings, Sent
from local.demo.report import Results, latency, percentile, text
from local.demo.scenario import Scenario, write


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return write(seed=7, conversations=200, users=450, edges=1500, posts=200)


def test_the_same_seed_gives_the_same_scenario_and_another_another(scenario: Scenario):
    assert write(7, 200, 450, 1500, 200) == scenario
    assert write(8, 200, 450, 1500, 200).talks != scenario.talks


def test_conversations_are_real_ones_of_ten_messages_between_different_people(scenario: Scenario):
    assert len(scenario.talks) == 200
    people = [user for talk in scenario.talks for user in talk.users]
    assert len(set(people)) == 400
    for talk in scenario.talks:
        texts = [text for _, turn in talk.turns for text in turn]
        assert len(texts) == 10
        assert all(each.strip() for each in texts)
        assert {speaker for speaker, _ in talk.turns} == set(talk.users)
        assert all(one[0] != other[0] for one, other in zip(talk.turns, talk.turns[1:], strict=False))
    assert {talk.kind for talk in scenario.talks} == {"online", "away", "cut", "resend", "devices"}


def test_the_graph_is_zipf_and_bounded(scenario: Scenario):
    made = scenario.follows + scenario.late
    assert len(set(made)) == len(made) <= 1_600
    assert all(follower != author for follower, author in made)
    counts = [count for _, count in Counter(author for _, author in made).most_common()]
    assert counts[0] / counts[9] == pytest.approx(10**1.1, rel=0.1)
    assert set(scenario.unfollows) <= set(scenario.follows)
    assert len(scenario.users) == 450
    follower, author = scenario.unfollows[0]
    assert author not in scenario.final[follower]
    follower, author = scenario.late[0]
    assert author in scenario.final[follower]


def test_everybody_who_will_be_away_has_a_phone(scenario: Scenario):
    away = {user for talk in scenario.talks if talk.kind == "away" for user in talk.users}
    assert away <= scenario.phones.keys()
    assert len(set(scenario.phones.values())) == len(scenario.phones) < 400


def test_more_conversations_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="not 10000"):
        write(1, 10_000, 0, 10, 10)


def meter(write_units: float = 3.0) -> dict:
    used = {"write": write_units, "read": 2.0, "frames": 3, "gateway_requests": 2, "dollars": 5e-6}
    return {"operations": {"send": used, "other": used}}


def test_a_budget_is_broken_by_the_smallest_excess():
    right = measured("message", 1, meter(), ("send",), budgets.message())
    assert right.broken == []
    assert right.dollars == pytest.approx(5.0)
    assert measured("message", 1, meter(3.01), ("send",), budgets.message()).broken == ["write"]
    both = measured("message", 2, meter(), ("send", "other", "absent"), budgets.message())
    assert both.used == right.used


def test_budgets_are_those_of_the_design():
    assert budgets.message() == Allowed(3, 2.5, 3, 2)
    assert budgets.message(copies=True) == Allowed(4, 3, 3, 2)
    assert budgets.message(first=True) == Allowed(5, 2.5, 3, 2)
    assert budgets.sync(9) == Allowed(0, 4, 2, 1)
    assert budgets.post(61) == Allowed(65, 6.5, 2, 1)
    assert budgets.home(136) == Allowed(1, 6, 2, 1)
    assert budgets.home(136, pulled=20, first=True) == Allowed(2, 26.5, 2, 1)
    assert budgets.mean([budgets.post(0), budgets.post(60)]) == Allowed(34, 5, 2, 1)
    assert budgets.crossing(49) == Allowed(52, 82, 0, 0)


def results(**changes: object) -> Results:
    sent = [Sent("dm#a#b", "a", "b", "m1", "hi", 0, 1.0, 1.05, "p1", shown_at=1.02, via="live")]
    operations = [measured("message", 1, meter(), ("send",), budgets.message())]
    made = Results(sent, [], [], 0, operations=operations, faults={"messages": Findings(), "timelines": Findings()})
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_the_verdict_needs_everything_right():
    assert results().passed
    assert "PASSED" in text(results(), {"dm#a#b"})
    for kind in ("lost", "repeated", "misordered", "wrong"):
        for where in ("messages", "timelines", "phones"):
            bad = results(faults={where: Findings(**{kind: ["something happened"]})})
            assert not bad.passed
            told = text(bad, set())
            assert "FAILED" in told
            assert "something happened" in told
    over = results(operations=[measured("message", 1, meter(3.5), ("send",), budgets.message())])
    assert not over.passed
    assert "OVER" in text(over, set())
    assert not results(operations=[]).passed


def test_the_table_shows_counts_and_latencies():
    told = text(results(), {"dm#a#b"})
    assert "50 / 50 ms" in told
    assert "20 / 20 ms" in told
    assert "3.00 / 3.00" in told


def test_percentiles_are_nearest_rank():
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile([7.0], 0.01) == percentile([7.0], 1.0) == 7.0
    assert percentile([], 0.5) == 0.0
    assert latency([(1.0, None)]) == "-"
