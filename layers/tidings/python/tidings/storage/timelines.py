"""`Timelines`: each user's home feed, a copy of every post that was fanned out to them.

An entry counts until its post's position is older than retention, and expires then, so every replay of a job writes
the very same item.  What has expired lies below the lower bound of every read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidings.domain.position import floor, ms_of
from tidings.domain.posts import TimelineEntry
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, refs
from tidings.storage.attributes import Item, expiry, string, text_of
from tidings.storage.batches import delete, put, write_all
from tidings.storage.pages import between, newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TimelineStore:
    """The home timelines in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        """Write (user id, entry) each, in batches of 25.  Entries past retention would never show: not written."""
        oldest = self._oldest()
        distinct = {(user_id, entry.position): entry for user_id, entry in entries if entry.position > oldest}
        requests = [put(self._item(user_id, entry)) for (user_id, _), entry in distinct.items()]
        write_all(self._client, self._table, requests, fence, self._clock)

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        """Delete (user id, position) each, in batches of 25."""
        requests = [delete(_key(user_id, position)) for user_id, position in dict.fromkeys(keys)]
        write_all(self._client, self._table, requests, fence, self._clock)

    def page(self, user_id: str, after: str, before: str, limit: int) -> tuple[list[TimelineEntry], str | None]:
        """Up to `limit` entries between the positions, newest first (eventually consistent); the last position
        looked at when there may be more, else None."""
        after = max(after, self._oldest())
        request = between(self._table, ("user_id", user_id), "position", after, before)
        return ([], None) if request is None else newest_first(self._client, request, "position", limit, _entry)

    def _oldest(self) -> str:
        return floor(self._clock.now() - self._retention)

    def _item(self, user_id: str, entry: TimelineEntry) -> dict[str, Any]:
        item = {
            **_key(user_id, entry.position),
            "author": string(entry.author),
            "text": string(entry.text),
            keys.TTL: expiry(ms_of(entry.position) + self._retention),
        }
        if entry.truncated:
            item["truncated"] = string("1")
        return item | refs.encode(reply_to=entry.reply_to, quote=entry.quote, repost_of=entry.repost_of)


def _entry(item: Item) -> TimelineEntry:
    return TimelineEntry(
        text_of(item, "author"),
        text_of(item, "position"),
        text_of(item, "text"),
        "truncated" in item,
        **refs.decode(item, "reply_to", "quote", "repost_of"),
    )


def _key(user_id: str, position: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "position": string(position)}
