"""`Graph`, the items `reader#rate`: how often people read their home, roughly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tidings.domain.authors import ReadRate
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import edges, keys, readers
from tidings.storage.attributes import number, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RateStore:
    """The rates in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def put(self, reader: str, rate: ReadRate, fence: Fence) -> None:
        """Put it, whatever stood."""
        item = {**edges.key(reader, keys.EDGE_RATE), "reads": number(rate.reads), "since": number(rate.since)}
        fence.check()
        with answered():
            self._client.put_item(TableName=self._table, Item=item)

    def get(self, readers_: Iterable[str]) -> dict[str, ReadRate]:
        """Those that are known (eventually consistent, in batches)."""
        wanted = [edges.key(each, keys.EDGE_RATE) for each in dict.fromkeys(readers_)]
        found = get_all(self._client, self._table, wanted, self._clock)
        return {text_of(item, "owner"): readers.rate(item) for item in found}
