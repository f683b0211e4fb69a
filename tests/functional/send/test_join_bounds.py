"""A victim of whoever adds them to group after group, through the real handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.made import position
from tests.functional.send.conftest import Deployed
from tests.functional.send.test_groups import Party
from tidings.domain.pulled import OWN_ROOM, ROOM
from tidings.storage import keys

OLD = "g#oooooooooooooooo"
HOUR = 3_600_000


@pytest.fixture
def party(deployed: Deployed) -> Party:
    return Party(deployed)


def fill(party: Party, user_id: str, notes: int) -> None:
    """Let somebody have so many notes."""
    now = party.deployed.clock.now()
    stays = {keys.pulled_stay(OLD, position(now - HOUR - n)): {"N": str(now)} for n in range(notes)}
    party.deployed.put(
        keys.MAILBOXES, {"user_id": {"S": user_id}, "arrival": {"S": keys.PULLED}, "changes": {"N": "1"}, **stays}
    )


def notes(party: Party, user_id: str) -> dict[str, Any]:
    """What stands there."""
    [item] = [
        each
        for each in party.deployed.items(keys.MAILBOXES)
        if (each["user_id"]["S"], each["arrival"]["S"]) == (user_id, keys.PULLED)
    ]
    return item


def test_a_victim_is_put_into_no_more_groups_and_syncs_and_leaves(party: Party) -> None:
    fill(party, "dan", ROOM - 1)
    assert "not_added" not in party.group("ann", "group.add", members=["dan"])
    full = notes(party, "dan")
    made = party.ask("ann", "group.create", title="Trap", members=["dan", "bob"])
    assert (made["type"], made["not_added"]) == ("ack", ["dan"])
    added = party.ask("ann", "group.add", conversation=made["conversation"], members=["dan"])
    assert (added["type"], added["not_added"]) == ("ack", ["dan"])
    assert notes(party, "dan") == full, "a refused join leaves nothing"
    assert party.ask("dan", "group.info", conversation=made["conversation"])["code"] == "not_found"
    assert party.ask("dan", "sync")["type"] == "sync"
    assert party.ask("dan", "group.create", title="Mine")["type"] == "ack"
    assert party.group("dan", "group.leave")["type"] == "ack"
    party.deployed.clock.advance(31 * 24 * HOUR)
    assert "not_added" not in party.group("ann", "group.add", members=["dan"])


def test_who_has_filled_their_own_notes_is_told(party: Party) -> None:
    fill(party, "dan", OWN_ROOM - 1)
    assert party.ask("dan", "group.create", title="Last")["type"] == "ack"
    there = len(party.deployed.items(keys.CONVERSATIONS))
    refused = party.ask("dan", "group.create", title="Too many", members=["bob"])
    assert (refused["code"], refused["retryable"]) == ("forbidden", False)
    assert "groups" in refused["message"]
    assert len(party.deployed.items(keys.CONVERSATIONS)) == there


def test_a_join_is_refused_by_the_one_write_that_would_have_noted_it(party: Party) -> None:
    fill(party, "dan", ROOM)
    party.group("ann", "group.add", members=["dan"])
    party.group("ann", "group.remove", member="dan")
    party.deployed.forget()
    assert party.group("ann", "group.add", members=["dan"])["not_added"] == ["dan"]
    assert [name for _, name in party.deployed.calls].count("UpdateItem") == 1
