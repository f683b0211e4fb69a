"""`Watchers`: which devices want live frames of their user's home timeline.

A worker that has written copies asks whether any of their owners watch.  While there are few watchers, all of them are
listed in one small query; once there are many, the users concerned are looked up by their keys.  So what a post costs
depends on its audience and never on how many watch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from tidings.domain.stamp import Fence
from tidings.ports.groups import Watcher
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, int_of, names, number, string, text_of
from tidings.storage.batches import get_all, put, write_all
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 8
"""Partitions of those who watch and pull an author: a celebrity's followers all enter in the same hour."""


class HomeWatcherStore:
    """Who watches their home timeline, in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def enter(self, watcher: Watcher, authors: Collection[str], until: int, fence: Fence) -> None:
        """Enter until `until`.  The devices stand before anything names their user."""
        user, ends = watcher.user_id, expiry(until)
        fence.check()
        with answered():
            self._client.update_item(
                TableName=self._table,
                Key=_key(keys.watched_home(user), user),
                UpdateExpression="SET #device = :until, #ends = :ends",
                ExpressionAttributeNames={"#device": keys.device(watcher.device_id), "#ends": keys.TTL},
                ExpressionAttributeValues={":until": number(until), ":ends": ends},
            )
        shard = crc32(user.encode()) % SHARDS
        subjects = [keys.WATCHED_HOMES, *(keys.watched_author(author, shard) for author in sorted(set(authors)))]
        entries = [put({**_key(subject, user), keys.TTL: ends}) for subject in subjects]
        write_all(self._client, self._table, entries, fence, self._clock)

    def leave(self, watcher: Watcher, now: int, fence: Fence) -> None:
        """Take the device out, and the user where no device is left; what names the user of authors ends by itself."""
        user, device = watcher.user_id, keys.device(watcher.device_id)
        fence.check()
        try:
            with answered():
                left: Item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(keys.watched_home(user), user),
                    UpdateExpression="REMOVE #device",
                    ConditionExpression="attribute_exists(#device)",
                    ExpressionAttributeNames={"#device": device},
                    ReturnValues="ALL_NEW",
                )["Attributes"]
        except ConditionFailed:
            return
        if not _devices(left, now):
            fence.check()
            with answered():
                self._client.delete_item(TableName=self._table, Key=_key(keys.WATCHED_HOMES, user))

    def listed(self, most: int, now: int) -> frozenset[str] | None:
        """All users who watch; None where there are more than `most`."""
        with answered():
            answer = self._client.query(**self._of(keys.WATCHED_HOMES), Limit=most)
        return None if "LastEvaluatedKey" in answer else frozenset(_users(answer["Items"], now))

    def devices(self, users: Iterable[str], now: int) -> dict[str, frozenset[str]]:
        """The devices of those of `users` who watch."""
        wanted = [_key(keys.watched_home(user), user) for user in dict.fromkeys(users)]
        found = get_all(self._client, self._table, wanted, self._clock)
        devices = {text_of(item, "watcher"): _devices(item, now) for item in found}
        return {user: there for user, there in devices.items() if there}

    def pulling(self, author: str, now: int) -> Iterator[list[str]]:
        """The users who watch and pull `author`, a page at a time, shard after shard."""
        for shard in range(SHARDS):
            request = self._of(keys.watched_author(author, shard))
            while True:
                with answered():
                    answer = self._client.query(**request)
                if page := _users(answer["Items"], now):
                    yield page
                if "LastEvaluatedKey" not in answer:
                    break
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _of(self, subject: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#subject = :subject",
            "ExpressionAttributeNames": names("subject"),
            "ExpressionAttributeValues": {":subject": string(subject)},
        }


def _key(subject: str, user: str) -> dict[str, Any]:
    return {"subject": string(subject), "watcher": string(user)}


def _users(items: Iterable[Item], now: int) -> list[str]:
    """Those whose time is not over."""
    return [text_of(item, "watcher") for item in items if int_of(item, keys.TTL) * 1_000 > now]


def _devices(item: Item, now: int) -> frozenset[str]:
    """The devices that still watch."""
    entries = (name for name in item if name.startswith(keys.DEVICE_PREFIX))
    return frozenset(name.removeprefix(keys.DEVICE_PREFIX) for name in entries if int_of(item, name) > now)
