"""`Conversations.meta`: what a group is.  Fields are registers by position; a change and its event are one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.engines import Stores
from tests.contract.made import changed, group, position
from tidings.domain.errors import RetryLater
from tidings.domain.events import Change, LogEntry, Path
from tidings.domain.groups import Seen, Who

UPDATED = Change.UPDATED


class TestGroups:
    def test_what_is_not_there(self, stores: Stores) -> None:
        chat = group(stores).conversation_id
        assert stores.groups.get(chat, strong=True) is None
        told = changed(chat, position(stores.clock.now()), UPDATED, title="Ours")
        assert not stores.groups.update(told, Path.CHUNK, stores.fence())
        assert stores.log.get(chat, told.position, strong=True) is None

    def test_it_is_made_once(self, stores: Stores) -> None:
        first = group(stores)
        assert stores.groups.create(first, stores.fence())
        assert not stores.groups.create(replace(first, title="Other"), stores.fence())
        assert stores.groups.get(first.conversation_id, strong=False) == first

    def test_every_field_comes_back(self, stores: Stores) -> None:
        made = replace(
            group(stores),
            picture="https://example.com/p",
            description="What we do",
            who_posts=Who.ADMINS,
            who_adds=Who.MEMBERS,
            history=Seen.ALL,
        )
        stores.groups.create(made, stores.fence())
        assert stores.groups.get(made.conversation_id, strong=True) == made

    def test_fields_are_registers_of_their_own(self, stores: Stores) -> None:
        made, now = group(stores), stores.clock.now()
        chat = made.conversation_id
        stores.groups.create(made, stores.fence())
        events = [
            changed(chat, position(now, 5), UPDATED, title="Later", description="Text"),
            changed(chat, position(now, 3), UPDATED, title="Earlier", who_posts="admins"),
            changed(chat, position(now, 4), UPDATED, title="Between"),
        ]
        for event in events:
            assert stores.groups.update(event, Path.CHUNK, stores.fence())
        expected = replace(made, title="Later", description="Text", who_posts=Who.ADMINS)
        assert stores.groups.get(chat, strong=True) == expected
        for event in events:
            entry = LogEntry(event.position, event.sender, event.client_id, Path.CHUNK, replace(event, arrival=""))
            assert stores.log.get(chat, event.position, strong=True) == entry

    def test_a_field_can_be_cleared(self, stores: Stores) -> None:
        made = replace(group(stores), picture="https://example.com/p")
        stores.groups.create(made, stores.fence())
        told = changed(made.conversation_id, position(stores.clock.now()), UPDATED, picture="")
        assert stores.groups.update(told, Path.CHUNK, stores.fence())
        assert stores.groups.get(made.conversation_id, strong=True) == replace(made, picture="")

    def test_a_position_that_is_taken_changes_nothing(self, stores: Stores) -> None:
        made, at = group(stores), position(stores.clock.now())
        stores.groups.create(made, stores.fence())
        assert stores.groups.update(changed(made.conversation_id, at, UPDATED, title="One"), Path.CHUNK, stores.fence())
        again = changed(made.conversation_id, at, UPDATED, title="Two", picture="https://example.com/")
        assert not stores.groups.update(again, Path.CHUNK, stores.fence())
        assert stores.groups.get(made.conversation_id, strong=True) == replace(made, title="One")

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        made = group(stores)
        with pytest.raises(RetryLater):
            stores.groups.create(made, stores.stale())
        assert stores.groups.get(made.conversation_id, strong=True) is None
        stores.groups.create(made, stores.fence())
        told = changed(made.conversation_id, position(stores.clock.now()), UPDATED, title="Two")
        with pytest.raises(RetryLater):
            stores.groups.update(told, Path.CHUNK, stores.stale())
        assert stores.groups.get(made.conversation_id, strong=True) == made


def test_a_turn_takes_place_once_and_only_from_what_stands(stores: Stores) -> None:
    made, fence = group(stores), stores.fence()
    chat = made.conversation_id
    assert not stores.groups.turn(made, Path.PULL, 7, fence)
    stores.groups.create(made, fence)
    assert stores.groups.turn(made, Path.CHUNK, 7, fence)
    assert not stores.groups.turn(made, Path.CHUNK, 8, fence)
    begun = stores.groups.get(chat, strong=True)
    assert begun == replace(made, pulled_from=7)
    assert stores.groups.turn(begun, Path.PULL, 7, fence)
    assert stores.groups.get(chat, strong=True) == replace(made, path=Path.PULL, pulled_from=7)
    with pytest.raises(RetryLater):
        stores.groups.turn(replace(made, path=Path.PULL, pulled_from=7), Path.CHUNK, 0, stores.stale())
