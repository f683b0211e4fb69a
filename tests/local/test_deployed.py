"""A small stack really deployed into ministack: read back, roles, and the pumps on real streams and queues."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
import pytest_asyncio
from botocore.exceptions import ClientError

from local.aws import REGION, client
from local.clock import Clock
from local.credentials import Roles, allows
from local.deploy import deploy
from local.deployment import Deployment
from local.errors import HostError
from local.ministack import Ministack
from local.misbehave import Misbehave
from local.pumps.all import Pumps
from local.pumps.delays import postpone
from local.template import adapt
from local.workers.results import CallRecord, Invocation, InvokeResult
from tests.local.pump_rig import BOOM, Function, failing
from tests.local.small_template import HANDLER, small_template

JWKS = "http://127.0.0.1:1/jwks"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def deployment() -> AsyncIterator[Deployment]:
    """The small stack in a ministack of its own."""
    ministack = Ministack()
    await ministack.start()
    try:
        adapted = adapt(small_template(), JWKS)
        yield await asyncio.to_thread(deploy, ministack.endpoint, adapted, {"some/secret": "x"})
    finally:
        await ministack.stop()


class Running:
    """The stack's pumps with a function of the test's."""

    def __init__(self, deployment: Deployment, function: Function) -> None:
        self.clock = Clock()
        self.pumps = Pumps(deployment, function, self.clock, Misbehave())

    async def __aenter__(self) -> Running:
        self.pumps.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pumps.stop()

    async def settle(self) -> None:
        """Work everything off, moving the clock to whatever waits."""
        await self.pumps.settle(close_windows=True)
        while (due := self.pumps.next_due()) is not None:
            self.clock.advance(max(0, due - self.clock.now_ms()) + 1)
            self.pumps.wake()
            await self.pumps.settle(close_windows=True)


@functools.cache
def aws(service: str, endpoint: str) -> Any:
    """One client a service."""
    return client(service, endpoint)


def put(deployment: Deployment, owner: str, item: str, **image: str) -> None:
    """Write an item, as somebody whom the host does not watch."""
    attributes = {name: {"S": value} for name, value in ({"owner": owner, "item": item} | image).items()}
    aws("dynamodb", deployment.aws_endpoint).put_item(TableName=deployment.tables["Things"].name, Item=attributes)


def send(deployment: Deployment, body: str, **more: Any) -> None:
    """Send a message, with the host's treatment of delays."""
    sqs = aws("sqs", deployment.aws_endpoint)
    params = {"QueueUrl": deployment.queues["Lane"].url, "MessageBody": body} | more
    sqs.send_message(**postpone("SendMessage", params, Clock().now_ms()))


async def test_everything_is_read_back(deployment: Deployment) -> None:
    echo = deployment.functions["Echo"]
    assert (echo.handler, echo.timeout_s, echo.memory_mb) == (HANDLER, 10.0, 512)
    assert echo.environment["TIDINGS_TABLE_THINGS"] == deployment.tables["Things"].name
    assert echo.environment["TIDINGS_JWKS_URL"] == JWKS
    assert {key: route.function for key, route in deployment.routes.items()} == dict.fromkeys(
        ("$connect", "$default", "send"), "Echo"
    )
    assert [key for key, route in deployment.routes.items() if route.route_response] == ["$default", "send"]
    assert deployment.routes["send"].throttle_rate == 50
    assert (deployment.default_throttle_rate, deployment.default_throttle_burst) == (500, 1000)
    assert deployment.authorizer is not None
    assert deployment.authorizer.function == "Gate"
    assert list(deployment.authorizer.identity_sources) == ["route.request.header.Sec-WebSocket-Protocol"]
    assert deployment.outputs["Url"].startswith(f"wss://{deployment.api_id}.execute-api.")
    assert (deployment.stage, deployment.route_selection) == ("dev", "$request.body.action")


async def test_mappings_and_sources_are_read_back(deployment: Deployment) -> None:
    stream = next(each for each in deployment.event_sources if each.kind == "stream")
    queue = next(each for each in deployment.event_sources if each.kind == "queue")
    assert (stream.batch_size, stream.window_s, stream.retry_attempts, stream.max_record_age_s) == (25, 3.0, 5, 3600)
    assert stream.bisect and stream.report_batch_item_failures
    assert stream.on_failure is not None and stream.on_failure.startswith("arn:aws:s3:::")
    assert stream.filters == ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"push": {"S": [{"exists": True}]}}}},)
    assert (queue.batch_size, queue.max_concurrency, queue.source) == (5, 7, deployment.queues["Lane"].arn)
    lane, things = deployment.queues["Lane"], deployment.tables["Things"]
    assert (lane.visibility_s, lane.max_receives, lane.redrive_to) == (60, 2, deployment.queues["Dead"].arn)
    assert (things.partition_key, things.sort_key, things.ttl_attribute) == ("owner", "item", "expires_at")
    told = client("dynamodb", deployment.aws_endpoint).describe_time_to_live(TableName=things.name)
    assert told["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


async def test_a_role_may_do_what_its_policy_says_and_no_more(deployment: Deployment) -> None:
    roles = Roles(deployment)
    await asyncio.to_thread(roles.assume)
    mine = {name.lower(): value for name, value in roles.environment["Echo"].items()}
    dynamodb = boto3.client("dynamodb", endpoint_url=deployment.aws_endpoint, region_name=REGION, **mine)  # type: ignore[call-overload]
    things, key = deployment.tables["Things"].name, {"owner": {"S": "roles"}, "item": {"S": "x"}}
    dynamodb.put_item(TableName=things, Item=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.get_item(TableName=things, Key=key)
    assert not roles.may_manage(mine["aws_access_key_id"], "POST", "@connections/abc")


def test_policies_are_read_as_iam_reads_them() -> None:
    allow = {
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": "arn:api/dev/POST/@connections/*",
    }
    assert allows([allow], "execute-api:ManageConnections", "arn:api/dev/POST/@connections/x=")
    assert not allows([allow], "execute-api:ManageConnections", "arn:api/dev/DELETE/@connections/x=")
    assert not allows(
        [allow | {"Effect": "Deny"}, allow], "execute-api:ManageConnections", "arn:api/dev/POST/@connections/x"
    )
    assert not allows([], "execute-api:ManageConnections", "arn:x")


async def test_writes_reach_the_function_once(deployment: Deployment) -> None:
    function = Function()
    async with Running(deployment, function) as running:
        for place in range(30):
            put(deployment, f"once{place % 7}", f"once{place:02d}", push="1")
        put(deployment, "once", "silent")
        await running.settle()
    items = [each for each in function.items if each.startswith(("once", "silent"))]
    assert sorted(items) == [f"once{place:02d}" for place in range(30)]


async def test_a_poison_record_ends_up_in_the_failure_bucket(deployment: Deployment) -> None:
    function = Function(failing("poison"))
    async with Running(deployment, function) as running:
        for name in ("before", "poison", "after"):
            put(deployment, "one-shard", name, push="1")
        await running.settle()
    assert {"before", "poison", "after"} <= set(function.items)
    assert function.items.count("poison") >= 6
    stream = next(each for each in deployment.event_sources if each.kind == "stream")
    assert stream.on_failure is not None
    s3, bucket = client("s3", deployment.aws_endpoint), stream.on_failure.removeprefix("arn:aws:s3:::")
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    notes = [json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in listed]
    payloads = [json.loads(note["payload"])["Records"] for note in notes]
    assert [[record["dynamodb"]["Keys"]["item"]["S"] for record in payload] for payload in payloads] == [["poison"]]
    assert notes[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"


async def test_a_message_that_always_fails_is_moved_to_the_dead_letters(deployment: Deployment) -> None:
    function = Function(lambda records: BOOM if "deadly" in str(records) else None)
    async with Running(deployment, function) as running:
        send(deployment, "deadly")
        await running.settle()
    assert function.items.count("deadly") == 2
    sqs = aws("sqs", deployment.aws_endpoint)
    found = sqs.receive_message(QueueUrl=deployment.queues["Dead"].url, WaitTimeSeconds=0)["Messages"]
    assert [each["Body"] for each in found] == ["deadly"]


async def test_a_delay_passes_with_the_hosts_clock(deployment: Deployment) -> None:
    function = Function()
    async with Running(deployment, function) as running:
        send(deployment, "delayed", DelaySeconds=600)
        await running.pumps.settle()
        assert "delayed" not in function.items
        await running.settle()
        assert running.clock.offset_ms > 590_000
    assert function.items.count("delayed") == 1


async def test_an_invocation_that_writes_wakes_the_right_pump(deployment: Deployment) -> None:
    function = Function()
    async with Running(deployment, function) as running:
        await running.settle()
        stream = next(pump for pump in running.pumps.pumps if pump.watches == deployment.tables["Things"].name)
        woken: list[str] = []
        stream.wake = lambda: woken.append(stream.name)  # type: ignore[method-assign]
        call = CallRecord(1, "dynamodb", "PutItem", (deployment.tables["Things"].name,), {})
        result = InvokeResult("r", calls=[call])
        running.pumps.invocation(Invocation("Echo", "send", "{}", result, 0, 512))
        assert woken == [stream.name]


async def test_a_template_that_cannot_be_deployed_says_why(deployment: Deployment) -> None:
    template = small_template()
    template["Resources"]["Odd"] = {"Type": "AWS::No::Such", "Properties": {}}
    with pytest.raises(HostError, match=r"ministack refused|failed") as refused:
        await asyncio.to_thread(deploy, deployment.aws_endpoint, adapt(template, JWKS), {})
    assert len(str(refused.value)) < 600
