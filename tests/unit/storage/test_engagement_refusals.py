"""A like whose transaction is refused: read again, give the post more counters, or tell; counted once in the end."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.fakes import FakeWorld
from tests.unit.storage.scripted import ScriptedClient, refusal
from tests.unit.storage.test_graph_refusals import cancelled
from tidings.domain.engagement import SHARDS, Engaged, Engagement, shard_of
from tidings.domain.errors import RetryLater, Unavailable
from tidings.domain.posts import PostRef
from tidings.storage.calls import ATTEMPTS
from tidings.storage.engagements import CROWDED, EngagementStore

REF = PostRef("ann", "1")
BUSY = cancelled("TransactionConflict", "TransactionConflict")


class Table:
    """Answers every call: transactions by `refusals` as long as there are any, an update of the head by `growth`."""

    def __init__(self, refusals: list[Exception], growth: Exception | None = None) -> None:
        self.refusals, self.growth = refusals, growth
        self.client = ScriptedClient(self._answer)
        self.written: list[Any] = []
        self.head: dict[str, Any] = {}

    def _answer(self, request: dict[str, Any]) -> Any:
        if "RequestItems" in request:
            return {"Responses": {"Engagements": [self.head] if self.head else []}}
        if "TransactItems" in request:
            if self.refusals:
                raise self.refusals.pop(0)
            self.written.append(request["TransactItems"])
            return {}
        if self.growth is not None:
            raise self.growth
        self.head = {"owner": {"S": "ann/1#0"}, "item": {"S": "counts"}, "shards": {"N": str(SHARDS)}}
        return {}

    def like(self, user: str = "bob") -> Engaged:
        world = FakeWorld()
        store = EngagementStore(cast(Any, self.client), "Engagements", "Posts", world.clock, 1_000)
        at = f"{world.clock.now()}-aaaaaaaa-aaaaaaaa-00"
        return store.put(user, Engagement.LIKE, REF, at, world.fence(), on=True)

    @property
    def counted_in(self) -> list[str]:
        return [items[1]["Update"]["Key"]["owner"]["S"] for items in self.written]

    def calls(self, operation: str) -> int:
        return [name for name, _ in self.client.calls].count(operation)


@pytest.mark.parametrize("refused", range(CROWDED))
def test_who_meets_others_now_and_then_counts_in_the_one_counter(refused: int) -> None:
    table = Table([BUSY] * refused)
    assert table.like().on
    assert table.counted_in == ["ann/1#0"]
    assert table.calls("update_item") == 0


def test_who_meets_a_crowd_gives_the_post_more_counters() -> None:
    table = Table([BUSY] * CROWDED)
    for user in ("bob", "cid"):
        engaged = table.like(user)
        assert engaged.shard == shard_of(user, SHARDS)
    assert table.counted_in == [f"ann/1#{shard_of(user, SHARDS)}" for user in ("bob", "cid")]
    assert table.calls("update_item") == 1


def test_a_head_that_is_in_use_is_no_obstacle() -> None:
    table = Table([BUSY] * CROWDED, refusal("TransactionConflictException"))
    assert table.like().shard == 0
    assert table.counted_in == ["ann/1#0"]


def test_a_crowd_without_end_is_asked_to_come_later() -> None:
    table = Table([BUSY] * 100)
    with pytest.raises(RetryLater):
        table.like()
    assert table.calls("transact_write_items") == ATTEMPTS
    assert table.written == []


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_want_of_capacity_is_unavailable(code: str) -> None:
    table = Table([cancelled("None", code)])
    with pytest.raises(Unavailable):
        table.like()


def test_the_condition_is_what_was_read() -> None:
    table = Table([])
    table.like()
    [[register, count]] = table.written
    assert register["Put"]["ConditionExpression"] == "attribute_not_exists(#owner)"
    assert count["Update"]["UpdateExpression"] == "ADD #field :change"
