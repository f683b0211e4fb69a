"""`Mailboxes`: each reader's log comes back whole, in order of arrival, in pages that fit."""

from __future__ import annotations

import pytest

from tests.contract.engines import RETENTION_MS, Stores
from tests.contract.made import message, position, receipt
from tidings.domain.conversation import direct_id
from tidings.domain.errors import RetryLater
from tidings.domain.events import Event, Message
from tidings.domain.position import FIRST, floor
from tidings.domain.sizes import wire_bytes

PLENTY = 10**6


def letters(stores: Stores, count: int, text: str = "hello") -> list[Message]:
    """`count` messages from Ann to Bob, a millisecond apart."""
    ann, bob = stores.user("ann"), stores.user("bob")
    now = stores.clock.now()
    return [message(direct_id(ann, bob), ann, position(now + n), text, str(n)) for n in range(count)]


def read_all(stores: Stores, user_id: str, limit: int, max_bytes: int) -> list[list[Event]]:
    """All pages of a mailbox."""
    pages: list[list[Event]] = []
    after, more = FIRST, True
    while more:
        events, more = stores.mailboxes.read(user_id, after, limit, max_bytes)
        after = events[-1].arrival if events else after
        pages.append(events)
        assert events or not more
    return pages


class TestMailboxes:
    def test_one_event_comes_back_as_it_was(self, stores: Stores) -> None:
        bob = stores.user("bob")
        [letter] = letters(stores, 1, 'ä\n"🎈')
        stores.mailboxes.put([(bob, letter)], stores.fence())
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == ([letter], False)
        assert stores.mailboxes.read(stores.user("ann"), FIRST, 10, PLENTY) == ([], False)

    def test_a_late_arrival_keeps_its_position(self, stores: Stores) -> None:
        bob = stores.user("bob")
        [letter] = letters(stores, 1)
        late = letter.arriving(position(stores.clock.now() + 40_000))
        stores.mailboxes.put([(bob, late)], stores.fence())
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == ([late], False)

    def test_receipts_come_back_among_messages_in_order_of_arrival(self, stores: Stores) -> None:
        bob, now = stores.user("bob"), stores.clock.now()
        first, last = letters(stores, 2)
        mark = receipt(first.conversation_id, stores.user("ann"), position(now - 500), position(now, 50), now - 20)
        stores.mailboxes.put([(bob, last), (bob, mark), (bob, first)], stores.fence())
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == ([first, mark, last], False)

    def test_written_twice_is_written_once(self, stores: Stores) -> None:
        bob = stores.user("bob")
        both = [(bob, letter) for letter in letters(stores, 2)]
        stores.mailboxes.put(both + both, stores.fence())
        stores.mailboxes.put(both, stores.fence())
        stores.mailboxes.put(both[:1] * 2, stores.fence())
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == ([event for _, event in both], False)

    def test_nothing_to_write_is_fine(self, stores: Stores) -> None:
        stores.mailboxes.put([], stores.stale())

    def test_many_mailboxes_at_once(self, stores: Stores) -> None:
        [letter] = letters(stores, 1)
        readers = [stores.user(f"reader{n}") for n in range(60)]
        stores.mailboxes.put([(reader, letter) for reader in readers], stores.fence())
        assert all(stores.mailboxes.read(reader, FIRST, 5, PLENTY) == ([letter], False) for reader in readers)

    def test_reading_begins_strictly_after(self, stores: Stores) -> None:
        bob = stores.user("bob")
        sent = letters(stores, 3)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        assert stores.mailboxes.read(bob, sent[0].arrival, 10, PLENTY) == (sent[1:], False)
        assert stores.mailboxes.read(bob, floor(stores.clock.now() + 1), 10, PLENTY) == (sent[1:], False)
        assert stores.mailboxes.read(bob, sent[2].arrival, 10, PLENTY) == ([], False)

    @pytest.mark.parametrize(("count", "limit"), [(9, 10), (10, 10), (11, 10), (50, 7), (3, 1)])
    def test_pages_of_a_number_of_events(self, stores: Stores, count: int, limit: int) -> None:
        bob = stores.user("bob")
        sent = letters(stores, count)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        pages = read_all(stores, bob, limit, PLENTY)
        assert [event for page in pages for event in page] == sent
        assert len(pages) == -(-count // limit)

    @pytest.mark.parametrize("text", ["hi", "x" * 700, "x" * 4_000, "\u0001" * 2_000])
    def test_pages_of_a_number_of_bytes(self, stores: Stores, text: str) -> None:
        bob, max_bytes = stores.user("bob"), 16_000
        sent = letters(stores, 40, text)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        pages = read_all(stores, bob, 100, max_bytes)
        assert [event for page in pages for event in page] == sent
        sizes = [sum(map(wire_bytes, page)) for page in pages]
        assert all(size <= max_bytes for size in sizes)
        assert all(size + wire_bytes(sent[0]) > max_bytes for size in sizes[:-1])

    def test_an_event_larger_than_a_page_comes_alone(self, stores: Stores) -> None:
        bob = stores.user("bob")
        sent = letters(stores, 3, "x" * 4_000)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        assert [len(page) for page in read_all(stores, bob, 10, 1_000)] == [1, 1, 1]

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        bob = stores.user("bob")
        sent = [(bob, letter) for letter in letters(stores, 2)]
        for some in (sent[:1], sent):
            with pytest.raises(RetryLater):
                stores.mailboxes.put(some, stores.stale())
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == ([], False)

    def test_the_newest_come_first_and_not_what_syncs_pull(self, stores: Stores) -> None:
        bob = stores.user("bob")
        assert stores.mailboxes.newest(bob, 10) == []
        sent = letters(stores, 7)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        stores.pulled.expect(bob, "g#a", position(stores.clock.now()), stores.fence())
        assert stores.mailboxes.newest(bob, 10) == sent[::-1]
        assert stores.mailboxes.newest(bob, 3) == sent[:3:-1]
        stores.clock.advance(RETENTION_MS + 4)
        assert stores.mailboxes.newest(bob, 10) == sent[:3:-1]

    def test_what_is_older_than_retention_is_not_read(self, stores: Stores) -> None:
        bob = stores.user("bob")
        sent = letters(stores, 2)
        stores.mailboxes.put([(bob, letter) for letter in sent], stores.fence())
        stores.clock.advance(RETENTION_MS)
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == (sent, False)
        stores.clock.advance(1)
        assert stores.mailboxes.read(bob, FIRST, 10, PLENTY) == (sent[1:], False)

    def test_what_is_deleted_is_gone_and_nothing_else(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        sent = letters(stores, 30)
        stores.mailboxes.put([(who, letter) for letter in sent for who in (ann, bob)], stores.fence())
        keys = [(bob, letter.arrival) for letter in sent[1:]]
        with pytest.raises(RetryLater):
            stores.mailboxes.delete(keys, stores.stale())
        stores.mailboxes.delete([*keys, *keys[:2], (bob, position(stores.clock.now() + 900))], stores.fence())
        stores.mailboxes.delete([], stores.fence())
        assert stores.mailboxes.read(bob, FIRST, 100, PLENTY) == (sent[:1], False)
        assert stores.mailboxes.read(ann, FIRST, 100, PLENTY) == (sent, False)
