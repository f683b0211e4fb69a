"""Who watches their home timeline: soft state, which ends by itself."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tidings.domain.errors import RetryLater
from tidings.ports import Watcher

PLENTY = 1_000_000


def enter(stores: Stores, user: str, device: str = "phone", authors: tuple[str, ...] = (), ms: int = 60_000) -> None:
    stores.home_watchers.enter(Watcher(user, device), authors, stores.clock.now() + ms, stores.fence())


def leave(stores: Stores, user: str, device: str = "phone") -> None:
    stores.home_watchers.leave(Watcher(user, device), stores.clock.now(), stores.fence())


def devices(stores: Stores, *users: str, later: int = 0) -> dict[str, set[str]]:
    found = stores.home_watchers.devices(users, stores.clock.now() + later)
    return {user: set(there) for user, there in found.items()}


def listed(stores: Stores, *users: str, later: int = 0) -> set[str]:
    """Those of `users` who are listed."""
    found = stores.home_watchers.listed(PLENTY, stores.clock.now() + later)
    assert found is not None
    return found & {*users}


def pulling(stores: Stores, author: str, later: int = 0) -> set[str]:
    pages = list(stores.home_watchers.pulling(author, stores.clock.now() + later))
    users = [user for page in pages for user in page]
    assert len(users) == len(set(users))
    assert all(pages)
    return set(users)


class TestHomeWatchers:
    def test_nobody_watches_at_first(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert (devices(stores, ann), listed(stores, ann), pulling(stores, ann)) == ({}, set(), set())
        leave(stores, ann)
        assert (devices(stores, ann), listed(stores, ann)) == ({}, set())

    def test_each_device_by_itself_and_each_user_once(self, stores: Stores) -> None:
        ann, bob, cid = (stores.user(name) for name in ("ann", "bob", "cid"))
        for user, device in ((ann, "phone"), (ann, "my.tablet"), (bob, "phone"), (ann, "phone")):
            enter(stores, user, device)
        assert devices(stores, ann, bob, cid) == {ann: {"phone", "my.tablet"}, bob: {"phone"}}
        assert listed(stores, ann, bob, cid) == {ann, bob}
        leave(stores, ann)
        leave(stores, ann)
        assert devices(stores, ann) == {ann: {"my.tablet"}}
        assert listed(stores, ann) == {ann}
        leave(stores, ann, "my.tablet")
        assert (devices(stores, ann), listed(stores, ann, bob)) == ({}, {bob})

    def test_it_ends_by_itself_and_is_prolonged(self, stores: Stores) -> None:
        ann, star = stores.user("ann"), stores.user("star")
        enter(stores, ann, authors=(star,))
        for later, there in ((59_000, True), (61_000, False)):
            assert bool(devices(stores, ann, later=later)) == there
            assert bool(listed(stores, ann, later=later)) == there
            assert bool(pulling(stores, star, later=later)) == there
        enter(stores, ann, authors=(star,), ms=120_000)
        assert devices(stores, ann, later=119_000) == {ann: {"phone"}}
        assert pulling(stores, star, later=119_000) == {ann}

    def test_a_device_whose_time_is_over_does_not_count(self, stores: Stores) -> None:
        ann = stores.user("ann")
        enter(stores, ann, "old", ms=10_000)
        enter(stores, ann)
        stores.clock.advance(20_000)
        assert devices(stores, ann) == {ann: {"phone"}}
        leave(stores, ann)
        assert listed(stores, ann) == set()

    def test_many_pull_an_author(self, stores: Stores) -> None:
        star, other = stores.user("star"), stores.user("other")
        users = {stores.user(f"u{number:02}") for number in range(30)}
        for user in users:
            enter(stores, user, authors=(star,))
        enter(stores, stores.user("both"), authors=(star, other, star))
        assert pulling(stores, star) == users | {stores.user("both")}
        assert pulling(stores, other) == {stores.user("both")}

    def test_more_than_were_asked_for_are_not_listed(self, stores: Stores) -> None:
        for name in ("ann", "bob", "cid"):
            enter(stores, stores.user(name))
        assert stores.home_watchers.listed(2, stores.clock.now()) is None

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        with pytest.raises(RetryLater):
            stores.home_watchers.enter(Watcher(ann, "phone"), (), now + 60_000, stores.stale())
        assert (devices(stores, ann), listed(stores, ann)) == ({}, set())
        enter(stores, ann)
        with pytest.raises(RetryLater):
            stores.home_watchers.leave(Watcher(ann, "phone"), now, stores.stale())
        assert devices(stores, ann) == {ann: {"phone"}}
