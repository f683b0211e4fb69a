"""A follow whose transaction is refused: read again, or tell; never half an edge, never past the fence."""

from __future__ import annotations

from typing import Any, cast
from zlib import crc32

import pytest

from tests.fakes import FakeWorld
from tests.unit.storage.scripted import ScriptedClient, refusal
from tidings.domain.edges import FULL
from tidings.domain.errors import RetryLater, TidingsError, Unavailable
from tidings.storage.calls import ATTEMPTS
from tidings.storage.graph import GraphStore

NOTHING: dict[str, Any] = {}


def cancelled(*codes: str) -> Exception:
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


def follow(client: ScriptedClient, world: FakeWorld | None = None) -> bool:
    """Whether it stands now."""
    world = world or FakeWorld()
    store = GraphStore(cast(Any, client), "Graph", world.clock, 1_000)
    standing = store.follow("bob", "ann", "5", world.fence())
    return standing is not None and standing.position == "5"


def edge_at(position: str) -> dict[str, Any]:
    return {"Item": {"edge": {"S": "follows#ann"}, "position": {"S": position}, "shard": {"N": "0"}}}


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict"])
def test_somebody_else_was_quicker(code: str) -> None:
    for theirs, stands in (("4", True), ("6", False)):
        client = ScriptedClient(NOTHING, NOTHING, cancelled(code, "None"), edge_at(theirs), NOTHING)
        assert follow(client) is stands
        transactions = [request for operation, request in client.calls if operation == "transact_write_items"]
        assert len(transactions) == (2 if stands else 1)
    condition = transactions[0]["TransactItems"][0]["Put"]["ConditionExpression"]
    assert condition == "attribute_not_exists(#owner)"


def test_a_crowd_is_asked_to_come_later() -> None:
    def busy(request: dict[str, Any]) -> Any:
        if "TransactItems" in request:
            raise cancelled("TransactionConflict", "None")
        return NOTHING

    client = ScriptedClient(busy)
    with pytest.raises(RetryLater):
        follow(client)
    assert [operation for operation, _ in client.calls].count("transact_write_items") == ATTEMPTS


@pytest.mark.parametrize("free", [True, False])
def test_a_crowd_gets_more_shards(free: bool) -> None:
    """The third try finds that many follow already; while the item is in use it stays as it is."""

    def answer(request: dict[str, Any]) -> Any:
        if "TransactItems" in request:
            if len([name for name, _ in client.calls if name == "transact_write_items"]) <= 2:
                raise cancelled("None", "None", "TransactionConflict", "None")
        elif request.get("UpdateExpression") == "SET #shards = :more" and not free:
            raise refusal("TransactionConflictException")
        elif request.get("Key", {}).get("edge") == {"S": " shards"}:
            return {"Item": {"followers": {"N": str(FULL // 10)}}}
        return NOTHING

    client = ScriptedClient(answer)
    assert follow(client)
    transactions = [request for operation, request in client.calls if operation == "transact_write_items"]
    chosen = [request["TransactItems"][0]["Put"]["Item"]["shard"] for request in transactions]
    assert chosen == [{"N": "0"}, {"N": "0"}, {"N": str(crc32(b"bob") % 4 if free else 0)}]
    grown = [request for operation, request in client.calls if operation == "update_item"]
    assert [request["ExpressionAttributeValues"][":more"] for request in grown] == [{"N": "4"}]


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_want_of_capacity_is_unavailable(code: str) -> None:
    with pytest.raises(Unavailable):
        follow(ScriptedClient(NOTHING, NOTHING, cancelled("None", code)))


def test_a_wrong_transaction_is_our_fault() -> None:
    with pytest.raises(ValueError, match="ValidationError") as caught:
        follow(ScriptedClient(NOTHING, NOTHING, cancelled("None", "ValidationError")))
    assert not isinstance(caught.value, TidingsError)


def test_the_fence_is_checked_before_each_try() -> None:
    world = FakeWorld()

    def slow(request: dict[str, Any]) -> Any:
        if "TransactItems" in request:
            world.clock.advance(world.times.fence // 2)
            raise cancelled("TransactionConflict", "None")
        return NOTHING

    client = ScriptedClient(slow)
    with pytest.raises(RetryLater):
        follow(client, world)
    assert [operation for operation, _ in client.calls].count("transact_write_items") == 2
