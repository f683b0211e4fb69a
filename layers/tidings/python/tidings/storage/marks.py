"""`Graph`, the items `reader#pulled`: which authors a reader's home pulls, one attribute a mark.

    p#<author>#<start>    when the pull that began then ends; 0: open
    open                  how many are open

Every write is an update of one mark, on condition that the mark is as it has to be before, so the count is exact
however often and in whatever order writes come.  What no reader can need any more is taken out on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidings.domain.authors import OPEN, PulledAuthor
from tidings.domain.errors import RetryLater
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import edges, keys, readers
from tidings.storage.attributes import Item, Value, names, number
from tidings.storage.calls import ATTEMPTS, ConditionFailed, answered, wait_ms

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRUNED: Final = 50
"""Marks taken out at a time."""
LATEST_REPLAY_MS: Final = 30 * 86_400_000
"""A job that waited in a dead-letter queue may be put back so late: until then an end is kept, so that it stays one."""


class MarkStore:
    """The marks in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept = max(retention_ms, LATEST_REPLAY_MS)

    def open(self, reader: str, author: str, start: int, most: int, fence: Fence) -> bool:
        """Open a mark unless it is there, or there are `most` open ones."""
        name = keys.mark(author, start)
        try:
            item = self._update(
                reader,
                "SET #mark = :open ADD #open :one",
                "attribute_not_exists(#mark) AND (attribute_not_exists(#open) OR #open < :most)",
                {"#mark": name, **names("open")},
                {":open": number(OPEN), ":one": number(1), ":most": number(most)},
                fence,
            )
        except ConditionFailed as refused:
            return name in refused.item
        self._prune(reader, item, fence)
        return True

    def close(self, reader: str, author: str, start: int, until: int, fence: Fence) -> None:
        """End a mark that is open, or put an ended one where there is none."""
        mark = {"#mark": keys.mark(author, start)}
        end = {":until": number(until)}
        try:
            item = self._update(
                reader,
                "SET #mark = :until ADD #open :less",
                "#mark = :open",
                {**mark, **names("open")},
                {**end, ":open": number(OPEN), ":less": number(-1)},
                fence,
            )
        except ConditionFailed as refused:
            if mark["#mark"] in refused.item:
                return
        else:
            self._prune(reader, item, fence)
            return
        try:
            self._update(reader, "SET #mark = :until", "attribute_not_exists(#mark)", mark, end, fence)
        except ConditionFailed:
            # Opened just now, or ended: the same again finds out which.
            self.close(reader, author, start, until, fence)

    def of(self, reader: str, author: str) -> list[PulledAuthor]:
        """Those of one author (strongly read: 1 unit)."""
        return self._marks(reader, author, strong=True)

    def drop(self, reader: str, author: str, fence: Fence) -> None:
        """Take the author's marks out, whatever they are (eventually consistent: whoever drops does so twice)."""
        for attempt in range(ATTEMPTS):
            mine = self._marks(reader, author, strong=attempt > 0)
            if not mine:
                return
            attributes = {f"#a{n}": keys.mark(author, each.start) for n, each in enumerate(mine)}
            less = -sum(each.open for each in mine)
            try:
                self._update(
                    reader,
                    f"REMOVE {', '.join(attributes)} ADD #open :less",
                    " AND ".join(f"#a{n} = :v{n}" for n in range(len(mine))),
                    {**attributes, **names("open")},
                    {":less": number(less)} | {f":v{n}": number(each.until) for n, each in enumerate(mine)},
                    fence,
                )
            except ConditionFailed:
                self._clock.sleep(wait_ms(attempt))
                continue
            return
        raise RetryLater("Too many changes to these marks at once.")

    def _marks(self, reader: str, author: str, *, strong: bool) -> list[PulledAuthor]:
        with answered():
            answer = self._client.get_item(TableName=self._table, Key=_key(reader), ConsistentRead=strong)
        return [each for each in readers.pulled(answer.get("Item", {})) if each.author == author]

    def _update(
        self,
        reader: str,
        expression: str,
        condition: str,
        attributes: dict[str, str],
        values: dict[str, Value],
        fence: Fence,
    ) -> Item:
        """The item after it; `ConditionFailed` with the one that stands."""
        fence.check()
        with answered():
            return self._client.update_item(
                TableName=self._table,
                Key=_key(reader),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=attributes,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]

    def _prune(self, reader: str, item: Item, fence: Fence) -> None:
        """Take out what ended before anything that a reader, or a late job, can ask for: such a mark never changes."""
        before = self._clock.now() - self._kept
        gone = [each for each in readers.pulled(item) if not each.open and each.until < before][:PRUNED]
        if not gone or fence.expired():
            return
        with answered():
            self._client.update_item(
                TableName=self._table,
                Key=_key(reader),
                UpdateExpression="REMOVE " + ", ".join(f"#a{n}" for n in range(len(gone))),
                ExpressionAttributeNames={f"#a{n}": keys.mark(each.author, each.start) for n, each in enumerate(gone)},
            )


def _key(reader: str) -> dict[str, Any]:
    return edges.key(reader, keys.EDGE_PULLED)
