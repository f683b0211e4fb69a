"""`Users`: who exists, and the devices they registered."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tidings.domain.errors import TokenExpired
from tidings.domain.identity import Identity
from tidings.ports import User


def connect(stores: Stores, user_id: str, name: str | None = None) -> None:
    stores.users.ensure(Identity(user_id, "phone", 2_000_000_000, name), stores.clock.advance(1))


class TestUsers:
    def test_a_user_exists_from_the_first_connect(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.users.get([ann, bob]) == {}
        connect(stores, ann)
        assert stores.users.get([ann, bob, ann]) == {ann: User(ann, last_seen=stores.clock.now())}
        assert stores.users.get([]) == {}

    def test_the_name_follows_the_token(self, stores: Stores) -> None:
        ann = stores.user("ann")
        connect(stores, ann)
        connect(stores, ann, "Ann")
        assert stores.users.get([ann])[ann].name == "Ann"
        connect(stores, ann)
        assert stores.users.get([ann])[ann].name == "Ann"
        connect(stores, ann, "Anna")
        assert stores.users.get([ann])[ann].name == "Anna"

    def test_a_connect_that_runs_late_does_not_bring_an_old_name_back(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "New"), now)
        stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Old"), now - 1)
        assert stores.users.get([ann])[ann].name == "New"

    def test_a_connect_is_told_who_it_is(self, stores: Stores) -> None:
        """Strongly: what the removal of a device wrote is seen."""
        ann, now = stores.user("ann"), stores.clock.now()
        assert stores.users.ensure(Identity(ann, "phone", 2_000_000_000), now) == User(ann, last_seen=now)
        named = User(ann, "Ann", last_seen=now + 1)
        assert stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Ann"), now + 1) == named
        assert stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Old"), now - 1) == named
        stores.users.add_device(ann, "phone", 3)
        stores.users.revoke(ann, now)
        expected = User(ann, "Ann", frozenset({"phone"}), last_seen=now + 2, revoked_at=now)
        assert stores.users.ensure(Identity(ann, "phone", 2_000_000_000, "Ann"), now + 2) == expected

    def test_times_only_move_forward(self, stores: Stores) -> None:
        ann = stores.user("ann")
        connect(stores, ann)
        begin = stores.clock.now()
        assert stores.users.seen(ann, begin - 1).last_seen == begin
        assert stores.users.seen(ann, begin + 100).last_seen == begin + 100
        assert stores.users.seen(ann, begin + 99).last_seen == begin + 100
        for at in (9, 11, 10):
            stores.users.revoke(ann, at)
        assert stores.users.get([ann])[ann] == User(ann, last_seen=begin + 100, revoked_at=11)

    def test_devices_are_a_set_with_a_cap(self, stores: Stores) -> None:
        ann = stores.user("ann")
        connect(stores, ann, "Ann")
        assert stores.users.add_device(ann, "phone", 2)
        assert stores.users.add_device(ann, "tablet", 2)
        assert stores.users.add_device(ann, "phone", 2)
        assert not stores.users.add_device(ann, "laptop", 2)
        found = stores.users.get([ann])[ann]
        assert (found.name, found.devices) == ("Ann", {"phone", "tablet"})
        stores.users.drop_device(ann, "phone")
        stores.users.drop_device(ann, "phone")
        assert stores.users.add_device(ann, "laptop", 2)
        assert stores.users.get([ann])[ann].devices == {"tablet", "laptop"}

    def test_a_token_of_before_a_removal_adds_nothing(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert stores.users.add_device(ann, "phone", 2, 10), "nobody was ever signed out"
        stores.users.revoke(ann, 20)
        assert stores.users.add_device(ann, "phone", 2, 10), "it is there"
        for issued_at in (0, 10, 20):
            with pytest.raises(TokenExpired):
                stores.users.add_device(ann, "tablet", 2, issued_at)
        assert stores.users.add_device(ann, "tablet", 2, 21)
        assert not stores.users.add_device(ann, "laptop", 2, 21)
        assert stores.users.get([ann])[ann].devices == {"phone", "tablet"}

    def test_the_last_device_can_go_and_another_can_come(self, stores: Stores) -> None:
        ann = stores.user("ann")
        connect(stores, ann)
        stores.users.add_device(ann, "phone", 1)
        stores.users.drop_device(ann, "phone")
        assert stores.users.get([ann])[ann].devices == frozenset()
        assert stores.users.add_device(ann, "tablet", 1)

    def test_more_users_than_one_batch_takes(self, stores: Stores) -> None:
        crowd = [stores.user(f"u{n}") for n in range(130)]
        for user_id in crowd:
            connect(stores, user_id)
        assert set(stores.users.get(crowd)) == set(crowd)
