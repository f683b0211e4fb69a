"""`Users`: profiles, each part a register by position, and handles that one user has at a time."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import HandleTaken, RetryLater
from tidings.domain.identity import Identity
from tidings.domain.profile import BLANK, Profile, ProfileChange


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


def put(stores: Stores, user: str, change: ProfileChange, number: int) -> Profile:
    return stores.profiles.set(user, change, at(stores, number), stores.fence())[1]


def own(stores: Stores, handle: str) -> str:
    """A handle that no other test has."""
    return f"{stores.prefix[:7]}_{handle}"


class TestProfiles:
    def test_nobody_says_anything_at_first(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert stores.profiles.get(ann) == BLANK
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Token"), stores.clock.now())
        assert stores.profiles.get(ann) == stores.users.get([ann])[ann].profile == BLANK

    def test_what_is_left_out_stays_and_an_empty_text_takes_away(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Token"), now)
        before, after = stores.profiles.set(ann, ProfileChange(name="Ann", bio="Hi"), at(stores, 1), stores.fence())
        assert (before, after) == (BLANK, Profile(name="Ann", bio="Hi"))
        picture = "https://example.org/a.png"
        before, after = stores.profiles.set(
            ann, ProfileChange(bio="", avatar=picture, private=True), at(stores, 2), stores.fence()
        )
        assert (before, after) == (Profile(name="Ann", bio="Hi"), Profile(name="Ann", avatar=picture, private=True))
        assert stores.profiles.get(ann) == after
        user = stores.users.get([ann])[ann]
        assert (user.profile, user.name) == (after, "Ann"), "what they call themselves goes before the token's name"
        assert put(stores, ann, ProfileChange(private=False), 3).private is False

    def test_the_tokens_name_does_not_replace_the_chosen_one(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        put(stores, ann, ProfileChange(name="Ann"), 1)
        assert stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Token"), now).name == "Ann"
        assert stores.users.get([ann])[ann].name == "Ann"

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_each_part_is_a_register_by_position(self, stores: Stores, order: tuple[int, ...]) -> None:
        ann = stores.user("ann")
        changes = [
            ProfileChange(handle=own(stores, "a"), name="first", private=True),
            ProfileChange(handle=own(stores, "b"), bio="second"),
            ProfileChange(name="third", private=False),
        ]
        for number in order:
            put(stores, ann, changes[number], number)
        assert stores.profiles.get(ann) == Profile(own(stores, "b"), "third", "second")
        assert put(stores, ann, changes[0], 0) == Profile(own(stores, "b"), "third", "second")
        assert stores.profiles.resolve([own(stores, "a"), own(stores, "b")]) == {own(stores, "b"): ann}

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann = stores.user("ann")
        with pytest.raises(RetryLater):
            stores.profiles.set(ann, ProfileChange(handle=own(stores, "a")), at(stores, 1), stores.stale())
        assert stores.profiles.get(ann) == BLANK
        assert stores.profiles.resolve([own(stores, "a")]) == {}


class TestHandles:
    def test_a_handle_is_found_in_any_case_and_kept_as_written(self, stores: Stores) -> None:
        ann, handle = stores.user("ann"), own(stores, "Ann")
        put(stores, ann, ProfileChange(handle=handle), 1)
        asked = [handle, handle.upper(), handle.lower(), own(stores, "bob"), "no handle", "", "x" * 16, "é"]
        assert stores.profiles.resolve(asked) == dict.fromkeys({handle, handle.upper(), handle.lower()}, ann)
        assert stores.profiles.resolve([]) == {}
        assert stores.profiles.get(ann).handle == handle

    def test_one_user_has_it_and_the_other_is_told(self, stores: Stores) -> None:
        ann, bob, handle = stores.user("ann"), stores.user("bob"), own(stores, "it")
        put(stores, ann, ProfileChange(handle=handle), 1)
        with pytest.raises(HandleTaken):
            put(stores, bob, ProfileChange(handle=handle.upper(), bio="mine"), 2)
        assert stores.profiles.get(bob) == BLANK, "nothing of a refused change is written"
        assert stores.profiles.resolve([handle]) == {handle: ann}

    def test_another_case_is_the_same_handle(self, stores: Stores) -> None:
        ann, handle = stores.user("ann"), own(stores, "it")
        put(stores, ann, ProfileChange(handle=handle), 1)
        assert put(stores, ann, ProfileChange(handle=handle.upper()), 2).handle == handle.upper()
        assert stores.profiles.resolve([handle]) == {handle: ann}

    def test_the_old_one_is_free_for_somebody_else(self, stores: Stores) -> None:
        ann, bob, old, new = stores.user("ann"), stores.user("bob"), own(stores, "old"), own(stores, "new")
        put(stores, ann, ProfileChange(handle=old), 1)
        put(stores, ann, ProfileChange(handle=new), 2)
        put(stores, bob, ProfileChange(handle=old), 3)
        assert stores.profiles.resolve([old, new]) == {old: bob, new: ann}
        assert put(stores, ann, ProfileChange(handle=""), 4).handle is None
        assert stores.profiles.resolve([old, new]) == {old: bob}
        put(stores, bob, ProfileChange(handle=new), 5)
        assert stores.profiles.resolve([old, new]) == {new: bob}
