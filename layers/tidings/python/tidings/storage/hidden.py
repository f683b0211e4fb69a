"""`Graph`: whom a user does not want to see, or must not, where a home read finds it.

Two kinds of registers, `blocks#<user>` and `mutes#<user>` in the partition of whoever wants it, and beside each the
names that they hide in the items `reader#blocked` (of both sides) and `reader#muted`.  A register and the names that
follow from it change in one transaction, whose condition is what was read of the register: so the names need none of
their own, and are exact.

But an item must not grow without bound, and many may block one user.  So an item has at most `MOST` names; whoever
comes later is not entered, and the item is `full` from then on: a read asks the registers besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.errors import RetryLater
from tidings.domain.position import ms_of
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, names, number, string, text_of
from tidings.storage.calls import ATTEMPTS, ConditionFailed, TransactionRefused, answered, crossed, gave_up, wait_ms
from tidings.storage.edges import key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST: Final = 400
"""Names in one item: about 10 KB of usual ids."""
NAMED: Final = "named"
FULL: Final = "full"
_REFUSED: Final = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Name:
    """One name in an item of `owner`: the attribute that hides somebody."""

    owner: str
    edge: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Register:
    """What `owner` wants to stand at the sort key `edge`, from `position` on, and the names that go with it."""

    owner: str
    edge: str
    position: str
    on: bool
    hides: tuple[Name, ...]


class HiddenStore:
    """Changes registers and the names beside them."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int, most: int = MOST) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms
        self._most = most

    def get(self, owner: str, edge: str) -> Item:
        """The register, strongly read; empty where there is none."""
        with answered():
            return self._client.get_item(TableName=self._table, Key=key(owner, edge), ConsistentRead=True).get(
                "Item", {}
            )

    def put(self, wanted: Register, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        beyond: frozenset[int] = frozenset()
        for attempt in range(ATTEMPTS):
            old = self.get(wanted.owner, wanted.edge)
            if old and text_of(old, "position") >= wanted.position:
                return text_of(old, "position") == wanted.position
            items: Any = [self._register(wanted, old)]
            if _on(old) is not wanted.on:
                sides = enumerate(wanted.hides)
                items += [self._name(name, wanted.on, place in beyond) for place, name in sides]
            items = [item for item in items if item]
            fence.check()
            try:
                self._write(items)
            except ConditionFailed:
                beyond = frozenset()
            except TransactionRefused as refused:
                if not crossed(refused.reasons):
                    raise gave_up() from refused
                beyond = self._beyond(wanted, beyond, refused.reasons)
            else:
                return True
            self._clock.sleep(wait_ms(attempt))
        raise RetryLater("Too many changes to this list at once. Send it again.")

    def _write(self, items: list[Any]) -> None:
        with answered():
            if len(items) == 1:
                self._client.put_item(**items[0]["Put"])
            else:
                self._client.transact_write_items(TransactItems=items)

    @staticmethod
    def _beyond(wanted: Register, beyond: frozenset[int], reasons: tuple[str, ...]) -> frozenset[int]:
        """The names for which there is no room, or that never had any; none where the register itself moved."""
        if reasons[0] == _REFUSED:
            return frozenset()
        asked = [place for place in range(len(wanted.hides)) if wanted.on or place not in beyond]
        refused = (place for place, reason in zip(asked, reasons[1:], strict=True) if reason == _REFUSED)
        return beyond | frozenset(refused)

    def _register(self, wanted: Register, old: Item) -> dict[str, Any]:
        item: dict[str, Value] = {**key(wanted.owner, wanted.edge), "position": string(wanted.position)}
        if not wanted.on:
            item |= {keys.DELETED: string("1"), keys.TTL: expiry(ms_of(wanted.position) + self._retention)}
        held: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#owner)",
            "ExpressionAttributeNames": names("owner"),
        }
        if old:
            held = {
                "ConditionExpression": "#position = :old",
                "ExpressionAttributeNames": names("position"),
                "ExpressionAttributeValues": {":old": old["position"]},
            }
        return {"Put": {"TableName": self._table, "Item": item, **held}}

    def _name(self, name: Name, on: bool, beyond: bool) -> dict[str, Any]:
        """Enter a name or take it out; `beyond` the most, there is only a note that some are missing."""
        if beyond and not on:
            return {}
        expression, condition = "SET #name = :one ADD #named :one", "attribute_not_exists(#named) OR #named < :most"
        values = {":one": number(1), ":most": number(self._most)}
        if not on:
            expression, condition = "REMOVE #name ADD #named :less", "attribute_exists(#name)"
            values = {":less": number(-1)}
        held: dict[str, Any] = {
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#name": name.attribute, **names(NAMED)},
            "ExpressionAttributeValues": values,
        }
        if beyond:
            held = {
                "UpdateExpression": f"SET #{FULL} = :one",
                "ExpressionAttributeNames": names(FULL),
                "ExpressionAttributeValues": {":one": number(1)},
            }
        return {"Update": {"TableName": self._table, "Key": key(name.owner, name.edge), **held}}


def _on(item: Item) -> bool:
    return bool(item) and keys.DELETED not in item
