"""`Conversations`, the `meta` item of a group: what it is called and allows, and how many are in it.

Every field is a register by position (`<name>_at`, absent until it is changed).  A change and the event that tells of
it are one transaction: nobody is told of what did not happen, and nothing happens that nobody is told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidings.domain.events import GroupChange, Path
from tidings.domain.groups import Group, Seen, Who
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, log
from tidings.storage.attributes import Item, int_of, names, number, string, text_of, text_or_none
from tidings.storage.calls import ATTEMPTS, ConditionFailed, answered, gave_up, wait_ms
from tidings.storage.conditional import write_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIELDS: Final = ("title", "picture", "description", "who_posts", "who_adds", "history")


class GroupStore:
    """The groups in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def create(self, group: Group, fence: Fence) -> bool:
        """Put it, without members, unless it is there.  Whether it was put."""
        fence.check()
        try:
            with answered():
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(group),
                    ConditionExpression="attribute_not_exists(#created)",
                    ExpressionAttributeNames=names("created"),
                )
        except ConditionFailed:
            return False
        return True

    def get(self, conversation_id: str, *, strong: bool) -> Group | None:
        """A group."""
        item = self._read(conversation_id, strong)
        return decode(item) if item else None

    def update(self, change: GroupChange, path: Path, fence: Fence) -> bool:
        """Set the change's `details`, each a register by position, and log the change, in one transaction."""
        for attempt in range(ATTEMPTS):
            standing = self._read(change.conversation_id, True)
            if not standing:
                return False
            later = {name for name, _ in change.details if (_set_at(standing, name) or "") > change.position}
            values = {name: value for name, value in change.details if name not in later}
            items: list[Any] = [log.entering(self._table, change, path)]
            if values:
                items.append(self._setting(change, values))
            crossing = write_all(self._client, items, fence)
            if crossing is None:
                return True
            if crossing[0] == "ConditionalCheckFailed":
                return False
            self._clock.sleep(wait_ms(attempt))
        raise gave_up()

    def turn(self, group: Group, path: Path, pulled_from: int, fence: Fence) -> bool:
        """Set path and `pulled_from`, if both still are as `group` says.  Whether they were."""
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=key(group.conversation_id),
                    UpdateExpression="SET #path = :path, #pulled_from = :pulled_from",
                    ConditionExpression="#path = :old_path AND #pulled_from = :old_pulled_from",
                    ExpressionAttributeNames=names("path", "pulled_from"),
                    ExpressionAttributeValues={
                        ":path": string(path),
                        ":pulled_from": number(pulled_from),
                        ":old_path": string(group.path),
                        ":old_pulled_from": number(group.pulled_from),
                    },
                )
        except ConditionFailed:
            return False
        return True

    def _read(self, conversation_id: str, strong: bool) -> Item:
        with answered():
            answer = self._client.get_item(TableName=self._table, Key=key(conversation_id), ConsistentRead=strong)
        return answer.get("Item", {})

    def _setting(self, change: GroupChange, values: dict[str, str]) -> dict[str, Any]:
        sets = ", ".join(f"#{name} = :{name}, #{name}_at = :position" for name in values)
        free = " AND ".join(f"(attribute_not_exists(#{name}_at) OR #{name}_at < :position)" for name in values)
        return {
            "Update": {
                "TableName": self._table,
                "Key": key(change.conversation_id),
                "UpdateExpression": f"SET {sets}",
                "ConditionExpression": free,
                "ExpressionAttributeNames": names(*values, *(f"{name}_at" for name in values)),
                "ExpressionAttributeValues": {
                    ":position": string(change.position),
                    **{f":{name}": string(value) for name, value in values.items()},
                },
            }
        }


def counting(
    table: str, group: Group, more: int, entering: bool, most: int, shards: int, *, deserting: bool
) -> dict[str, Any]:
    """Count `more` members in `group`, and set how many shards it has from now on.

    With `entering`, or more shards than before, on condition that they still are as `group` says; with more members
    than before, that they will not be more than `most`; with `deserting`, that nobody is left behind.
    """
    request: dict[str, Any] = {
        "TableName": table,
        "Key": key(group.conversation_id),
        "UpdateExpression": "ADD #members :more",
        "ConditionExpression": "attribute_exists(#created)",
        "ExpressionAttributeNames": names("members", "created"),
        "ExpressionAttributeValues": {":more": number(more)},
    }
    if entering or shards != group.shards:
        request["ConditionExpression"] += " AND #shards = :shards"
        request["ExpressionAttributeNames"]["#shards"] = "shards"
        request["ExpressionAttributeValues"][":shards"] = number(group.shards)
    if more > 0:
        request["ConditionExpression"] += " AND #members <= :room"
        request["ExpressionAttributeValues"][":room"] = number(most - more)
    if deserting:
        request["ConditionExpression"] += " AND #members = :gone"
        request["ExpressionAttributeValues"][":gone"] = number(-more)
    if shards != group.shards:
        request["UpdateExpression"] += " SET #shards = :grown"
        request["ExpressionAttributeValues"][":grown"] = number(shards)
    return {"Update": request}


def key(conversation_id: str) -> dict[str, Any]:
    """The key of a group's item."""
    return {"conversation_id": string(conversation_id), "item": string(keys.META)}


def _set_at(item: Item, name: str) -> str | None:
    return text_or_none(item, f"{name}_at")


def _item(group: Group) -> dict[str, Any]:
    return {
        **key(group.conversation_id),
        "created": string(group.created),
        **{name: string(getattr(group, name)) for name in FIELDS},
        "members": number(0),
        "shards": number(group.shards),
        "path": string(group.path),
        "pulled_from": number(group.pulled_from),
    }


def decode(item: Item) -> Group:
    """A group's item, as stored or as a stream shows it."""
    return Group(
        text_of(item, "conversation_id"),
        created=text_of(item, "created"),
        title=text_of(item, "title"),
        picture=text_of(item, "picture"),
        description=text_of(item, "description"),
        who_posts=Who(text_of(item, "who_posts")),
        who_adds=Who(text_of(item, "who_adds")),
        history=Seen(text_of(item, "history")),
        members=int_of(item, "members"),
        shards=int_of(item, "shards"),
        path=Path(text_of(item, "path")),
        pulled_from=int_of(item, "pulled_from"),
    )
