"""The stream pump against AWS's rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.pumps.failures import EXHAUSTED, TOO_OLD
from local.workers.results import THROTTLED, FunctionError, InvokeResult
from tests.local.pump_rig import BOOM, REPORT, Rig, failing

ONE_OWNER = "ann"


def fill(rig: Rig, count: int, owner: str = ONE_OWNER) -> list[str]:
    """Write `count` items of one owner, hence in one shard."""
    names = [f"i{place:03d}" for place in range(count)]
    for name in names:
        rig.aws.write(owner, name)
    return names


async def test_records_arrive_once_in_order_from_the_beginning() -> None:
    rig = Rig("stream", batch_size=10)
    names = fill(rig, 25)
    async with rig:
        await rig.pump.quiet()
    assert rig.function.items == names
    assert max(rig.function.sizes) == 10
    assert rig.function.batches[0][0]["eventSourceARN"] == "arn:stream"


async def test_what_a_filter_drops_never_costs_an_invocation() -> None:
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"push": {"S": ["1"]}}}}
    rig = Rig("stream", filters=(pattern,))
    rig.aws.write("ann", "loud", push="1")
    rig.aws.write("ann", "silent")
    rig.aws.write("ann", "changed", event="MODIFY", push="1")
    async with rig:
        await rig.pump.quiet()
    assert rig.function.items == ["loud"]


async def test_a_window_gathers_until_it_passes_on_the_hosts_clock() -> None:
    rig = Rig("stream", window_s=30.0, batch_size=10)
    fill(rig, 3)
    async with rig:
        await rig.pump.quiet()
        assert rig.function.batches == []
        rig.aws.write(ONE_OWNER, "later")
        await rig.pump.quiet()
        await rig.skip()
        assert rig.function.sizes == [4]


async def test_a_full_batch_does_not_wait_for_its_window() -> None:
    rig = Rig("stream", window_s=30.0, batch_size=5)
    fill(rig, 5)
    async with rig:
        await rig.pump.quiet()
        assert rig.function.sizes == [5]


async def test_a_hurried_pump_closes_its_window() -> None:
    rig = Rig("stream", window_s=30.0)
    fill(rig, 2)
    async with rig:
        await rig.pump.quiet()
        rig.pump.hurry = True
        await rig.pump.quiet()
        assert rig.function.sizes == [2]


async def test_after_a_partial_failure_everything_from_the_lowest_failed_on_comes_again() -> None:
    rig = Rig("stream", **REPORT)
    names = fill(rig, 5)
    attempts = iter([failing(names[3], names[2])])

    def once(records: list[dict[str, Any]]) -> Any:
        answer = next(attempts, None)
        return answer(records) if answer else None

    rig.function.answer = once
    async with rig:
        await rig.skip_all()
    assert [len(batch) for batch in rig.function.batches] == [5, 3]
    assert rig.function.items[5:] == names[2:]


@pytest.mark.parametrize(
    "payload", [{"batchItemFailures": [{"itemIdentifier": "?"}]}, {"batchItemFailures": [{}]}, "x"]
)
async def test_an_answer_that_cannot_be_understood_fails_the_whole_batch(payload: Any) -> None:
    rig = Rig("stream", **REPORT)
    fill(rig, 2)
    answers = iter([payload])
    rig.function.answer = lambda records: next(answers, None)
    async with rig:
        await rig.skip_all()
    assert rig.function.sizes == [2, 2]


@pytest.mark.parametrize("place", [0, 7, 15])
async def test_bisecting_leaves_the_poison_record_alone_and_everything_else_done(place: int) -> None:
    rig = Rig("stream", bisect=True, retry_attempts=2, **REPORT)
    names = fill(rig, 16)
    rig.function.answer = failing(names[place])
    async with rig:
        await rig.skip_all()
    assert rig.destination.kept == [(EXHAUSTED, [names[place]])]
    assert rig.function.items.count(names[-1]) >= 1
    assert sum(batch == 1 for batch in rig.function.sizes) >= 3


async def test_bisecting_works_without_reports_too() -> None:
    rig = Rig("stream", bisect=True, retry_attempts=1)
    names = fill(rig, 8)
    rig.function.answer = lambda records: BOOM if any(names[5] in str(each) for each in records) else None
    async with rig:
        await rig.skip_all()
    assert rig.destination.kept == [(EXHAUSTED, [names[5]])]


async def test_without_bisect_the_whole_batch_is_given_up() -> None:
    rig = Rig("stream", retry_attempts=2, batch_size=4)
    names = fill(rig, 8)
    rig.function.answer = lambda records: BOOM if names[1] in str(records) else None
    async with rig:
        await rig.skip_all()
    assert rig.destination.kept == [(EXHAUSTED, names[:4])]
    assert rig.function.sizes == [4, 4, 4, 4]
    assert rig.function.items[-4:] == names[4:]


async def test_a_record_past_the_age_limit_is_given_up() -> None:
    rig = Rig("stream", max_record_age_s=60)
    fill(rig, 1)
    rig.function.answer = lambda records: BOOM
    async with rig:
        await rig.pump.quiet()
        rig.clock.advance(61_000)
        await rig.skip_all()
    assert rig.destination.kept == [(TOO_OLD, ["i000"])]


async def test_a_failing_shard_does_not_hold_up_another() -> None:
    rig = Rig("stream")
    for place in range(40):
        rig.aws.write(f"owner{place}", f"i{place}")
    rig.function.answer = lambda records: BOOM if any("'i0'" in str(each) for each in records) else None
    async with rig:
        await rig.pump.quiet()
        lanes = {record["dynamodb"]["Keys"]["owner"]["S"] for batch in rig.function.batches for record in batch}
        assert len(lanes) == 40
        assert rig.pump.next_due() is not None


async def test_parallelization_keeps_the_order_of_each_item() -> None:
    rig = Rig("stream", parallelization=4, batch_size=3)
    for turn in range(6):
        for name in ("a", "b", "c", "d", "e"):
            rig.aws.write(ONE_OWNER, name, event="MODIFY", turn=str(turn))

    async with rig:
        await rig.pump.quiet()
    seen: dict[str, list[str]] = {}
    for batch in rig.function.batches:
        for record in batch:
            change = record["dynamodb"]
            seen.setdefault(change["Keys"]["item"]["S"], []).append(change["NewImage"]["turn"]["S"])
    assert seen == {name: ["0", "1", "2", "3", "4", "5"] for name in "abcde"}


async def test_a_throttled_invocation_uses_up_no_attempt() -> None:
    rig = Rig("stream", retry_attempts=0)
    fill(rig, 1)
    answers = iter([InvokeResult("r", error=FunctionError(THROTTLED, "Rate Exceeded."))] * 3)
    rig.function.answer = lambda records: next(answers, None)
    async with rig:
        await rig.skip_all()
    assert rig.function.sizes == [1, 1, 1, 1]
    assert rig.destination.kept == []


async def test_records_can_be_made_to_arrive_twice() -> None:
    rig = Rig("stream")
    rig.misbehave.update({"duplicate_records": 1.0})
    names = fill(rig, 2)
    async with rig:
        await rig.pump.quiet()
    assert rig.function.items == names * 2


async def test_quiet_waits_for_what_a_function_writes_itself() -> None:
    rig = Rig("stream")
    rig.aws.write("ann", "first")

    def write_more(records: list[dict[str, Any]]) -> None:
        if len(rig.aws.records) < 5:
            rig.aws.write("ann", f"more{len(rig.aws.records)}")

    rig.function.answer = write_more
    async with rig:
        while True:
            before = rig.pump.progress
            await rig.pump.quiet()
            if rig.pump.progress == before:
                break
    assert rig.function.items == ["first", "more1", "more2", "more3", "more4"]


async def test_the_times_in_a_record_are_the_hosts() -> None:
    rig = Rig("stream")
    rig.clock.advance(3_600_000)
    rig.aws.write("ann", "a")
    rig.aws.records[0]["dynamodb"]["ApproximateCreationDateTime"] = 1_000
    async with rig:
        await rig.pump.quiet()
    assert rig.function.batches[0][0]["dynamodb"]["ApproximateCreationDateTime"] == 4_600


async def test_stopping_ends_a_pump_that_waits() -> None:
    rig = Rig("stream", window_s=300.0)
    fill(rig, 1)
    async with rig:
        await rig.pump.quiet()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
