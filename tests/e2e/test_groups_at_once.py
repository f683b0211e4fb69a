"""Changes of groups that cross, come twice, or lose their worker: whole or not at all, once, the same for everybody."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.group_steps import LEAVES_MS, ask, do, found, members, paged, people, shown, synced, tell
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import SETTLE_MS, gather, settle
from tests.e2e.tables import items
from tests.e2e.test_kills import all_calls, calls, kill, points, struck
from tidings.storage import keys

DONE = {"group.add": "added", "group.remove": "removed"}


async def whole(control: AsyncControlClient, phone: Phone, group: str, changes: list[str]) -> None:
    """Members, count and log agree, and each member's own row says the same."""
    there = await members(phone, group)
    info = await phone.ask("group.info", conversation=group)
    assert info["members"] == len(there)
    assert list(there.values()).count("owner") == 1
    told: set[str] = set()
    for change in changes:
        what, *names = change.split()
        if what in ("created", "added"):
            assert not told & set(names), changes
            told |= set(names)
        elif what in ("removed", "left"):
            assert told >= set(names), changes
            told -= set(names)
    assert told == {user_id.partition("-")[2] for user_id in there}
    for user_id in there:
        (row,) = [
            item
            for item in await items(control, "Memberships", keys.MEMBERSHIPS.partition, user_id)
            if item[str(keys.MEMBERSHIPS.sort)]["S"] == group
        ]
        assert "left_at" not in row


async def test_adds_and_removes_at_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Two admins, frames late and out of order: whatever the outcome, it is one, and the log tells of it."""
    alice, bob, *others = await people(connect, user, "alice", "bob", "carol", "dave", "erin")
    group = await found(alice, bob)
    await do(alice, "group.role", conversation=group, member=bob.user, role="admin")
    await settle(control)
    await control.misbehave(seed=5, reorder=3, delay_ms=60, lose_reply=0.1)
    for phone in (alice, bob):
        phone.patience_s = 4.0

    async def change(phone: Phone, number: int) -> str:
        who = others[number % len(others)].user
        fields = {"members": [who]} if number % 2 else {"member": who}
        action = "group.add" if number % 2 else "group.remove"
        answer = await phone.insist(action, client_id=new_id(), conversation=group, **fields)
        return str(answer.get("code", "ack"))

    outcomes = await gather(*(change(phone, number) for phone in (alice, bob) for number in range(6)))
    assert set(outcomes) <= {"ack", "not_found"}, outcomes
    await control.behave()
    await settle(control)
    changes = await paged(alice, group)
    await whole(control, alice, group, changes)
    assert await synced(bob, group) == changes


async def test_joins_at_once_fill_a_group_to_its_last_place_only_once(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob)
    await do(alice, "group.role", conversation=group, member=bob.user, role="admin")
    await gather(*(do(phone, "group.add", conversation=group, members=[carol.user]) for phone in (alice, bob, alice)))
    await settle(control)
    changes = await paged(alice, group)
    assert changes.count("added carol") == 1
    await whole(control, alice, group, changes)


async def test_what_is_said_while_somebody_joins(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The add stands still before its transaction while others talk: the new member gets all that is after it."""
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, carol)
    await settle(control)
    name = new_id()
    rule = {"action": "pause", "function": "Send", "contains": name, "operation": "TransactWriteItems"}
    await control.misbehave(calls=[{**rule, "when": "before", "name": "paused"}])
    adding = await alice.put("group.add", client_id=name, conversation=group, members=[bob.user])
    await control.stopped(1)
    await tell(carol, group, "while")
    _, cursor = await bob.mailbox()
    await control.release("paused")
    assert (await alice.reply(adding))["type"] == "ack"
    await tell(carol, group, "after")
    await settle(control)
    events, _ = await bob.mailbox(cursor)
    assert shown(events, group) == ["added bob", "while", "after"]
    assert await paged(bob, group) == ["added bob", "while", "after"]


async def test_what_is_said_while_somebody_is_removed(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The removal stands still before its transaction: what is said meanwhile is still theirs, what is said once it
    holds is not."""
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob, carol)
    await settle(control)
    name = new_id()
    rule = {"action": "pause", "function": "Send", "contains": name, "operation": "TransactWriteItems"}
    await control.misbehave(calls=[{**rule, "when": "before", "name": "paused"}])
    removing = await alice.put("group.remove", client_id=name, conversation=group, member=bob.user)
    await control.stopped(1)
    await tell(carol, group, "while")
    await control.release("paused")
    assert (await alice.reply(removing))["type"] == "ack"
    await control.advance(LEAVES_MS)
    await tell(carol, group, "after")
    await settle(control)
    kept = ["created alice bob carol", "removed bob", "while"]
    assert await synced(bob, group) == await paged(bob, group) == kept
    assert shown(bob.events, group) == kept
    assert await paged(carol, group) == [*kept, "after"]


@pytest.mark.parametrize("later_ms", [0, SETTLE_MS + 1_000], ids=["resent-at-once", "resent-settled"])
@pytest.mark.parametrize("action", ["group.add", "group.remove"])
async def test_a_worker_dies_at_every_call(
    action: str, later_ms: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    fields = {"members": [carol.user]} if action == "group.add" else {"member": carol.user}
    before = (bob,) if action == "group.add" else (bob, carol)
    for unharmed in (new_id(), new_id()):  # the second time, the process knows who carol is
        group = await found(alice, *before)
        await do(alice, action, client_id=unharmed, conversation=group, **fields)
    made = await calls(control, "Send", unharmed)
    assert "TransactWriteItems" in made
    for call, when in points(made):
        group, client_id = await found(alice, *before), new_id()
        await settle(control)
        await control.misbehave(calls=[kill("Send", client_id, call, when)])
        await alice.put(action, client_id=client_id, conversation=group, **fields)
        await control.idle(60)
        assert await struck(control, "Send", client_id), (call, when)
        await settle(control)
        await whole(control, alice, group, await paged(alice, group))
        await control.advance(later_ms)
        answer = await alice.insist(action, client_id=client_id, conversation=group, **fields)
        assert answer["type"] == "ack", answer
        await settle(control)
        changes = await paged(alice, group)
        assert [each.split()[0] for each in changes] == ["created", DONE[action]]
        await whole(control, alice, group, changes)
        assert (carol.user in await members(alice, group)) is (action == "group.add")
        assert await synced(bob, group) == changes


@pytest.mark.parametrize("function", ["Plan", "Work"])
async def test_what_follows_is_done_although_workers_die(
    function: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob)
    await settle(control)
    answer = await do(alice, "group.add", conversation=group, members=[carol.user])
    await settle(control)
    made = await calls(control, function, answer["position"])
    assert made
    for call, when in points(made):
        group = await found(alice, bob)
        await settle(control)
        await control.misbehave(calls=[kill(function, group, call, when)])
        answer = await do(alice, "group.add", conversation=group, members=[carol.user])
        await settle(control)
        # The two jobs of the change come together, or one after the other: then nobody makes so many calls.
        alone = all(len(each) < call for each in await all_calls(control, function, answer["position"]))
        assert alone or await struck(control, function, answer["position"]), (call, when)
        await whole(control, alice, group, await paged(alice, group))
        assert await synced(carol, group) == ["added carol"]
        assert await synced(bob, group) == ["created alice bob", "added carol"]


async def test_everything_twice(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Each request twice at the same time, each record and each job twice."""
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    await control.misbehave(duplicate_records=1.0, duplicate_messages=1.0)
    requests: list[tuple[Phone, str, dict[str, Any]]] = [
        (alice, "group.add", {"members": [carol.user]}),
        (alice, "group.role", {"member": bob.user, "role": "owner"}),
        (bob, "group.update", {"title": "twice"}),
        (bob, "group.remove", {"member": carol.user}),
        (alice, "group.leave", {}),
    ]
    group = await found(alice, bob)
    for phone, action, fields in requests:
        name = new_id()
        answers = await gather(*(phone.insist(action, client_id=name, conversation=group, **fields) for _ in range(2)))
        assert [answer["type"] for answer in answers] == ["ack", "ack"], answers
        assert answers[0]["position"] == answers[1]["position"]
        again = await ask(phone, action, client_id=name, conversation=group, **fields)
        assert again["position"] == answers[0]["position"]
    await settle(control)
    changes = await paged(bob, group)
    assert changes == ["created alice bob", "added carol", "role bob", "updated", "removed carol", "left alice"]
    await whole(control, bob, group, changes)
    assert await synced(bob, group) == changes
