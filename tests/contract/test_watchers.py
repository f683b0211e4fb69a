"""`Watchers`: soft state, which ends by itself."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tidings.domain.errors import RetryLater
from tidings.ports import Watcher


def found(stores: Stores, subject: str, *, later: int = 0) -> list[Watcher]:
    """Who watches, `later` ms from now, in order."""
    watchers = [each for page in stores.watchers.of(subject, stores.clock.now() + later) for each in page]
    return sorted(watchers, key=lambda each: (each.user_id, each.device_id))


class TestWatchers:
    def test_nobody_watches_at_first(self, stores: Stores) -> None:
        assert found(stores, f"p#{stores.user('ann')}") == []

    def test_devices_and_subjects_are_apart(self, stores: Stores) -> None:
        ann, until = f"p#{stores.user('ann')}", stores.clock.now() + 60_000
        phone, tablet, other = Watcher("bob", "phone"), Watcher("bob", "my.tablet"), Watcher("cid", "phone")
        for watcher in (phone, tablet, other, phone):
            stores.watchers.add(ann, watcher, until)
        assert found(stores, ann) == [tablet, phone, other]
        assert found(stores, f"p#{stores.user('dan')}") == []
        stores.watchers.remove(ann, phone)
        stores.watchers.remove(ann, phone)
        assert found(stores, ann) == [tablet, other]

    def test_an_entry_ends_by_itself(self, stores: Stores) -> None:
        ann, bob = f"p#{stores.user('ann')}", Watcher("bob", "phone")
        stores.watchers.add(ann, bob, stores.clock.now() + 60_000)
        assert found(stores, ann, later=59_000) == [bob]
        assert found(stores, ann, later=61_000) == []
        stores.watchers.add(ann, bob, stores.clock.now() + 120_000)
        assert found(stores, ann, later=119_000) == [bob]

    def test_many_subjects_at_once(self, stores: Stores) -> None:
        subjects = [f"p#{stores.user(f'user-{n:03d}')}" for n in range(30)]
        bob, now = Watcher("bob", "phone"), stores.clock.now()
        stores.watchers.add(subjects[0], bob, now + 90_000)
        stores.watchers.add(subjects[1], bob, now + 10_000)
        stores.watchers.add_all(subjects, bob, now + 60_000, stores.fence())
        assert all(found(stores, each, later=59_000) == [bob] for each in subjects)
        assert found(stores, subjects[0], later=89_000) == [bob], "what lasts longer is left as it is"
        stores.watchers.add_all([], bob, now + 60_000, stores.fence())

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, until = f"p#{stores.user('ann')}", stores.clock.now() + 60_000
        with pytest.raises(RetryLater):
            stores.watchers.add_all([ann], Watcher("bob", "phone"), until, stores.stale())
        assert found(stores, ann) == []

    def test_a_crowd(self, stores: Stores) -> None:
        subject, until = f"c#{stores.user('g')}", stores.clock.now() + 60_000
        for number in range(120):
            stores.watchers.add(subject, Watcher(f"user-{number:03d}", "phone"), until)
        assert [each.user_id for each in found(stores, subject)] == [f"user-{n:03d}" for n in range(120)]
