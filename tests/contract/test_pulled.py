"""`~pulled` in the mailboxes: what a sync pulls besides, found at the mailbox's end."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.engines import RETENTION_MS, Stores
from tests.contract.made import message, position
from tidings.domain.errors import RetryLater
from tidings.domain.groups import Stay
from tidings.domain.position import FIRST, LAST
from tidings.domain.pulled import BEGINNING, ENDING, OPEN, OWN_ROOM, ROOM, Marks

CHAT, OTHER = "g#aaaaaaaaaaaaaaaa", "g#bbbbbbbbbbbbbbbb"


def marks(stores: Stores, user: str) -> list[Marks]:
    page = stores.mailboxes.page(user, LAST, 1, 1_000)
    assert page.events == ()
    assert not page.more
    return list(page.pulled)


def test_nothing_is_pulled_until_something_is_noted(stores: Stores) -> None:
    assert marks(stores, stores.user("ann")) == []


def test_a_join_is_expected_and_then_stands(stores: Stores) -> None:
    ann, at, fence = stores.user("ann"), position(stores.clock.now()), stores.fence()
    stores.pulled.expect(ann, CHAT, at, fence)
    assert marks(stores, ann) == [Marks(CHAT, {at: BEGINNING})]
    assert marks(stores, ann)[0].doubtful
    for _ in range(2):
        stores.pulled.settle(ann, CHAT, [Stay(at)], fence)
        stores.pulled.expect(ann, CHAT, at, fence)
        assert marks(stores, ann) == [Marks(CHAT, {at: OPEN})]


def test_a_leave_is_doubted_and_then_stands_whatever_comes_late(stores: Stores) -> None:
    ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
    at = position(now)
    stores.pulled.settle(ann, CHAT, [Stay(at)], fence)
    stores.pulled.doubt(ann, CHAT, at, fence)
    stores.pulled.settle(ann, CHAT, [Stay(at)], fence)
    assert marks(stores, ann) == [Marks(CHAT, {at: ENDING})]
    stores.pulled.settle(ann, CHAT, [Stay(at, now + 8_000)], fence)
    stores.pulled.doubt(ann, CHAT, at, fence)
    stores.pulled.settle(ann, CHAT, [Stay(at)], fence, start=now)
    stores.pulled.expect(ann, CHAT, at, fence)
    assert marks(stores, ann) == [Marks(CHAT, {at: now + 8_000}, {now: OPEN})]


def test_a_doubt_about_what_was_never_noted(stores: Stores) -> None:
    ann, at = stores.user("ann"), position(stores.clock.now())
    stores.pulled.doubt(ann, CHAT, at, stores.fence())
    assert marks(stores, ann) == [Marks(CHAT, {at: ENDING})]


def test_a_rejoin_keeps_the_first_stay(stores: Stores) -> None:
    ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
    first, second = position(now), position(now + 9_000)
    stores.pulled.settle(ann, CHAT, [Stay(first, now + 8_000), Stay(second)], fence)
    assert marks(stores, ann) == [Marks(CHAT, {first: now + 8_000, second: OPEN})]


def test_pulls_end_for_good(stores: Stores) -> None:
    ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
    at = position(now)
    stores.pulled.expect(ann, CHAT, at, fence, start=now)
    stores.pulled.settle(ann, OTHER, [Stay(at)], fence, start=now + 1)
    stores.pulled.close(ann, CHAT, now, now + 60_000, fence)
    stores.pulled.settle(ann, CHAT, [Stay(at)], fence, start=now)
    stores.pulled.settle(ann, CHAT, [Stay(at)], fence, start=now + 70_000)
    assert marks(stores, ann) == [
        Marks(CHAT, {at: OPEN}, {now: now + 60_000, now + 70_000: OPEN}),
        Marks(OTHER, {at: OPEN}, {now + 1: OPEN}),
    ]


def test_what_no_reader_needs_any_more_goes(stores: Stores) -> None:
    ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
    at = position(now)
    stores.pulled.settle(ann, CHAT, [Stay(at, now + 8_000)], fence, start=now)
    stores.pulled.close(ann, CHAT, now, now + 60_000, fence)
    stores.pulled.settle(ann, OTHER, [Stay(at)], fence)
    stores.clock.advance(RETENTION_MS + 60_001)
    later = position(stores.clock.now())
    stores.pulled.settle(ann, "g#cccccccccccccccc", [Stay(later)], stores.fence())
    assert marks(stores, ann) == [Marks("g#cccccccccccccccc", {later: OPEN})]


def test_an_open_stay_is_kept_while_something_is_pulled(stores: Stores) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    at = position(now)
    stores.pulled.settle(ann, CHAT, [Stay(at)], stores.fence(), start=now)
    stores.clock.advance(2 * RETENTION_MS)
    stores.pulled.settle(ann, OTHER, [Stay(position(stores.clock.now()))], stores.fence())
    assert marks(stores, ann)[0] == Marks(CHAT, {at: OPEN}, {now: OPEN})


def fill(stores: Stores, user: str, notes: int, left: int) -> None:
    """Note so many stays that ended at `left`, a millisecond after the other before now."""
    now = stores.clock.now()
    stores.pulled.settle(user, OTHER, [Stay(position(now - n), left) for n in range(notes)], stores.fence())


def test_who_is_full_joins_nothing_until_a_note_has_run_out(stores: Stores) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    first, second = position(now, 1), position(now, 2)
    fill(stores, ann, ROOM - 1, now + 8_000)
    assert stores.pulled.expect(ann, CHAT, first, stores.fence())
    for _ in range(2):
        assert not stores.pulled.expect(ann, CHAT, second, stores.fence(), start=now)
        assert marks(stores, ann)[0] == Marks(CHAT, {first: BEGINNING}), "nothing is left of it"
    assert stores.pulled.expect(ann, CHAT, first, stores.fence()), "what is noted is noted, however often it is asked"
    stores.clock.advance(RETENTION_MS + 8_000)
    assert not stores.pulled.expect(ann, CHAT, position(stores.clock.now()), stores.fence())
    stores.clock.advance(30_000)
    later = position(stores.clock.now())
    assert stores.pulled.expect(ann, CHAT, later, stores.fence())
    assert marks(stores, ann)[0].stays[later] == BEGINNING


def test_past_the_room_for_others_one_makes_groups_and_past_that_one_still_leaves(stores: Stores) -> None:
    ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
    fill(stores, ann, OWN_ROOM - 1, now + 8_000)
    first, second = position(now, 1), position(now, 2)
    assert not stores.pulled.expect(ann, CHAT, first, fence)
    assert stores.pulled.expect(ann, CHAT, first, fence, own=True)
    assert not stores.pulled.expect(ann, CHAT, second, fence, own=True)
    stores.pulled.doubt(ann, CHAT, second, fence)
    assert marks(stores, ann)[0] == Marks(CHAT, {first: BEGINNING, second: ENDING})
    stores.pulled.settle(ann, CHAT, [Stay(second, now + 9_000), Stay(first)], fence, start=now)
    stores.pulled.close(ann, CHAT, now, now + 60_000, fence)
    assert marks(stores, ann)[0] == Marks(CHAT, {first: OPEN, second: now + 9_000}, {now: now + 60_000})


def test_nothing_is_written_past_the_fence(stores: Stores) -> None:
    ann, at, stale = stores.user("ann"), position(stores.clock.now()), stores.stale()
    for write in (
        lambda: stores.pulled.expect(ann, CHAT, at, stale),
        lambda: stores.pulled.doubt(ann, CHAT, at, stale),
        lambda: stores.pulled.settle(ann, CHAT, [Stay(at)], stale),
        lambda: stores.pulled.close(ann, CHAT, 1, 2, stale),
    ):
        with pytest.raises(RetryLater):
            write()
    assert marks(stores, ann) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.integers(0, 5), limit=st.integers(1, 6), noted=st.booleans())
def test_a_page_brings_it_at_the_end_and_never_as_an_event(stores: Stores, held: int, limit: int, noted: bool) -> None:
    ann, bob = stores.user(f"ann-{held}-{limit}-{noted}"), stores.user("bob")
    at = position(stores.clock.now())
    sent = [message(CHAT, bob, position(stores.clock.now(), slot)) for slot in range(held)]
    stores.mailboxes.put([(ann, each.arriving(each.position)) for each in sent], stores.fence())
    if noted:
        stores.pulled.settle(ann, CHAT, [Stay(at)], stores.fence())
    seen, after = [], FIRST
    while True:
        events, more = stores.mailboxes.read(ann, after, limit, 10**6)
        page = stores.mailboxes.page(ann, after, limit, 10**6)
        assert (list(page.events), page.more) == (events, more)
        seen += [event.position for event in events]
        if not more:
            break
        assert page.pulled == ()
        after = seen[-1]
    assert seen == [each.position for each in sent]
    assert list(page.pulled) == ([Marks(CHAT, {at: OPEN})] if noted else [])
