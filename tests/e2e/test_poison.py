"""A record or job that always fails: it blocks nobody for good, and is kept with all that is needed to repair it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import ROOT, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import conversation, fail, follow, gather, notification, publish, pushes, say, settle, tail
from tests.e2e.tables import given_up, put, queue

REFUSED = "ValidationException"


async def reading(connect: Connect, control: AsyncControlClient, user: Any) -> tuple[Phone, Phone]:
    """An author and a follower, with nothing left to do."""
    author, reader = await connect(user("author")), await connect(user("reader"))
    await follow(reader, author)
    await settle(control)
    return author, reader


def text(value: str) -> dict[str, str]:
    return {"S": value}


async def dead_letters(control: AsyncControlClient, contains: str) -> list[str]:
    """Bodies in the small lane's dead-letter queue that hold a text; they stay there."""
    sqs, url = await queue(control, "SmallDeadLetters")
    answer = await asyncio.to_thread(
        sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
    )
    return [each["Body"] for each in answer.get("Messages", ()) if contains in each["Body"]]


async def redrive(host: dict[str, Any]) -> str:
    """`tidings ops redrive` against the host; what it printed."""
    command = [sys.executable, "-m", "client", "ops", "redrive", "--control", host["control"]]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode in (0, 2), out.decode()
    return out.decode()


async def test_an_unreadable_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """An item that the planner cannot read: posts around it arrive, and it ends in the failure bucket, whole."""
    author, reader = await reading(connect, control, user)
    first = await publish(author, "before")
    poison = first[:-2] + "50"
    item = {"author_id": text(author.user), "position": text(poison), "client_id": text("x"), "text": text("broken")}
    await put(control, "Posts", item)
    await gather(*(publish(author, f"behind {number}") for number in range(3)))
    await settle(control)
    assert sorted(tail(await reader.home())) == ["before", "behind 0", "behind 1", "behind 2"]
    (note,) = await given_up(control, poison)
    (record,) = json.loads(note["payload"])["Records"]
    assert record["dynamodb"]["NewImage"] == item
    assert note["requestContext"]["condition"] == "RetryAttemptsExhausted"


async def test_a_post_whose_planning_always_fails(
    host: dict[str, Any], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The same with a good post and a broken planner; once that is mended, `tidings ops redrive` brings it back."""
    author, reader = await reading(connect, control, user)
    other = await connect(user("other"))
    await follow(reader, other)
    await settle(control)
    await control.misbehave(calls=[fail("Plan", author.user, "Query", REFUSED, times=None)])
    lost = await publish(author, "lost for now")
    await publish(other, "not held up")
    await settle(control)
    assert tail(await reader.home()) == ["not held up"]
    (note,) = await given_up(control, lost)
    assert lost in note["payload"]
    await control.behave()
    assert "1 records planned anew" in await redrive(host)
    await settle(control)
    assert tail(await reader.home()) == ["not held up", "lost for now"]
    assert await given_up(control, lost) == []


async def test_an_unreadable_mailbox_item(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The push function cannot read one: the phone still sounds for what is behind it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    token = f"token-{new_id()}"
    await bob.ask("device.register", platform="fcm", push_token=token)
    await bob.close()
    sent = await say(alice, bob, "before")
    poison = sent["position"][:-2] + "50"
    await put(control, "Mailboxes", {"user_id": text(bob.user), "arrival": text(poison), "push": text("1")})
    await say(alice, bob, "behind")
    await settle(control)
    bodies = [notification(each)["notification"]["body"] for each in await pushes(control, token)]
    assert "behind" in bodies and len(bodies) <= 2, bodies
    (note,) = await given_up(control, poison)
    (record,) = json.loads(note["payload"])["Records"]
    assert record["dynamodb"]["Keys"]["arrival"] == text(poison)


async def test_a_job_that_nobody_can_do(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Three kinds of poison on the lane, and a post behind them."""
    author, reader = await reading(connect, control, user)
    sqs, url = await queue(control, "SmallLane")
    mark = new_id()
    bodies = [f"no JSON {mark}", json.dumps({"v": 99, "kind": mark}), json.dumps({"v": 1, "kind": "plan", "of": mark})]
    for body in bodies:
        await asyncio.to_thread(sqs.send_message, QueueUrl=url, MessageBody=body)
    await publish(author, "behind")
    await settle(control)
    assert tail(await reader.home()) == ["behind"]
    assert sorted(await dead_letters(control, mark)) == sorted(bodies)
    await asyncio.to_thread(sqs.purge_queue, QueueUrl=(await queue(control, "SmallDeadLetters"))[1])


async def test_a_chunk_that_always_fails_is_redriven(
    host: dict[str, Any], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader = await reading(connect, control, user)
    await control.misbehave(calls=[fail("Work", author.user, "BatchWriteItem", REFUSED, times=None)])
    position = await publish(author, "stuck")
    await settle(control)
    assert await reader.home() == []
    bodies = await dead_letters(control, position)
    assert {json.loads(body)["kind"] for body in bodies} == {"post", "index"}
    assert not any("stuck" in body for body in bodies), "jobs carry ids, never contents"
    await control.behave()
    assert "small lane: 2 jobs put back" in await redrive(host)
    await settle(control)
    assert tail(await reader.home()) == tail(await author.home()) == ["stuck"]
    assert await dead_letters(control, position) == []


async def test_a_push_that_always_fails_blocks_no_other_conversation(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """SNS refuses whatever concerns Bob; Carol's phone, on the same stream, sounds."""
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    tokens = {}
    for phone in (bob, carol):
        tokens[phone.user] = f"token-{new_id()}"
        await phone.ask("device.register", platform="fcm", push_token=tokens[phone.user])
        await phone.close()
    await control.misbehave(calls=[fail("Push", bob.user, "Publish", "InternalError", times=None)])
    await say(alice, bob, "silent")
    await say(alice, carol, "heard")
    await settle(control)
    assert len(await pushes(control, tokens[carol.user])) == 1
    assert await pushes(control, tokens[bob.user]) == []
    assert await given_up(control, conversation(alice, bob)), "and kept, with its payload"
