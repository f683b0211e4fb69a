"""The ledger, and the policies that are priced with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ledger, policies
from benchmarks.day_of_posts import AUTHORS, CELEBRITY, SORTS, author, day
from benchmarks.ledger import Units
from benchmarks.policies import CAP, MOST_PUSHED, POLICIES, Policy, by_rate, price
from local.demo import budgets

BY_NAME = {policy.name: policy for policy in POLICIES}
PAGES = sum(sort.users * sort.pages for sort in SORTS)


def test_a_post_and_a_page_are_within_what_the_system_is_allowed() -> None:
    for followers in (1, 10, 60, 130, 400, 10_000):
        cost, allowed = ledger.post(followers, followers), budgets.post(followers)
        assert (cost.writes, cost.reads <= allowed.read) == (allowed.write, True)
    assert (ledger.home().writes, ledger.home().reads <= budgets.home(0).read) == (0, True)
    assert ledger.home(20).reads == ledger.home().reads + 20 * 0.5


def test_dollars_are_list_prices() -> None:
    assert Units(writes=1e6).dollars == pytest.approx(0.625)
    assert Units(reads=8e6).dollars == pytest.approx(1.0)
    assert Units(queue=1e6, invocations=1e6).dollars == pytest.approx(0.6)
    assert (Units(1, 2, 3, 4, 5) + Units(1, 1, 1, 1, 1)) * 2 == Units(4, 6, 8, 10, 12)


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_the_day_is_as_it_is_said_to_be(correlation: float) -> None:
    authors = day(correlation)
    assert authors == day(correlation)
    assert sum(each.number for each in authors) == pytest.approx(AUTHORS)
    assert authors[0].number == 1
    assert authors[0].followers == pytest.approx(CELEBRITY, rel=1e-6)
    edges = sum(sort.users * sort.follows for sort in SORTS)
    assert sum(each.number * each.followers for each in authors) == pytest.approx(edges, rel=1e-6)
    assert sum(each.number * each.posts for each in authors) == pytest.approx(AUTHORS, rel=0.05)
    for each in authors:
        assert all(0 <= users <= sort.users for users, sort in zip(each.of, SORTS, strict=True))


def test_in_the_correlated_day_those_post_who_are_followed() -> None:
    def audience(correlation: float) -> float:
        """Followers of a post, on average."""
        authors = day(correlation)[1:]
        posts = sum(each.number * each.posts for each in authors)
        return sum(each.number * each.posts * each.followers for each in authors) / posts

    assert audience(0.7) > 3 * audience(0.0)


def test_the_extremes_by_hand() -> None:
    of = (10.0, 20.0, 30.0, 40.0, 900.0)
    one = [author(1, 3, of)]
    pages = 10 * 40 + 20 * 10 + 30 * 2
    fixed = ledger.home() * PAGES
    every = price(BY_NAME["push all"], one)
    assert every.units.writes == 3 * (4 + 1_000)
    assert (every.queries, every.pulled, every.longest_s) == (0, 0, 0.25)
    pulled = price(BY_NAME["pull all"], one)
    assert pulled.units.writes == 3 * 4
    assert pulled.units.reads == pytest.approx(fixed.reads + pages * 0.5 + 3 * (0.5 + 1 + 0.5 + 1))
    assert pulled.queries == pytest.approx(pages / PAGES)
    active = price(BY_NAME["push active"], one)
    idle = policies._idle()
    assert active.units.writes == pytest.approx(3 * (4 + 100) + idle.writes)


def test_who_is_full_is_pushed_to() -> None:
    assert policies._residue(1_000, CAP) == pytest.approx(1 - CAP / 1_000)
    assert policies._residue(5, CAP) == pytest.approx(0, abs=1e-9)
    assert policies._residue(5, None) == 0
    assert 0 < policies._residue(CAP, CAP) < 0.1
    crowded = [author(1_000, 1, tuple(sort.users / 10 for sort in SORTS))]
    got = price(Policy("all", lambda _: True), crowded)
    assert got.queries_most == pytest.approx(CAP, rel=1e-3)
    free = price(Policy("all", lambda _: True, cap=None), crowded)
    assert free.queries_most == pytest.approx(100)
    assert free.units.writes < got.units.writes


@given(
    st.lists(
        st.tuples(st.floats(0.01, 50), st.tuples(*(st.floats(0, min(3_000.0, sort.users)) for sort in SORTS))),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_no_choice_of_authors_is_cheaper_than_the_rate_rules(drawn: list, data: st.DataObject) -> None:
    """What is cheaper for each author is cheaper for all, where neither the bound nor the cap interferes."""
    authors = [author(1, posts, of) for posts, of in drawn]
    chosen = data.draw(st.sets(st.sampled_from(range(len(authors)))))
    other = Policy("other", lambda each: any(each is authors[place] for place in chosen), cap=None)

    def dollars(policy: Policy) -> float:
        # The daily cost of knowing who is there is due where anybody is pushed to: it is none of the rule's business.
        got = price(policy, authors)
        pushes = any(not policy.pulls(each) for each in authors)
        return (got.units + (policies._idle() * -1 if pushes and policy.active else Units())).dollars

    # A plan reads keys by the 4 KB and a job is there for one recipient, too: pennies in a million that it overlooks.
    slack = sum(
        each.posts * (ledger.post(each.followers, 0) + Units(reads=1, queue=3, invocations=1, calls=1)).dollars
        for each in authors
    )
    assert dollars(replace(BY_NAME["rate rule for all, without a cap"], pulls=by_rate)) <= dollars(other) + slack


def test_nobody_is_pushed_to_for_longer_than_the_bound() -> None:
    of = tuple(sort.users * 0.02 for sort in SORTS)
    huge = author(1, 0.0001, of)
    assert huge.active > MOST_PUSHED
    assert by_rate(huge)
    assert BY_NAME["threshold"].pulls(huge)
    got = price(BY_NAME["threshold"], [huge, author(1, 1, (1.0, 1.0, 1.0, 1.0, 1.0))])
    assert got.longest_s < policies.BOUND_S
    assert got.pulled == 1


def test_who_has_few_followers_is_never_pulled() -> None:
    few = author(1, 50, (0.0, 0.0, 0.0, 900.0, 0.0))
    more = author(1, 50, (0.0, 0.0, 0.0, 1_100.0, 0.0))
    assert [by_rate(each) for each in (few, more)] == [True, True]
    assert [policies.as_built(each) for each in (few, more)] == [False, True]


def test_a_cached_page_saves_reads_and_nothing_else() -> None:
    hot = [author(1, 10, tuple(sort.users * 0.9 for sort in SORTS))]
    plain, cached = (
        price(BY_NAME["rate rule, from 1,000 followers"], hot),
        price(BY_NAME["the same, hot pages cached"], hot),
    )
    assert cached.units.reads < plain.units.reads
    assert cached.units.writes == plain.units.writes
    assert cached.queries == plain.queries


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert policies.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("| push all |") for line in lines) == 2
    assert sum(line.startswith("|") for line in lines) == 2 * (len(POLICIES) + 2)
