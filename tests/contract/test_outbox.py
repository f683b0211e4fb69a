"""`Outbox`: one entry a request, whoever comes first."""

from __future__ import annotations

import pytest

from tests.contract.engines import RETENTION_MS, Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.ports import OutboxEntry


class TestOutbox:
    def test_the_first_claim_is_ours_and_later_ones_are_told_what_stands(self, stores: Stores) -> None:
        ann = stores.user("ann")
        first, second = (OutboxEntry(print_, position(stores.clock.now(), i)) for i, print_ in enumerate("ab"))
        assert stores.outbox.claim(ann, "1", first, stores.fence()) is None
        assert stores.outbox.claim(ann, "1", second, stores.fence()) == first
        assert stores.outbox.claim(ann, "1", first, stores.fence()) == first

    def test_entries_are_apart_by_user_and_by_client_id(self, stores: Stores) -> None:
        entry = OutboxEntry("a", position(stores.clock.now()))
        assert stores.outbox.claim(stores.user("ann"), "1", entry, stores.fence()) is None
        assert stores.outbox.claim(stores.user("ann"), "2", entry, stores.fence()) is None
        assert stores.outbox.claim(stores.user("bob"), "1", entry, stores.fence()) is None

    def test_what_stands_is_read_until_it_no_longer_counts(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        entry = OutboxEntry("a", position(now))
        assert stores.outbox.get(ann, "1") is None
        stores.outbox.claim(ann, "1", entry, stores.fence())
        assert stores.outbox.get(ann, "1") == entry
        stores.clock.advance(RETENTION_MS + 1)
        assert stores.outbox.get(ann, "1") is None

    def test_reclaim_moves_the_position_once(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        old, new, other = (position(now, i) for i in range(3))
        stores.outbox.claim(ann, "1", OutboxEntry("a", old), stores.fence())
        assert stores.outbox.reclaim(ann, "1", old, new, stores.fence()) is None
        assert stores.outbox.reclaim(ann, "1", old, other, stores.fence()) == OutboxEntry("a", new)
        assert stores.outbox.claim(ann, "1", OutboxEntry("b", other), stores.fence()) == OutboxEntry("a", new)

    def test_reclaim_of_nothing_asks_for_another_try(self, stores: Stores) -> None:
        now = stores.clock.now()
        with pytest.raises(RetryLater):
            stores.outbox.reclaim(stores.user("ann"), "1", position(now), position(now, 1), stores.fence())

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        entry = OutboxEntry("a", position(now))
        with pytest.raises(RetryLater):
            stores.outbox.claim(ann, "1", entry, stores.stale())
        assert stores.outbox.claim(ann, "1", entry, stores.fence()) is None
        with pytest.raises(RetryLater):
            stores.outbox.reclaim(ann, "1", entry.position, position(now, 1), stores.stale())
        assert stores.outbox.claim(ann, "1", entry, stores.fence()) == entry

    def test_an_entry_counts_for_as_long_as_mailboxes_are_kept(self, stores: Stores) -> None:
        ann = stores.user("ann")
        entry = OutboxEntry("a", position(stores.clock.now()))
        stores.outbox.claim(ann, "1", entry, stores.fence())
        stores.clock.advance(RETENTION_MS - 1)
        fresh = OutboxEntry("b", position(stores.clock.now()))
        assert stores.outbox.claim(ann, "1", fresh, stores.fence()) == entry
        stores.clock.advance(2)
        assert stores.outbox.claim(ann, "1", fresh, stores.fence()) is None
        assert stores.outbox.claim(ann, "1", entry, stores.fence()) == fresh
