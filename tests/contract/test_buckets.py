"""`Buckets`: one number a user and kind, replaced only by whoever knows it."""

from __future__ import annotations

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.ports import OutboxEntry


class TestBuckets:
    def test_a_bucket_that_was_never_used(self, stores: Stores) -> None:
        assert stores.buckets.look(stores.user("ann")) == 0

    def test_the_number_is_replaced_by_whoever_knows_it(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        assert stores.buckets.swap(ann, now, now + 1) == 0
        assert stores.buckets.swap(ann, 0, now + 1_000) is None
        assert stores.buckets.swap(ann, 0, now + 2_000) == now + 1_000
        assert stores.buckets.swap(ann, now + 999, now + 2_000) == now + 1_000
        assert stores.buckets.look(ann) == now + 1_000
        assert stores.buckets.swap(ann, now + 1_000, now + 2_000) is None
        assert stores.buckets.look(ann) == now + 2_000

    def test_users_are_apart(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.buckets.swap(ann, 0, 5) is None
        assert stores.buckets.look(bob) == 0
        assert stores.buckets.swap(bob, 0, 6) is None
        assert (stores.buckets.look(ann), stores.buckets.look(bob)) == (5, 6)

    def test_kinds_are_apart(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert stores.buckets.swap(ann, 0, 5) is None
        assert stores.other_buckets.look(ann) == 0
        assert stores.other_buckets.swap(ann, 0, 6) is None
        assert (stores.buckets.look(ann), stores.other_buckets.look(ann)) == (5, 6)

    def test_requests_are_left_alone(self, stores: Stores) -> None:
        ann, at = stores.user("ann"), position(stores.clock.now())
        entry = OutboxEntry("f", at)
        assert stores.buckets.swap(ann, 0, stores.clock.now() + 1_000) is None
        assert stores.outbox.claim(ann, "rate", entry, stores.fence()) is None
        assert stores.outbox.claim(ann, "rate", entry, stores.fence()) == entry
        assert stores.buckets.look(ann) == stores.clock.now() + 1_000
