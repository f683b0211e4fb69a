"""`Conversations`: logs are written once, claims agree, tombstones win."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import all_pages, flat, message, position
from tidings.domain.conversation import direct_id
from tidings.domain.errors import RetryLater
from tidings.domain.events import LogEvent, Message, Path
from tidings.domain.position import FIRST, LAST


def talk(stores: Stores) -> str:
    return direct_id(stores.user("ann"), stores.user("bob"))


def write(stores: Stores, count: int) -> list[Message]:
    """`count` messages of one conversation, oldest first."""
    now = stores.clock.now()
    made = [
        message(talk(stores), stores.user("ann"), position(now + n // 90, n % 90), f"text {n}", str(n))
        for n in range(count)
    ]
    for each in made:
        assert stores.log.append(each, Path.INLINE, stores.fence()) is None
    return [each.arriving("") for each in made]


def page(stores: Stores, before: str, limit: int) -> tuple[list[LogEvent | None], str | None]:
    """A page of everything, as events."""
    entries, further = stores.log.page(talk(stores), before, limit, lambda _: True)
    return [entry.event for entry in entries], further


class TestLog:
    @pytest.mark.parametrize("withheld", [False, True])
    @pytest.mark.parametrize("quiet", [False, True])
    def test_what_is_noted_on_an_entry(self, withheld: bool, quiet: bool, stores: Stores) -> None:
        sent = message(talk(stores), stores.user("ann"), position(stores.clock.now()), "hi", "1")
        stores.log.append(sent, Path.INLINE, stores.fence(), withheld=withheld, quiet=quiet, alone=quiet)
        entry = stores.log.get(talk(stores), sent.position, strong=True)
        assert entry is not None
        assert (entry.withheld, entry.quiet, entry.alone) == (withheld, quiet, quiet)

    def test_a_position_is_written_once(self, stores: Stores) -> None:
        at = position(stores.clock.now())
        mine = message(talk(stores), stores.user("ann"), at, "first", "1")
        assert stores.log.append(mine, Path.INLINE, stores.fence()) is None
        other = message(talk(stores), stores.user("bob"), at, "second", "2")
        stands = stores.log.append(other, Path.CHUNK, stores.fence())
        assert stands is not None
        assert (stands.position, stands.sender, stands.client_id, stands.path) == (at, mine.sender, "1", Path.INLINE)
        assert stands.event == mine.arriving("")
        assert stands.claims == ()
        assert stores.log.get(mine.conversation_id, at, strong=True) == stands

    @pytest.mark.parametrize("text", ["", 'ä\u0000\u001f"\\ 🎈', "x" * 4_096])
    def test_a_message_comes_back_as_it_was(self, stores: Stores, text: str) -> None:
        sent = message(talk(stores), stores.user("bob"), position(stores.clock.now()), text, "c-1 / #ü")
        stores.log.append(sent, Path.CHUNK, stores.fence())
        found = stores.log.get(sent.conversation_id, sent.position, strong=True)
        assert found is not None
        assert found.event == sent.arriving("")
        assert found.path is Path.CHUNK

    def test_what_was_decided_to_be_nothing_is_a_tombstone(self, stores: Stores) -> None:
        at = position(stores.clock.now())
        mine = message(talk(stores), stores.user("ann"), at, "first", "1")
        assert stores.log.void(mine, Path.CHUNK, stores.fence())
        assert not stores.log.void(mine, Path.CHUNK, stores.fence())
        stands = stores.log.append(mine, Path.CHUNK, stores.fence())
        assert stands is not None
        assert (stands.event, stands.sender, stands.client_id, stands.unsent) == (None, mine.sender, "1", "")
        with pytest.raises(RetryLater):
            stores.log.void(message(talk(stores), "ann", position(1)), Path.CHUNK, stores.stale())

    def test_nothing_is_nothing(self, stores: Stores) -> None:
        at = position(stores.clock.now())
        assert stores.log.get(talk(stores), at, strong=True) is None
        assert page(stores, LAST, 10) == ([], None)
        assert stores.log.claim_late(talk(stores), at, (), 1, stores.fence()) is None
        assert stores.log.get(talk(stores), at, strong=True) is None

    def test_claims_are_appended_on_what_was_read(self, stores: Stores) -> None:
        [sent] = write(stores, 1)
        chat, at = sent.conversation_id, sent.position
        assert stores.log.claim_late(chat, at, (), 100, stores.fence()) == (100,)
        assert stores.log.claim_late(chat, at, (), 150, stores.fence()) == (100,)
        assert stores.log.claim_late(chat, at, (100,), 200, stores.fence()) == (100, 200)
        assert stores.log.claim_late(chat, at, (100,), 250, stores.fence()) == (100, 200)
        found = stores.log.get(chat, at, strong=True)
        assert found is not None
        assert found.claims == (100, 200)

    def test_a_tombstone_beats_a_claim_and_an_append(self, stores: Stores) -> None:
        [sent] = write(stores, 1)
        chat, at = sent.conversation_id, sent.position
        stores.log.claim_late(chat, at, (), 100, stores.fence())
        stores.log.tombstone(chat, at, position(stores.clock.now() + 1), stores.fence())
        assert stores.log.claim_late(chat, at, (100,), 200, stores.fence()) is None
        stands = stores.log.append(sent, Path.INLINE, stores.fence())
        assert stands is not None
        assert stands.event is None
        assert (stands.claims, stands.sender, stands.client_id) == ((100,), sent.sender, sent.client_id)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        [sent] = write(stores, 1)
        later = message(talk(stores), stores.user("ann"), position(stores.clock.now(), 99))
        with pytest.raises(RetryLater):
            stores.log.append(later, Path.INLINE, stores.stale())
        assert stores.log.get(later.conversation_id, later.position, strong=True) is None
        with pytest.raises(RetryLater):
            stores.log.claim_late(sent.conversation_id, sent.position, (), 100, stores.stale())
        assert stores.log.claim_late(sent.conversation_id, sent.position, (), 200, stores.fence()) == (200,)

    def test_pages_go_back_to_the_beginning(self, stores: Stores) -> None:
        written = write(stores, 23)
        pages = all_pages(lambda before: page(stores, before, 10))
        assert flat(pages) == written[::-1]
        assert [len(page) for page in pages] == [10, 10, 3]

    def test_a_page_that_ends_the_log_says_so(self, stores: Stores) -> None:
        written = write(stores, 10)
        assert page(stores, LAST, 10) == (written[::-1], None)
        assert page(stores, written[4].position, 10) == (written[3::-1], None)
        assert page(stores, written[0].position, 10) == ([], None)
        assert page(stores, FIRST, 10) == ([], None)

    def test_pages_leave_tombstones_out_and_still_end(self, stores: Stores) -> None:
        written = write(stores, 30)
        for gone in written[3:27]:
            stores.log.tombstone(gone.conversation_id, gone.position, gone.position, stores.fence())
        pages = all_pages(lambda before: page(stores, before, 4))
        assert flat(pages) == (written[:3] + written[27:])[::-1]
        assert max(map(len, pages)) <= 4
        assert len(pages) <= 10
