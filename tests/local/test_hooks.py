"""AWS calls of a worker: recorded, measured, and interrupted where a rule says so.  Against the AWS stand-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws import client
from local.clock import Clock
from local.credentials import Roles
from local.ministack import Ministack
from local.misbehave import Misbehave
from local.workers.invoker import Invoker
from tests.local import rigs

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
GRANTED = [f"dynamodb:{name}" for name in ("PutItem", "GetItem", "BatchWriteItem", "BatchGetItem")]
GRANTED += ["sqs:SendMessageBatch"]  # the stand-in's own idea; see local.template
NAMES = ("put", "put_at_once", "batch", "enqueue", "read_clock")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass
class Bench:
    """A running invoker, and root's own view of the table."""

    invoker: Invoker
    misbehave: Misbehave
    clock: Clock
    endpoint: str
    queue: str
    notes: rigs.Notes

    async def invoke(self, name: str, **event: Any) -> Any:
        return await self.invoker.invoke(f"stores_{name}", {"table": "things", "queue": self.queue, **event})

    def rule(self, **rule: Any) -> None:
        self.misbehave.update({"calls": [rule]})

    def there(self, prefix: str) -> list[str]:
        items = client("dynamodb", self.endpoint).scan(TableName="things")["Items"]
        return sorted(each["id"]["S"] for each in items if each["id"]["S"].startswith(prefix))


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    ministack = Ministack()
    await ministack.start()
    try:
        queue = await asyncio.to_thread(prepare, ministack.endpoint)
        specs = [rigs.function(f"stores.{name}", role_arn="arn:aws:iam::000000000000:role/things") for name in NAMES]
        deployed = rigs.deployment(*specs, aws_endpoint=ministack.endpoint)
        roles = Roles(deployed)
        await asyncio.to_thread(roles.assume)
        notes, misbehave, clock = rigs.Notes(), Misbehave(), Clock()
        folder: Path = tmp_path_factory.mktemp("hooks")
        settings = rigs.settings(deployed, folder, credentials=roles.environment)
        invoker = Invoker(deployed, settings, clock, misbehave, [notes])
        await invoker.start()
        yield Bench(invoker, misbehave, clock, ministack.endpoint, queue, notes)
        await invoker.stop()
    finally:
        await ministack.stop()


def prepare(endpoint: str) -> str:
    iam = client("iam", endpoint)
    iam.create_role(RoleName="things", AssumeRolePolicyDocument=document(TRUST))
    allowed = {"Effect": "Allow", "Action": GRANTED, "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:*:*:table/secrets"}
    iam.put_role_policy(RoleName="things", PolicyName="p", PolicyDocument=document(allowed, denied))
    for name in ("things", "secrets"):
        client("dynamodb", endpoint).create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
    url: str = client("sqs", endpoint).create_queue(QueueName="lane")["QueueUrl"]
    return url


@pytest.fixture(autouse=True)
def fair_weather(bench: Bench) -> Iterator[None]:
    yield
    bench.misbehave.reset()


async def test_calls_are_recorded_with_resources_and_units(bench: Bench) -> None:
    result = await bench.invoke("put", ids=["rec-1", "rec-2"])
    assert result.error is None and result.payload == []
    assert [(call.index, call.service, call.operation, call.resources) for call in result.calls] == [
        (1, "dynamodb", "PutItem", ("things",)),
        (2, "dynamodb", "PutItem", ("things",)),
    ]
    assert [call.units for call in result.calls] == [{"write": 1.0}] * 2
    assert bench.notes.invocations[-1].result is result and result.cpu_ms > 0
    assert (await bench.invoke("put", ids=["rec-3"])).calls[0].index == 1, "each invocation counts for itself"


async def test_calls_from_threads_are_all_recorded(bench: Bench) -> None:
    result = await bench.invoke("put_at_once", ids=[f"threads-{n}" for n in range(12)])
    assert sorted(call.index for call in result.calls) == list(range(1, 13))


async def test_what_the_role_may_not_is_denied_and_recorded(bench: Bench) -> None:
    result = await bench.invoke("put", table="secrets", ids=["x"])
    assert result.payload == ["AccessDeniedException"]
    assert result.calls[0].error == "AccessDeniedException" and result.calls[0].resources == ("secrets",)


@pytest.mark.parametrize(
    ("when", "there"), [("before", ["kill-before-1"]), ("after", ["kill-after-1", "kill-after-2"])]
)
async def test_a_worker_dies_at_the_chosen_call(bench: Bench, when: str, there: list[str]) -> None:
    ids = [f"kill-{when}-{n}" for n in (1, 2, 3)]
    bench.rule(action="kill", function="stores_put", contains=f"kill-{when}", call=2, when=when)
    assert (await bench.invoke("put", ids=["other"])).error is None, "another event"
    dead = await bench.invoke("put", ids=ids)
    assert dead.error and dead.error.kind == "Runtime.ExitError"
    assert bench.there(f"kill-{when}") == there
    again = await bench.invoke("put", ids=ids)
    assert again.error is None and again.pid != dead.pid, "the rule is used up"
    assert bench.there(f"kill-{when}") == ids


async def test_a_rule_that_meets_no_such_call_is_kept_for_the_next(bench: Bench) -> None:
    bench.rule(action="error", operation="BatchWriteItem", times=1)
    assert (await bench.invoke("put", ids=["kept"])).payload == []
    assert bench.misbehave.switches.calls[0].times == 1
    assert (await bench.invoke("batch", ids=["kept"])).failed
    assert bench.misbehave.switches.calls[0].times == 0
    assert not (await bench.invoke("batch", ids=["kept"])).failed


async def test_errors_before_and_after_the_call(bench: Bench) -> None:
    bench.rule(action="error", operation="PutItem", call=1, times=1)
    result = await bench.invoke("put", ids=["err-1", "err-2"])
    assert result.payload == ["ProvisionedThroughputExceededException"]
    assert [(call.error, call.injected) for call in result.calls] == [
        ("ProvisionedThroughputExceededException", True),
        (None, False),
    ]
    assert bench.there("err-") == ["err-2"]
    bench.rule(action="error", call=1, when="after", code="InternalServerError")
    assert (await bench.invoke("put", ids=["late-1"])).payload == ["InternalServerError"]
    assert bench.there("late-") == ["late-1"], "the call was made all the same"


async def test_half_a_batch_is_left_undone(bench: Bench) -> None:
    ids = [f"batch-{n}" for n in range(5)]
    bench.rule(action="unprocessed", operation="BatchWriteItem")
    result = await bench.invoke("batch", ids=ids)
    assert result.payload == {"unwritten": ids[2:], "unread": [], "read": ids[:2]}
    assert bench.there("batch-") == ids[:2]
    bench.rule(action="unprocessed", operation="BatchGetItem")
    assert (await bench.invoke("batch", ids=ids)).payload == {"unwritten": [], "unread": ids[2:], "read": ids[:2]}
    bench.rule(action="unprocessed", operation="BatchWriteItem")
    alone = await bench.invoke("batch", ids=["alone"])
    assert alone.error and "ProvisionedThroughputExceeded" in alone.error.kind, "of one, AWS refuses the call"
    bench.rule(action="unprocessed", operation="SendMessageBatch")
    queued = await bench.invoke("enqueue", bodies=["a", "b", "c", "d"])
    assert queued.error is None, queued.error.message
    assert queued.payload == ["2", "3"]


async def test_a_paused_worker_waits_and_goes_on_with_the_clock_as_it_is_then(bench: Bench) -> None:
    bench.rule(action="pause", function="stores_read_clock", call=1, when="before", name="here")
    running = asyncio.create_task(bench.invoke("read_clock"))
    while not bench.invoker.waiting():
        await asyncio.sleep(0.002)
    assert bench.invoker.waiting() == [{"rule": "here", "call": 1}]
    assert (bench.invoker.under_way, bench.invoker.stopped) == (0, 1)
    bench.clock.advance(60_000)
    assert bench.invoker.release("elsewhere") == 0 and bench.invoker.release("here") == 1
    before, after, nanoseconds = (await running).payload
    assert 60 <= after - before < 90 and abs(nanoseconds - after) < 1
    assert bench.invoker.stopped == 0


async def test_a_shifted_clock_leaves_signatures_alone(bench: Bench) -> None:
    bench.clock.advance(3 * 86_400_000)
    result = await bench.invoke("read_clock")
    assert result.error is None and result.calls[0].error is None
    assert abs(result.payload[0] - bench.clock.now_s()) < 5
