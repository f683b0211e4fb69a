"""Batches: what comes back unprocessed is sent again, under the fence, and never dropped."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.fakes import FakeWorld
from tests.unit.storage.scripted import ScriptedClient, refusal
from tidings.domain.errors import RetryLater, Unavailable
from tidings.storage.attributes import string
from tidings.storage.batches import READS, WRITES, get_all, put, write_all
from tidings.storage.calls import ATTEMPTS

TABLE = "T"
REQUESTS = [put({"id": string(f"{n:03d}")}) for n in range(60)]
KEYS = [{"id": string(f"{n:03d}")} for n in range(230)]
DONE: dict[str, Any] = {"UnprocessedItems": {}}


def accept(count: int) -> Any:
    """Take the first `count` requests of a call and hand the rest back."""
    return lambda request: {
        "UnprocessedItems": {TABLE: rest} if (rest := request["RequestItems"][TABLE][count:]) else {}
    }


def written(client: ScriptedClient) -> list[int]:
    """How many requests each call carried."""
    return [len(request["RequestItems"][TABLE]) for _, request in client.calls]


def write(client: ScriptedClient, world: FakeWorld, stamp: int | None = None, requests: Any = REQUESTS) -> None:
    write_all(cast(Any, client), TABLE, requests, world.fence(stamp), world.clock)


def test_writes_go_in_batches_of_25() -> None:
    client = ScriptedClient(DONE)
    write(client, FakeWorld())
    assert written(client) == [25, 25, 10]
    sent = [each for _, request in client.calls for each in request["RequestItems"][TABLE]]
    assert sent == REQUESTS
    assert WRITES == 25


def test_what_is_left_is_sent_again_after_a_pause() -> None:
    world, client = FakeWorld(), ScriptedClient(accept(10), accept(10), accept(5), DONE)
    before = world.clock.now()
    write(client, world, requests=REQUESTS[:30])
    assert written(client) == [25, 15, 5, 5]
    assert world.clock.now() > before
    assert client.calls[1][1]["RequestItems"][TABLE] == REQUESTS[10:25]


def test_a_table_that_stays_busy_is_told() -> None:
    client = ScriptedClient(accept(0))
    with pytest.raises(Unavailable):
        write(client, FakeWorld())
    assert len(client.calls) == ATTEMPTS


def test_the_fence_is_checked_before_each_drain() -> None:
    world = FakeWorld()

    def slow(request: dict[str, Any]) -> Any:
        world.clock.advance(world.times.fence // 2)
        return accept(1)(request)

    client = ScriptedClient(slow)
    with pytest.raises(RetryLater):
        write(client, world)
    assert len(client.calls) == 2, "a third call would begin after the fence"


def test_a_passed_fence_makes_no_call() -> None:
    world, client = FakeWorld(), ScriptedClient(DONE)
    with pytest.raises(RetryLater):
        write(client, world, stamp=world.clock.now() - world.times.fence - 1)
    assert client.calls == []


def test_throttling_of_a_whole_batch_is_told() -> None:
    client = ScriptedClient(DONE, refusal("ProvisionedThroughputExceededException"))
    with pytest.raises(Unavailable):
        write(client, FakeWorld())
    assert written(client) == [25, 25]


def test_the_waits_of_all_attempts_fit_within_the_fence() -> None:
    world, client = FakeWorld(), ScriptedClient(accept(0))
    start = world.clock.now()
    with pytest.raises(Unavailable):
        write(client, world, requests=REQUESTS[:1])
    assert world.clock.now() - start < world.times.fence


def found(*numbers: int, left: Any = None) -> Any:
    return {"Responses": {TABLE: [KEYS[n] for n in numbers]}, "UnprocessedKeys": left or {}}


def test_reads_go_in_batches_of_100_and_keep_their_consistency() -> None:
    client = ScriptedClient(found(1), found(150), found())
    items = get_all(cast(Any, client), TABLE, KEYS, FakeWorld().clock, strong=True)
    assert items == [KEYS[1], KEYS[150]]
    asked = [request["RequestItems"][TABLE] for _, request in client.calls]
    assert [len(each["Keys"]) for each in asked] == [READS, READS, 30]
    assert all(each["ConsistentRead"] for each in asked)


def test_keys_that_were_not_read_are_read_again() -> None:
    left = {TABLE: {"Keys": KEYS[2:3], "ConsistentRead": True}}
    client = ScriptedClient(found(1, left=left), found(2))
    assert get_all(cast(Any, client), TABLE, KEYS[:3], FakeWorld().clock, strong=True) == [KEYS[1], KEYS[2]]
    assert client.calls[1][1]["RequestItems"] == left


def test_reads_of_a_table_that_stays_busy_are_told() -> None:
    client = ScriptedClient(found(left={TABLE: {"Keys": KEYS[:1]}}))
    with pytest.raises(Unavailable):
        get_all(cast(Any, client), TABLE, KEYS[:1], FakeWorld().clock)
    assert len(client.calls) == ATTEMPTS


def test_nothing_to_do_calls_nobody() -> None:
    client = ScriptedClient(DONE)
    write(client, FakeWorld(), requests=[])
    assert get_all(cast(Any, client), TABLE, [], FakeWorld().clock) == []
    assert client.calls == []
