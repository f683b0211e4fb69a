"""`Search`, the people: entries are registers by position, and found by how their words begin."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.names import Entry


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


def own(stores: Stores, end: str) -> str:
    """A word that no other test has."""
    return f"{stores.prefix}{end}"


class TestPeopleIndex:
    def test_words_are_found_by_their_beginning_in_order(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        made = [
            Entry(own(stores, ""), ann, "name"),
            Entry(own(stores, "a"), ann, "handle"),
            Entry(own(stores, "a"), ann, "name"),
            Entry(own(stores, "a"), bob, "name"),
            Entry(own(stores, "b"), ann, "name"),
            Entry(own(stores, "é山"), ann, "name"),
        ]
        stores.people_index.enter(made, at(stores, 1), stores.fence())
        assert stores.people_index.find(own(stores, ""), None, 10) == (made, False)
        assert stores.people_index.find(own(stores, "a"), None, 10) == (made[1:4], False)
        assert stores.people_index.find(own(stores, "é"), None, 10) == (made[5:], False)
        assert stores.people_index.find(own(stores, "c"), None, 10) == ([], False)
        for place, entry in enumerate(made):
            found, more = stores.people_index.find(own(stores, ""), entry, 2)
            assert (found, more and place < 3) == (made[place + 1 : place + 3], place < 3)

    def test_one_character_of_thousands_finds_what_begins_with_it(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        made = [Entry("王", bob, "name"), Entry("王小明", ann, "name"), Entry("王小王", ann, "name")]
        others = [Entry("玉", ann, "name"), Entry("x王", ann, "name"), Entry("xy", ann, "name")]
        stores.people_index.enter([*made, *others], at(stores, 1), stores.fence())
        mine = {each.user for each in made}
        for text, expected in (("王", made), ("王小", made[1:]), ("王小明", made[1:2]), ("x", []), ("小", [])):
            found, _ = stores.people_index.find(text, None, 100)
            assert [each for each in found if each.user in mine] == expected, text
        stores.people_index.leave(made, at(stores, 2), stores.fence())
        assert not {each.user for each in stores.people_index.find("王", None, 100)[0]} & mine

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    @pytest.mark.parametrize("last", [True, False])
    def test_whatever_the_order_the_last_position_stands(
        self, stores: Stores, order: tuple[int, ...], last: bool
    ) -> None:
        """A late change takes out nothing that a later one has entered; taken out is what nobody enters again."""
        entry = Entry(own(stores, "x"), stores.user("ann"), "name")
        for number in order:
            act = stores.people_index.enter if (number % 2 == 0) is last else stores.people_index.leave
            act([entry], at(stores, number), stores.fence())
        found, _ = stores.people_index.find(own(stores, "x"), None, 10)
        if last:
            assert found == [entry]
        elif order[-1] == 2:
            assert found == []

    def test_what_was_refused_is_withdrawn(self, stores: Stores) -> None:
        entry = Entry(own(stores, "x"), stores.user("ann"), "name")
        index, fence = stores.people_index, stores.fence()
        for _ in range(2):
            made = index.enter([entry], at(stores, 2), fence)
            assert made == {entry}
            index.withdraw(made, at(stores, 2), fence)
            assert index.find(own(stores, "x"), None, 10) == ([], False)

    @pytest.mark.parametrize("other", [1, 2, 3])
    def test_what_somebody_else_has_entered_too_is_not_withdrawn(self, stores: Stores, other: int) -> None:
        entry = Entry(own(stores, "x"), stores.user("ann"), "name")
        index, fence = stores.people_index, stores.fence()
        made = index.enter([entry], at(stores, 2), fence)
        assert index.enter([entry], at(stores, other), fence) == frozenset()
        index.withdraw(made, at(stores, 2), fence)
        assert index.find(own(stores, "x"), None, 10) == ([entry], False)
        index.leave([entry], at(stores, 3), fence)
        assert index.find(own(stores, "x"), None, 10) == ([], False)
        assert index.enter([entry], at(stores, 1), fence) == {entry}, "nothing is kept of it"

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        entry = Entry(own(stores, "x"), stores.user("ann"), "name")
        with pytest.raises(RetryLater):
            stores.people_index.enter([entry], at(stores, 1), stores.stale())
        assert stores.people_index.find(own(stores, "x"), None, 10) == ([], False)
        stores.people_index.enter([entry], at(stores, 1), stores.fence())
        with pytest.raises(RetryLater):
            stores.people_index.leave([entry], at(stores, 2), stores.stale())
        assert stores.people_index.find(own(stores, "x"), None, 10) == ([entry], False)
