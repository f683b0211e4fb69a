"""Full jitter, and receipts' marks."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from client.backoff import Backoff
from client.receipts import Mark, Receipts
from tests.unit.client_rig import place


def test_waits_are_drawn_from_a_range_that_doubles_up_to_the_cap():
    highest = []
    for failures in range(12):
        draws = []
        for seed in range(200):
            backoff = Backoff(base=1.0, cap=60.0, random=random.Random(seed), failures=failures)
            draws.append(backoff.next())
        ceiling = min(60.0, 2.0**failures)
        assert 0 <= min(draws) < ceiling * 0.1
        assert ceiling * 0.9 < max(draws) <= ceiling
        highest.append(max(draws))
    assert highest[-1] <= 60.0


def test_a_floor_holds_and_a_reset_starts_over():
    backoff = Backoff(base=1.0, random=random.Random(1), failures=10**6)
    assert backoff.next(floor=45.0) == 45.0
    backoff.reset()
    assert backoff.next() <= 1.0


marks = st.builds(Mark, st.integers(0, 9).map(place), st.integers(0, 9))
notes = st.lists(st.tuples(st.sampled_from(["delivered", "read"]), marks))


@given(notes, st.data())
def test_receipts_end_up_saying_all_that_was_noted_and_never_go_back(
    noted: list[tuple[str, Mark]], data: st.DataObject
):
    receipts, sent = Receipts(), []
    for kind, mark in noted:
        receipts.note("c", kind, mark)
        if data.draw(st.booleans()):
            sent += receipts.take(25)
    sent += receipts.take(25)
    for kind in ("delivered", "read"):
        told = [Mark(each["position"], each["taken_at"]) for each in sent if each["kind"] == kind]
        assert all(later.covers(earlier) for earlier, later in itertools.pairwise(told))
    for kind, mark in noted:
        said = [Mark(each["position"], each["taken_at"]) for each in sent if each["kind"] in (kind, "read")]
        assert any(each.covers(mark) for each in said)
    assert len(receipts) == 0
