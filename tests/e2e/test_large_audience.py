"""An audience over the small lane's size: planned in many chunks on the large lane, throttled, each home once."""

from __future__ import annotations

from typing import Any

import pytest

from local.aws import client
from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import new_id
from tidings.domain.fanout import SMALL_AUDIENCE
from tidings.storage import keys

FOLLOWERS = SMALL_AUDIENCE + 50
MOVES_MS = 3_600_000


@pytest.fixture
def dynamodb(host: dict[str, Any]) -> Any:
    """Root's client of the host's DynamoDB."""
    return client("dynamodb", host["aws"])


async def table(control: AsyncControlClient, name: str) -> str:
    """A deployed table's name."""
    return str((await control.state())["tables"][name])


def follow_directly(dynamodb: Any, graph: str, author: str, followers: list[str]) -> None:
    """The author's halves of the edges, straight into the table: a thousand `follow` frames would prove no more."""
    for start in range(0, len(followers), 25):
        puts = [
            {"PutRequest": {"Item": {"owner": {"S": keys.followers(author, 0)}, "edge": {"S": follower}}}}
            for follower in followers[start : start + 25]
        ]
        dynamodb.batch_write_item(RequestItems={graph: puts})


def homes(dynamodb: Any, timelines: str, position: str, followers: list[str]) -> set[str]:
    """The followers who have the post (its position is the key: twice is not possible)."""
    found = set()
    for start in range(0, len(followers), 100):
        wanted = [
            {"user_id": {"S": follower}, "position": {"S": position}} for follower in followers[start : start + 100]
        ]
        answer = dynamodb.batch_get_item(RequestItems={timelines: {"Keys": wanted}})
        found |= {item["user_id"]["S"] for item in answer["Responses"][timelines]}
    return found


async def test_every_follower_once_though_the_table_throttles(
    connect: Connect, control: AsyncControlClient, user: Any, dynamodb: Any
) -> None:
    author = await connect(user("author"))
    followers = [user(f"f{number:05d}") for number in range(FOLLOWERS)]
    follow_directly(dynamodb, await table(control, "Graph"), author.user, followers)
    throttle = {
        "action": "error",
        "function": "Work",
        "contains": author.user,
        "operation": "BatchWriteItem",
        "probability": 0.2,
        "times": None,
    }
    half = {**throttle, "action": "unprocessed"}
    await control.misbehave(calls=[throttle, half], duplicate_records=0.5, duplicate_messages=0.3)
    answer = await author.ask("post", client_id=new_id(), text="to everybody")
    await control.idle(90, close_windows=True, advance_ms=MOVES_MS)
    lanes = {call["resource"] for call in await control.calls() if call["service"] == "sqs"}
    assert "LargeLane" in lanes
    readers = [*followers, author.user]
    assert homes(dynamodb, await table(control, "Timelines"), answer["position"], readers) == set(readers)
