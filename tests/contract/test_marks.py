"""`reader#pulled` in `Graph`: the authors that a reader's home pulls, with a most."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.engines import RETENTION_MS, Stores
from tidings.domain.authors import OPEN, PulledAuthor
from tidings.domain.errors import RetryLater

MOST = 3


def marks(stores: Stores, reader: str) -> tuple[PulledAuthor, ...]:
    return stores.graph.reader(reader).pulled


class TestMarks:
    def test_nobody_is_pulled_at_first(self, stores: Stores) -> None:
        assert marks(stores, stores.user("bob")) == ()

    def test_a_mark_opens_and_ends_once(self, stores: Stores) -> None:
        bob, now, fence = stores.user("bob"), stores.clock.now(), stores.fence()
        for _ in range(2):
            assert stores.marks.open(bob, "ann", now, MOST, fence)
            assert marks(stores, bob) == (PulledAuthor("ann", now, OPEN),)
        for end in (now + 9, now + 1, now + 90):
            stores.marks.close(bob, "ann", now, end, fence)
            assert stores.marks.open(bob, "ann", now, MOST, fence)
            assert marks(stores, bob) == (PulledAuthor("ann", now, now + 9),)

    def test_an_end_that_comes_first_stays(self, stores: Stores) -> None:
        bob, now, fence = stores.user("bob"), stores.clock.now(), stores.fence()
        stores.marks.close(bob, "ann", now, now + 9, fence)
        assert stores.marks.open(bob, "ann", now, 0, fence)
        assert marks(stores, bob) == (PulledAuthor("ann", now, now + 9),)

    def test_a_reader_who_is_full_takes_no_more(self, stores: Stores) -> None:
        bob, now, fence = stores.user("bob"), stores.clock.now(), stores.fence()
        stores.marks.close(bob, "old", now - 9, now, fence)
        for author in ("ann", "cid", "dan"):
            assert stores.marks.open(bob, author, now, MOST, fence)
        assert not stores.marks.open(bob, "eve", now, MOST, fence)
        assert stores.marks.open(bob, "dan", now, MOST, fence)
        stores.marks.close(bob, "cid", now, now + 1, fence)
        stores.marks.close(bob, "cid", now, now + 1, fence)
        assert stores.marks.open(bob, "eve", now, MOST, fence)
        assert not stores.marks.open(bob, "fay", now, MOST, fence)
        assert [each.author for each in marks(stores, bob) if each.open] == ["ann", "dan", "eve"]

    def test_the_marks_of_one_author(self, stores: Stores) -> None:
        bob, now, fence = stores.user("bob"), stores.clock.now(), stores.fence()
        assert [*stores.marks.of(bob, "ann")] == []
        stores.marks.close(bob, "ann", now, now + 1, fence)
        for author, start in (("ann", now + 3), ("cid", now + 3)):
            stores.marks.open(bob, author, start, MOST, fence)
        assert [*stores.marks.of(bob, "ann")] == [PulledAuthor("ann", now, now + 1), PulledAuthor("ann", now + 3)]
        assert [*stores.marks.of(bob, "an")] == []

    def test_dropping_forgets_one_author_and_makes_room(self, stores: Stores) -> None:
        bob, now, fence = stores.user("bob"), stores.clock.now(), stores.fence()
        stores.marks.close(bob, "ann", now - 9, now - 5, fence)
        for author in ("ann", "anna", "cid"):
            stores.marks.open(bob, author, now, MOST, fence)
        for _ in range(2):
            stores.marks.drop(bob, "ann", fence)
            assert marks(stores, bob) == (PulledAuthor("anna", now), PulledAuthor("cid", now))
        assert stores.marks.open(bob, "dan", now, MOST, fence)
        assert not stores.marks.open(bob, "eve", now, MOST, fence)
        stores.marks.drop(stores.user("nobody"), "ann", fence)
        assert marks(stores, stores.user("nobody")) == ()

    def test_any_user_id_can_be_marked_beside_removals(self, stores: Stores) -> None:
        bob, now, odd = stores.user("bob"), stores.clock.now(), ["owner", "open", "a.b[0]", "p", ":x", "a/b"]
        for author in odd:
            assert stores.marks.open(bob, author, now, 99, stores.fence())
        assert {each.author for each in marks(stores, bob)} == set(odd)
        assert stores.graph.reader(bob).removed == frozenset()

    def test_what_ended_long_ago_goes(self, stores: Stores) -> None:
        bob, now = stores.user("bob"), stores.clock.now()
        stores.marks.close(bob, "ann", now, now + 9, stores.fence())
        stores.marks.open(bob, "cid", now, MOST, stores.fence())
        stores.clock.advance(RETENTION_MS + 8)
        stores.marks.open(bob, "dan", now, MOST, stores.fence())
        assert len(marks(stores, bob)) == 3
        stores.clock.advance(2)
        stores.marks.open(bob, "eve", now, MOST, stores.fence())
        assert marks(stores, bob) == (PulledAuthor("cid", now), PulledAuthor("dan", now), PulledAuthor("eve", now))

    def test_nothing_is_written_past_the_fence(self, stores: Stores) -> None:
        bob, now = stores.user("bob"), stores.clock.now()
        with pytest.raises(RetryLater):
            stores.marks.open(bob, "ann", now, MOST, stores.stale())
        with pytest.raises(RetryLater):
            stores.marks.close(bob, "ann", now, now + 1, stores.stale())
        assert marks(stores, bob) == ()
        stores.marks.open(bob, "ann", now, MOST, stores.fence())
        with pytest.raises(RetryLater):
            stores.marks.drop(bob, "ann", stores.stale())
        assert len(marks(stores, bob)) == 1


STEPS = st.tuples(st.sampled_from(["open", "close", "drop"]), st.sampled_from(["ann", "cid"]), st.integers(1, 3))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_the_count_is_exact_whatever_comes(stores: Stores, steps: list[tuple[str, str, int]]) -> None:
    """The model: a mark ends once; open ones are counted."""
    reader, fence = stores.user(f"r{len(steps)}-{hash(tuple(steps))}"), stores.fence()
    model: dict[tuple[str, int], int] = {}
    for act, author, start in steps:
        if act == "open":
            room = sum(end == OPEN for end in model.values()) < 2
            assert stores.marks.open(reader, author, start, 2, fence) is ((author, start) in model or room)
            if room:
                model.setdefault((author, start), OPEN)
        elif act == "close":
            stores.marks.close(reader, author, start, stores.clock.now() + start, fence)
            model[author, start] = model.get((author, start), OPEN) or stores.clock.now() + start
        else:
            stores.marks.drop(reader, author, fence)
            model = {key: end for key, end in model.items() if key[0] != author}
    assert marks(stores, reader) == tuple(sorted(PulledAuthor(*key, end) for key, end in model.items()))
