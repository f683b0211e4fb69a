"""`Watchers`: which devices want live frames of a conversation, or a user's presence.

Soft state: an entry ends by itself.  What it is for is told as it happens and never again, so nothing here is a
register: of two requests of one device at once, either may stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from tidings.domain.stamp import Fence
from tidings.ports.groups import Watcher
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, int_of, names, string, text_of
from tidings.storage.batches import delete, put, write_all
from tidings.storage.calls import answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class WatcherStore:
    """The watchers in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, subject: str, watcher: Watcher, until: int) -> None:
        """Enter until `until` (epoch ms)."""
        with answered():
            self._client.put_item(TableName=self._table, Item=_item(subject, watcher, until))

    def replace(self, watcher: Watcher, subjects: Collection[str], now: int, until: int, fence: Fence) -> None:
        """Enter for exactly `subjects` until about `until`, instead of for those of the last such call.

        The list itself is an item beside the entries, so that asking again is one read (strong).  Entries are there
        before the list says so, and go after it has forgotten them: whoever dies in between leaves too many.  They
        are written anew once half of their time is over.
        """
        with answered():
            item: Item = self._client.get_item(
                TableName=self._table, Key=_key(_list_of(watcher), watcher), ConsistentRead=True
            ).get("Item", {})
        fresh = bool(item) and int_of(item, keys.TTL) * 1_000 >= now + (until - now) // 2
        wanted, listed = frozenset(subjects), frozenset(item["watched"]["SS"]) if item else frozenset()
        if fresh and wanted == listed:
            return
        entries = [put(_item(subject, watcher, until)) for subject in sorted(wanted - listed if fresh else wanted)]
        ends = expiry(until) if not fresh else item[keys.TTL]
        note = put({**_key(_list_of(watcher), watcher), "watched": {"SS": sorted(wanted)}, keys.TTL: ends})
        gone = [delete(_key(subject, watcher)) for subject in sorted(listed - wanted)]
        forget = [delete(_key(_list_of(watcher), watcher))] if listed else []
        for batch in (entries, [note] if wanted else forget, gone):
            write_all(self._client, self._table, batch, fence, self._clock)

    def remove(self, subject: str, watcher: Watcher) -> None:
        """Take out; one that is not there is fine."""
        with answered():
            self._client.delete_item(TableName=self._table, Key=_key(subject, watcher))

    def of(self, subject: str, now: int) -> Iterator[list[Watcher]]:
        """Those whose time is not over, a page at a time.

        Strongly read: whoever asks for a state enters first and looks then, whoever changes it writes first and looks
        here then, so at least one of the two sees the other.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#subject = :subject",
            "ExpressionAttributeNames": names("subject"),
            "ExpressionAttributeValues": {":subject": string(subject)},
            "ConsistentRead": True,
        }
        while True:
            with answered():
                answer = self._client.query(**request)
            yield [_watcher(item) for item in answer["Items"] if int_of(item, keys.TTL) * 1_000 > now]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _key(subject: str, watcher: Watcher) -> dict[str, Any]:
    return {"subject": string(subject), "watcher": string(keys.watcher(watcher.user_id, watcher.device_id))}


def _item(subject: str, watcher: Watcher, until: int) -> dict[str, Any]:
    return {**_key(subject, watcher), keys.TTL: expiry(until)}


def _list_of(watcher: Watcher) -> str:
    return keys.watching(watcher.user_id)


def _watcher(item: Item) -> Watcher:
    user_id, _, device_id = text_of(item, "watcher").partition("#")
    return Watcher(user_id, device_id)
