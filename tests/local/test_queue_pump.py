"""The queue pump against AWS's rules."""

from __future__ import annotations

import asyncio
from typing import Any

from local.pumps.delays import ATTRIBUTE, postpone
from local.pumps.queue import QueuePump
from local.workers.results import InvokeResult
from tests.local.pump_rig import BOOM, REPORT, Rig, failing


async def test_messages_are_delivered_and_deleted() -> None:
    rig = Rig("queue", batch_size=3)
    for place in range(7):
        rig.aws.send(f"m{place}")
    async with rig:
        await rig.pump.quiet()
    assert sorted(rig.function.items) == [f"m{place}" for place in range(7)]
    assert max(rig.function.sizes) <= 3
    assert rig.aws.messages == []
    record = rig.function.batches[0][0]
    assert record["eventSource"] == "aws:sqs" and record["attributes"]["ApproximateReceiveCount"] == "1"


async def test_only_the_failed_come_again_after_the_visibility_timeout() -> None:
    rig = Rig("queue", batch_size=5, **REPORT)
    for place in range(3):
        rig.aws.send(f"m{place}")
    rig.function.answer = failing("m1")
    async with rig:
        await rig.pump.quiet()
        assert sorted(rig.aws.deleted) == ["m0", "m2"]
        due = rig.pump.next_due()
        assert due is not None and 59_000 < due - rig.clock.now_ms() <= 60_000
        rig.function.answer = failing()
        await rig.skip()
    assert rig.function.items[3:] == ["m1"]
    assert rig.function.batches[-1][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert rig.aws.messages == []


async def test_a_failed_invocation_fails_the_batch() -> None:
    rig = Rig("queue", batch_size=2)
    rig.aws.send("a")
    rig.aws.send("b")
    rig.function.answer = lambda records: BOOM
    async with rig:
        await rig.pump.quiet()
        assert rig.aws.deleted == []
        rig.function.answer = lambda records: None
        await rig.skip_all()
    assert sorted(rig.aws.deleted) == ["a", "b"]


async def test_a_delayed_message_waits_for_the_hosts_clock() -> None:
    rig = Rig("queue")
    sent = postpone("SendMessage", {"QueueUrl": "q", "MessageBody": "late", "DelaySeconds": 30}, rig.clock.now_ms())
    assert "DelaySeconds" not in sent
    rig.aws.send(sent["MessageBody"], sent["MessageAttributes"])
    async with rig:
        await rig.pump.quiet()
        assert rig.function.items == []
        rig.clock.advance(29_000)
        await rig.pump.quiet()
        assert rig.function.items == []
        await rig.skip()
        assert rig.function.items == ["late"]
    record = rig.function.batches[0][0]
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"] == {}


def test_each_entry_of_a_batch_keeps_its_own_delay() -> None:
    entries: list[dict[str, Any]] = [
        {"Id": "1", "MessageBody": "a"},
        {"Id": "2", "MessageBody": "b", "DelaySeconds": 5},
    ]
    sent = postpone("SendMessageBatch", {"QueueUrl": "q", "Entries": entries}, 1_000)["Entries"]
    assert "MessageAttributes" not in sent[0]
    assert sent[1]["MessageAttributes"][ATTRIBUTE]["StringValue"] == "6000"
    assert entries[1]["DelaySeconds"] == 5


async def test_no_more_batches_run_at_once_than_the_mapping_allows() -> None:
    rig = Rig("queue", batch_size=1, max_concurrency=3)
    for place in range(12):
        rig.aws.send(f"m{place}")
    running = most = 0

    async def slowly(function: str, operation: str, event: dict[str, Any]) -> InvokeResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1
        return InvokeResult("r")

    async with rig:
        assert isinstance(rig.pump, QueuePump)
        rig.pump._invoke = slowly
        await rig.pump.quiet()
    assert most == 3
    assert len(rig.aws.deleted) == 12


async def test_messages_can_be_made_to_arrive_twice() -> None:
    rig = Rig("queue")
    rig.misbehave.update({"duplicate_messages": 1.0})
    rig.aws.send("a")
    async with rig:
        await rig.pump.quiet()
    assert rig.function.items == ["a", "a"]
    assert rig.aws.messages == []


async def test_a_window_gathers_messages() -> None:
    rig = Rig("queue", batch_size=10, window_s=20.0)
    rig.aws.send("a")
    async with rig:
        await rig.pump.quiet()
        rig.aws.send("b")
        await rig.pump.quiet()
        assert rig.function.batches == []
        await rig.skip()
        assert rig.function.sizes == [2]
