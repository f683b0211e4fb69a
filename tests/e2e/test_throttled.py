"""A table that is too busy, and sockets that cannot be posted to: nothing acked is lost, nobody is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import YOUNG_MS, fail, follow, gather, publish, say, settle, tail
from tests.e2e.tables import registry

BUSY = "ProvisionedThroughputExceededException"


async def copied_pair(connect: Connect, user: Any) -> tuple[Phone, Phone, Phone]:
    """Alice's phone and laptop, both registered, and Bob: a message has two mailboxes, so it takes a batch write."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop):
        await device.ask("device.register")
    return alice, bob, laptop


def half(function: str, contains: str, **more: Any) -> dict[str, Any]:
    """A batch write leaves half undone."""
    return {"action": "unprocessed", "function": function, "contains": contains, "operation": "BatchWriteItem", **more}


async def crowd(connect: Connect, user: Any, count: int) -> tuple[Phone, list[Phone]]:
    """An author and followers."""
    author = await connect(user("author"))
    readers = await gather(*(connect(user(f"reader{number}")) for number in range(count)))
    await gather(*(follow(each, author) for each in readers))
    return author, readers


async def test_what_a_batch_leaves_undone_is_drained(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, laptop = await copied_pair(connect, user)
    await say(alice, bob, "first")
    unharmed = await say(alice, bob, "unharmed")
    (seen,) = await control.invocations("Send", contains=unharmed["client_id"])
    (index,) = [call["index"] for call in seen["calls"] if call["operation"] == "BatchWriteItem"]
    client_id = new_id()
    await control.misbehave(calls=[half("Send", client_id, call=index)])
    await say(alice, bob, "drained", client_id=client_id)
    (seen,) = await control.invocations("Send", contains=client_id)
    assert [call["operation"] for call in seen["calls"]].count("BatchWriteItem") == 2
    for reader in (bob, laptop):
        assert tail((await reader.mailbox())[0]) == ["first", "unharmed", "drained"]


@pytest.mark.parametrize("operation", ["PutItem", "BatchWriteItem", "BatchGetItem"])
async def test_a_busy_table_is_told_and_the_resend_finishes(
    operation: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, laptop = await copied_pair(connect, user)
    client_id = new_id()
    await control.misbehave(calls=[fail("Send", client_id, operation, BUSY)])
    answer = await alice.ask("send", client_id=client_id, to=bob.user, text="busy")
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", "unavailable", True), answer
    assert (await alice.insist("send", client_id=client_id, to=bob.user, text="busy"))["type"] == "ack"
    for reader in (bob, laptop):
        assert tail(once((await reader.mailbox())[0])) == ["busy"]


async def test_half_of_everything_for_a_while(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, laptop = await copied_pair(connect, user)
    await control.misbehave(
        seed=3,
        calls=[
            half("Send", alice.user, probability=0.5, times=None),
            fail("Send", alice.user, "PutItem", BUSY, times=None, probability=0.2),
            fail("Send", alice.user, "PutItem", "InternalServerError", times=None, probability=0.1, when="after"),
        ],
    )
    for number in range(10):
        answer = await alice.insist("send", client_id=f"h-{number}", to=bob.user, text=f"{number}")
        assert answer["type"] == "ack", answer
    await control.behave()
    for reader in (bob, laptop):
        assert tail(once((await reader.mailbox())[0])) == [f"{number}" for number in range(10)]


async def test_a_batch_stops_where_it_was_throttled(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """What is behind the failure is not attempted, so that the order survives the resend."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    ids = [new_id() for _ in range(4)]
    actions = [
        {"action": "send", "id": f"{n}", "client_id": each, "to": bob.user, "text": f"{n}"}
        for n, each in enumerate(ids)
    ]
    await say(alice, bob, "warm")
    # Calls of the batch: outbox and log of each message in turn, behind the read of the users.
    first = await alice.ask("batch", actions=actions[:1])
    (seen,) = await control.invocations("Send", contains=ids[0])
    log_of_first = [call["index"] for call in seen["calls"] if call["operation"] == "PutItem"][1]
    await control.misbehave(calls=[fail("Send", ids[1], "PutItem", BUSY, call=log_of_first)])
    answer = await alice.ask("batch", actions=actions[1:])
    assert [each.get("code") for each in answer["results"]] == ["unavailable", "not_attempted", "not_attempted"]
    again = await alice.ask("batch", actions=actions)
    positions = tail(again["results"], "position")
    assert positions[0] == first["results"][0]["position"]
    assert positions == sorted(positions)
    assert tail(once((await bob.mailbox())[0])) == ["warm", "0", "1", "2", "3"]


async def test_the_fan_out_yields_to_a_busy_table(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Back-pressure: the rest of the chunk goes back on its lane, nothing is dropped."""
    author, readers = await crowd(connect, user, 30)
    await settle(control)
    await control.misbehave(calls=[fail("Work", author.user, "BatchWriteItem", BUSY, times=2)])
    position = await publish(author, "pushed through")
    await settle(control)
    homes = await gather(*(each.home() for each in (author, *readers)))
    assert [tail(home) for home in homes] == [["pushed through"]] * 31
    attempts = await control.invocations("Work", contains=position, limit=20)
    assert not [each for each in attempts if each["error"]]
    put_off = ["SendMessageBatch" in [call["operation"] for call in each["calls"]] for each in attempts]
    assert put_off.count(True) == 2, "each time that it was busy, the rest went back on the lane"
    assert put_off[0] is False, "newest first: the last one wrote"


async def test_the_fan_out_drains_what_is_undone(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await crowd(connect, user, 12)
    await settle(control)
    await control.misbehave(seed=11, calls=[half("Work", author.user, probability=0.6, times=None)])
    await publish(author, "drop by drop")
    await settle(control)
    homes = await gather(*(each.home() for each in (author, *readers)))
    assert [tail(home) for home in homes] == [["drop by drop"]] * 13


@pytest.mark.parametrize("status", [410, 413, 429, 500, 0])
async def test_a_socket_that_cannot_be_posted_to(
    status: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The ack holds, sync repairs, and the registry forgets nobody: 410 is not believed of so young an entry."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    here = await registry(control, bob.user)
    if status == 500:
        await control.misbehave(calls=[fail("Send", alice.user, "PostToConnection", "InternalServerError", None)])
    else:
        await control.misbehave(posts=[{"status": status, "connection": here["phone"]}])
    await say(alice, bob, "not live")
    await control.behave()
    assert bob.messages() == []
    assert await registry(control, bob.user) == here
    assert tail((await bob.mailbox())[0]) == ["not live"]
    await say(alice, bob, "live again")
    await bob.until(bob.messages)
    assert tail(bob.messages()) == ["live again"]


@pytest.mark.parametrize("status", [410, 413, 429])
async def test_only_gone_means_gone(status: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """An old entry is forgotten by 410 alone, and put back by the device's own sync if it was there after all."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    here = await registry(control, bob.user)
    await control.advance(YOUNG_MS + 1_000)
    await control.misbehave(posts=[{"status": status}])
    await say(alice, bob, "not live")
    await control.behave()
    assert await registry(control, bob.user) == ({} if status == 410 else here)
    assert tail((await bob.mailbox())[0]) == ["not live"]
    assert await registry(control, bob.user) == here
    await say(alice, bob, "live again")
    await bob.until(bob.messages)


async def test_a_busy_registry_costs_the_live_frame_only(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, bob, "warm")
    client_id = new_id()
    # Behind the users, the other side's row, the outbox, the log and the mailbox, the sixth call is the registry's.
    await control.misbehave(calls=[fail("Send", client_id, "BatchGetItem", BUSY, call=6)])
    await say(alice, bob, "by sync", client_id=client_id)
    assert (await control.misbehave())["calls"][0]["times"] == 0, "it struck"
    assert tail(bob.messages()) == ["warm"]
    assert tail((await bob.mailbox())[0]) == ["warm", "by sync"]
