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

    def test_a_list_replaces_the_one_before(self, stores: Stores) -> None:
        subjects = [f"p#{stores.user(f'user-{n:03d}')}" for n in range(31)]
        bob = Watcher(stores.user("bob"), "phone")
        stores.watchers.add(subjects[30], bob, stores.clock.now() + 60_000)

        def watch(some: list[str]) -> None:
            now = stores.clock.now()
            stores.watchers.replace(bob, some, now, now + 60_000, stores.fence())

        def watched() -> list[str]:
            return [each for each in subjects[:30] if found(stores, each) == [bob]]

        watch(subjects[:28])
        assert watched() == subjects[:28]
        watch(subjects[2:30])
        assert watched() == subjects[2:30]
        watch(subjects[2:30])
        watch([])
        assert watched() == []
        watch([])
        watch(subjects[:3])
        assert watched() == subjects[:3]
        assert found(stores, subjects[30]) == [bob], "what was entered by itself is left alone"

    def test_devices_have_lists_of_their_own(self, stores: Stores) -> None:
        ann, now, bob = f"p#{stores.user('ann')}", stores.clock.now(), stores.user("bob")
        phone, tablet = Watcher(bob, "phone"), Watcher(bob, "tablet")
        for watcher in (phone, tablet):
            stores.watchers.replace(watcher, [ann], now, now + 60_000, stores.fence())
        stores.watchers.replace(phone, [], now, now + 60_000, stores.fence())
        assert found(stores, ann) == [tablet]

    def test_a_list_is_prolonged_when_half_of_its_time_is_over(self, stores: Stores) -> None:
        ann, bob = f"p#{stores.user('ann')}", Watcher(stores.user("bob"), "phone")
        begin = stores.clock.now()

        def watch() -> None:
            now = stores.clock.now()
            stores.watchers.replace(bob, [ann], now, now + 60_000, stores.fence())

        watch()
        stores.clock.advance(25_000)
        watch()
        assert found(stores, ann, later=begin + 62_000 - stores.clock.now()) == []
        stores.clock.advance(10_000)
        watch()
        assert found(stores, ann, later=59_000) == [bob]
        stores.clock.advance(70_000)
        watch()
        assert found(stores, ann) == [bob], "also when it had ended"

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, now = f"p#{stores.user('ann')}", stores.clock.now()
        with pytest.raises(RetryLater):
            stores.watchers.replace(Watcher("bob", "phone"), [ann], now, now + 60_000, stores.stale())
        assert found(stores, ann) == []

    def test_a_crowd(self, stores: Stores) -> None:
        subject, until = f"c#{stores.user('g')}", stores.clock.now() + 60_000
        for number in range(120):
            stores.watchers.add(subject, Watcher(f"user-{number:03d}", "phone"), until)
        assert [each.user_id for each in found(stores, subject)] == [f"user-{n:03d}" for n in range(120)]
