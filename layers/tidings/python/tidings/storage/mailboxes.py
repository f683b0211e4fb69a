"""`Mailboxes`: each user's event log, under the arrival of each event.  Sync reads this.

An item counts until its arrival is older than retention, and expires then: so what has expired but is not deleted
yet lies below a key that a read never goes under, and costs nothing to leave out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.events import Event
from tidings.domain.notice import may_sound
from tidings.domain.position import floor, ms_of
from tidings.domain.pulled import Marks
from tidings.domain.sizes import wire_bytes
from tidings.domain.stamp import Fence
from tidings.ports.messaging import MailboxPage
from tidings.ports.world import Clock
from tidings.storage import events as form
from tidings.storage import keys
from tidings.storage.attributes import Item, above, expiry, names, string, text_of
from tidings.storage.batches import delete, put, write_all
from tidings.storage.calls import answered
from tidings.storage.pulled import marks_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_UNIT_ITEMS: Final = 4
"""Items of 1 KB in a strong read unit: reading in multiples of it rounds nothing up."""
_FIRST_GUESS: Final = 1_024
"""Bytes an event takes, until the first ones have been seen."""


class MailboxStore:
    """The mailboxes in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms

    def put(self, items: Sequence[tuple[str, Event]], fence: Fence) -> None:
        """Write each (user id, event) under the event's `arrival`; one alone by PutItem, more in batches of 25."""
        distinct = {(user_id, event.arrival): self._item(user_id, event) for user_id, event in items}
        if len(distinct) > 1:
            write_all(self._client, self._table, [put(item) for item in distinct.values()], fence, self._clock)
            return
        for item in distinct.values():
            fence.check()
            with answered():
                self._client.put_item(TableName=self._table, Item=item)

    def read(self, user_id: str, after: str, limit: int, max_bytes: int) -> tuple[list[Event], bool]:
        """Strongly read events with arrivals above `after`, in order; and whether there are more.

        At most `limit` events and `max_bytes` (see `tidings.domain.sizes`), but always one if there is one.
        """
        page = self._page(user_id, after, keys.AFTER_ARRIVALS, limit, max_bytes)
        return list(page.events), page.more

    def page(self, user_id: str, after: str, limit: int, max_bytes: int) -> MailboxPage:
        """The same, and at the end what the user's syncs pull: nothing but that after `LAST`."""
        return self._page(user_id, after, keys.PULLED, limit, max_bytes)

    def _page(self, user_id: str, after: str, last: str, limit: int, max_bytes: int) -> MailboxPage:
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "#user_id = :user AND #arrival BETWEEN :after AND :last",
            "ExpressionAttributeNames": names("user_id", "arrival"),
            "ExpressionAttributeValues": {
                ":user": string(user_id),
                ":after": string(above(max(after, floor(self._clock.now() - self._retention)))),
                ":last": string(last),
            },
        }
        events: list[Event] = []
        pulled: list[Marks] = []
        used = 0
        while True:
            each = used // len(events) + 1 if events else _FIRST_GUESS
            fitting = (max_bytes - used) // each // _UNIT_ITEMS * _UNIT_ITEMS
            with answered():
                answer = self._client.query(**request, Limit=min(limit + 1 - len(events), max(_UNIT_ITEMS, fitting)))
            for item in answer["Items"]:
                if text_of(item, "arrival") == keys.PULLED:
                    pulled = marks_of(item)
                    continue
                event = decode(item)
                size = wire_bytes(event)
                if events and (len(events) == limit or used + size > max_bytes):
                    return MailboxPage(tuple(events), more=True)
                events.append(event)
                used += size
            if "LastEvaluatedKey" not in answer:
                return MailboxPage(tuple(events), more=False, pulled=tuple(pulled))
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def newest(self, user_id: str, limit: int) -> list[Event]:
        """The latest `limit` events at most, newest first (eventually consistent).

        An item that nobody can read is left out: what is counted here must not keep a phone silent.
        """
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#user_id = :user AND #arrival BETWEEN :after AND :last",
                ExpressionAttributeNames=names("user_id", "arrival"),
                ExpressionAttributeValues={
                    ":user": string(user_id),
                    ":after": string(above(floor(self._clock.now() - self._retention))),
                    ":last": string(keys.AFTER_ARRIVALS),
                },
                ScanIndexForward=False,
                Limit=limit,
            )
        events = []
        for item in answer["Items"]:
            with suppress(KeyError, ValueError):
                events.append(decode(item))
        return events

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        """Delete what stands at each (user id, arrival), in batches of 25; nothing there is fine."""
        wanted = dict.fromkeys(keys)
        requests = [delete({"user_id": string(user_id), "arrival": string(arrival)}) for user_id, arrival in wanted]
        write_all(self._client, self._table, requests, fence, self._clock)

    def _item(self, user_id: str, event: Event) -> dict[str, Any]:
        item = {
            "user_id": string(user_id),
            "arrival": string(event.arrival),
            "conversation": string(event.conversation_id),
            keys.TTL: expiry(ms_of(event.arrival) + self._retention),
        }
        if event.position != event.arrival:
            item["position"] = string(event.position)
        if may_sound(event, user_id):
            item[keys.PUSH_MARK] = string("1")
        return {**item, **form.encode(event)}


def decode(item: Item) -> Event:
    """A mailbox item, as stored or as a stream shows it."""
    arrival = text_of(item, "arrival")
    position = text_of(item, "position") if "position" in item else arrival
    return form.decode(item, text_of(item, "conversation"), position, arrival)
