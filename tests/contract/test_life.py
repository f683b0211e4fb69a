"""A message's life in the log: edits are registers, tombstones are for ever and keep what says where copies went."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import message, position
from tidings.domain.conversation import direct_id
from tidings.domain.errors import RetryLater
from tidings.domain.events import MAX_EDITS, Edit, GroupChange, LogEntry, Message, Path
from tidings.domain.events import Change as GroupWas


def talk(stores: Stores) -> str:
    return direct_id(stores.user("ann"), stores.user("bob"))


def at(stores: Stores, seconds: int) -> str:
    return position(stores.clock.now() + seconds * 1_000)


def written(stores: Stores, *, withheld: bool = False) -> Message:
    """A message of Ann's, with everything that a message can have."""
    ann, bob = stores.user("ann"), stores.user("bob")
    sent = Message(talk(stores), at(stores, 0), ann, "1", "hello", reply_to=at(stores, -9), mentions=(bob,))
    stores.log.append(sent, Path.CHUNK, stores.fence(), withheld=withheld)
    return sent


def edit(stores: Stores, sent: Message, seconds: int, text: str, sender: str = "ann") -> Edit:
    return Edit(sent.conversation_id, at(stores, seconds), stores.user(sender), f"e{seconds}", sent.position, text)


def standing(stores: Stores, sent: Message) -> LogEntry:
    found = stores.log.get(sent.conversation_id, sent.position, strong=True)
    assert found is not None
    return found


def shown(entry: LogEntry | None) -> tuple[str, str | None]:
    """Text and edit of the message that an entry holds."""
    assert entry is not None
    assert isinstance(entry.event, Message)
    return entry.event.text, entry.event.edited


class TestEdit:
    def test_an_edit_gives_its_text_and_is_noted(self, stores: Stores) -> None:
        sent = written(stores)
        change = edit(stores, sent, 5, "HELLO")
        after = stores.log.edit(change, stores.fence())
        assert after == standing(stores, sent)
        assert shown(after) == ("HELLO", change.position)
        assert after.edits == (change.position,)
        assert isinstance(after.event, Message)
        assert (after.event.mentions, after.event.reply_to, after.path) == (sent.mentions, sent.reply_to, Path.CHUNK)

    def test_the_later_edit_wins_and_both_are_noted(self, stores: Stores) -> None:
        sent = written(stores)
        first, second = edit(stores, sent, 5, "one"), edit(stores, sent, 6, "two")
        stores.log.edit(second, stores.fence())
        after = stores.log.edit(first, stores.fence())
        assert after == standing(stores, sent)
        assert shown(after) == ("two", second.position)
        assert after is not None
        assert after.edits == (first.position, second.position)

    def test_twice_is_once(self, stores: Stores) -> None:
        sent = written(stores)
        change = edit(stores, sent, 5, "HELLO")
        once = stores.log.edit(change, stores.fence())
        assert stores.log.edit(change, stores.fence()) == once == standing(stores, sent)

    def test_only_so_often(self, stores: Stores) -> None:
        sent = written(stores)
        for number in range(MAX_EDITS):
            stores.log.edit(edit(stores, sent, number + 2, f"text {number}"), stores.fence())
        before = standing(stores, sent)
        assert len(before.edits) == MAX_EDITS
        for number in (1, MAX_EDITS + 2):
            assert stores.log.edit(edit(stores, sent, number, "once more"), stores.fence()) == before
        assert stores.log.edit(edit(stores, sent, 2, "text 0"), stores.fence()) == before

    def test_only_a_message_of_ones_own(self, stores: Stores) -> None:
        sent = written(stores)
        before = standing(stores, sent)
        assert stores.log.edit(edit(stores, sent, 5, "mine now", sender="bob"), stores.fence()) == before
        assert standing(stores, sent) == before
        nowhere = edit(stores, message(talk(stores), stores.user("ann"), at(stores, 90)), 91, "?")
        assert stores.log.edit(nowhere, stores.fence()) is None
        assert stores.log.get(talk(stores), nowhere.target, strong=True) is None

    def test_only_a_message(self, stores: Stores) -> None:
        ann = stores.user("ann")
        change = GroupChange(talk(stores), at(stores, 3), ann, "g", GroupWas.UPDATED)
        stores.log.append(change, Path.CHUNK, stores.fence())
        before = stores.log.get(talk(stores), change.position, strong=True)
        attempt = Edit(talk(stores), at(stores, 4), ann, "e", change.position, "text")
        assert stores.log.edit(attempt, stores.fence()) == before
        assert stores.log.tombstone(talk(stores), change.position, at(stores, 4), stores.fence()) == before

    @pytest.mark.parametrize(("hidden", "text"), [(False, "hello"), (True, "HELLO")])
    def test_a_withheld_edit_shows_only_in_a_withheld_message(self, stores: Stores, hidden: bool, text: str) -> None:
        sent = written(stores, withheld=hidden)
        change = edit(stores, sent, 5, "HELLO")
        after = stores.log.edit(change, stores.fence(), withheld=True)
        assert after == standing(stores, sent)
        assert shown(after)[0] == text
        assert after is not None
        assert after.edits == (change.position,)


class TestTombstone:
    def test_it_keeps_what_says_where_copies_went(self, stores: Stores) -> None:
        sent = written(stores)
        change = edit(stores, sent, 5, "HELLO")
        stores.log.edit(change, stores.fence())
        stores.log.claim_late(sent.conversation_id, sent.position, (), 100, stores.fence())
        unsend = at(stores, 9)
        after = stores.log.tombstone(sent.conversation_id, sent.position, unsend, stores.fence(), sender=sent.sender)
        expected = LogEntry(
            sent.position,
            sent.sender,
            "1",
            Path.CHUNK,
            None,
            (100,),
            edits=(change.position,),
            unsent=unsend,
            mentions=sent.mentions,
        )
        assert after == standing(stores, sent) == expected

    def test_it_is_for_ever(self, stores: Stores) -> None:
        sent = written(stores)
        dead = stores.log.tombstone(sent.conversation_id, sent.position, at(stores, 9), stores.fence())
        assert stores.log.edit(edit(stores, sent, 10, "again"), stores.fence()) == dead
        assert stores.log.edit(edit(stores, sent, 10, "again"), stores.fence(), withheld=True) == dead
        assert stores.log.append(sent, Path.INLINE, stores.fence()) == dead
        assert stores.log.tombstone(sent.conversation_id, sent.position, at(stores, 11), stores.fence()) == dead
        assert stores.log.tombstone(sent.conversation_id, sent.position, at(stores, 9), stores.fence()) == dead

    def test_one_that_was_never_finished_may_be_taken_over(self, stores: Stores) -> None:
        sent = written(stores)
        first, second, third = (at(stores, seconds) for seconds in (9, 50, 60))
        stores.log.tombstone(sent.conversation_id, sent.position, first, stores.fence())
        stores.log.tombstone(sent.conversation_id, sent.position, second, stores.fence(), instead=first)
        assert standing(stores, sent).unsent == second
        stores.log.tombstone(sent.conversation_id, sent.position, third, stores.fence(), instead=first)
        assert standing(stores, sent).unsent == second

    def test_of_a_sender_only_where_asked(self, stores: Stores) -> None:
        sent = written(stores)
        before = standing(stores, sent)
        where = (sent.conversation_id, sent.position, at(stores, 9))
        assert stores.log.tombstone(*where, stores.fence(), sender=stores.user("bob")) == before
        after = stores.log.tombstone(*where, stores.fence())
        assert after is not None
        assert after.event is None
        assert stores.log.tombstone(talk(stores), at(stores, 90), at(stores, 91), stores.fence()) is None
        assert stores.log.get(talk(stores), at(stores, 90), strong=True) is None


class TestErase:
    def test_an_edit_is_erased(self, stores: Stores) -> None:
        change = edit(stores, written(stores), 5, "HELLO")
        stores.log.append(change, Path.CHUNK, stores.fence())
        stores.log.claim_late(change.conversation_id, change.position, (), 100, stores.fence())
        stores.log.erase(change.conversation_id, change.position, change.sender, stores.fence())
        found = stores.log.get(change.conversation_id, change.position, strong=True)
        assert found == LogEntry(change.position, change.sender, change.client_id, Path.CHUNK, None, (100,))

    def test_an_edit_that_comes_later_finds_its_place_taken(self, stores: Stores) -> None:
        change = edit(stores, written(stores), 5, "HELLO")
        stores.log.erase(change.conversation_id, change.position, change.sender, stores.fence())
        stands = stores.log.append(change, Path.CHUNK, stores.fence())
        assert stands == LogEntry(change.position, change.sender, "", Path.INLINE, None)

    def test_nothing_else_is(self, stores: Stores) -> None:
        sent = written(stores)
        before = standing(stores, sent)
        stores.log.erase(sent.conversation_id, sent.position, sent.sender, stores.fence())
        assert standing(stores, sent) == before
        change = edit(stores, sent, 5, "HELLO")
        stores.log.append(change, Path.CHUNK, stores.fence())
        stores.log.erase(change.conversation_id, change.position, stores.user("bob"), stores.fence())
        found = stores.log.get(change.conversation_id, change.position, strong=True)
        assert found is not None
        assert found.event == change


def test_a_passed_fence_changes_nothing(stores: Stores) -> None:
    sent = written(stores)
    before = standing(stores, sent)
    with pytest.raises(RetryLater):
        stores.log.edit(edit(stores, sent, 5, "HELLO"), stores.stale())
    with pytest.raises(RetryLater):
        stores.log.tombstone(sent.conversation_id, sent.position, at(stores, 9), stores.stale())
    with pytest.raises(RetryLater):
        stores.log.erase(sent.conversation_id, at(stores, 5), sent.sender, stores.stale())
    assert standing(stores, sent) == before
    assert stores.log.get(sent.conversation_id, at(stores, 5), strong=True) is None
