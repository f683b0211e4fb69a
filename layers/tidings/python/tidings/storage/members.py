"""`Members`: who is or was in a group, in shards.

A group begins with one shard and gets more as it grows (1, 4, 16); how many is on its `meta`, and in shard 0, in the
item ` shards`, so that reading everybody needs no read of its own for it.  A new member's shard is the checksum of
their id modulo the number of shards; whoever has a place keeps it.  So somebody can be in one place for each number
of shards that the group has had, and is in one of them only: a place is taken on condition that the number is what
it was before the places were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from tidings.domain.errors import InvalidRequest
from tidings.domain.events import GroupChange, Path
from tidings.domain.groups import Group, Member, Move, deserts
from tidings.domain.stamp import Fence
from tidings.ports.groups import PRESENT
from tidings.ports.world import Clock
from tidings.storage import groups, keys, log, stays
from tidings.storage.attributes import Item, int_of, names, number, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import answered
from tidings.storage.conditional import write_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = (1, 4, 16)
FULL: Final = 1_000
"""Members a shard, from which on a group gets more shards."""
PAGE: Final = 2_000
"""Members in one query of everybody: about 40 read units, so that a plan's reading is spread and can be resumed."""
ROUNDS: Final = 4
"""Queries for one page at most: those whom nobody asked for make it short."""
BEFORE_SHARDS: Final = " "
"""Sorts before the item that says how many shards there are."""
_DOT: Final = "."


class MemberStore:
    """The members in DynamoDB; `conversations` is the table of their groups and logs."""

    def __init__(self, client: DynamoDBClient, table: str, conversations: str, clock: Clock, full: int = FULL) -> None:
        self._client = client
        self._table = table
        self._conversations = conversations
        self._clock = clock
        self._full = full

    def get(self, group: Group, user_id: str) -> Member | None:
        """Somebody who is or was in the group, strongly read: one unit where `group` says right where they are."""
        first, *others = _places(user_id, group.shards)
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=stays.key(group.conversation_id, first, user_id), ConsistentRead=True
            ).get("Item")
        if item:
            return stays.member(item)
        others += [place for place in _places(user_id, SHARDS[-1]) if place not in (first, *others)]
        found = self._all(stays.key(group.conversation_id, place, user_id) for place in others)
        return found[0] if found else None

    def many(self, group: Group, users: Iterable[str]) -> Mapping[str, Member]:
        """Those of `users` who are or were in the group, strongly read, which `group` has to be, too: before this."""
        wanted = dict.fromkeys(users)
        places = ((user_id, place) for user_id in wanted for place in _places(user_id, group.shards))
        found = self._all(stays.key(group.conversation_id, place, user_id) for user_id, place in places)
        return {member.user_id: member for member in found}

    def _all(self, wanted: Iterable[Item]) -> list[Member]:
        found = get_all(self._client, self._table, wanted, self._clock, strong=True)
        return [stays.member(item) for item in found]

    def few(self, conversation_id: str, most: int) -> list[Member] | None:
        """Everybody who is or was in a group of one shard, strongly read; None where they are more than `most`."""
        with answered():
            answer = self._client.query(**self._query(conversation_id, 0, BEFORE_SHARDS), Limit=most + 1)
        items = answer["Items"]
        if len(items) > most or "LastEvaluatedKey" in answer or any(_shards(item) for item in items):
            return None
        return [stays.member(item) for item in items]

    def page(
        self, group: Group, after: str | None, limit: int, show: Callable[[Member], bool] = PRESENT
    ) -> tuple[list[Member], str | None]:
        """Up to `limit` of those whom `show` lets through, shard by shard; where to go on, None at the end."""
        shard, bound = _place(after)
        found: list[Member] = []
        for _ in range(ROUNDS):
            if shard >= group.shards:
                return found, None
            with answered():
                answer = self._client.query(
                    **self._query(group.conversation_id, shard, bound), Limit=max(1, limit - len(found))
                )
            members = [stays.member(item) for item in answer["Items"]]
            found += [member for member in members if show(member)]
            shard, bound = shard + 1, keys.MEMBER_SHARDS
            if "LastEvaluatedKey" in answer:
                shard, bound = shard - 1, members[-1].user_id
            if len(found) >= limit:
                break
        return found, None if shard >= group.shards else f"{shard}{_DOT}{bound}"

    def audience(self, conversation_id: str, shard: int, after: str | None) -> Iterator[tuple[int, Sequence[Member]]]:
        """Everybody who is or was in it from `shard` and the user after `after` on: pages, each with its shard.

        Shard 0, read from its beginning, starts with the number of shards; further down it is read by itself.
        """
        whole = shard == 0 and after is None
        shards = 1 if whole else self._count(conversation_id)
        bound = BEFORE_SHARDS if whole else after
        while shard < shards:
            for items in self._everybody(conversation_id, shard, bound or keys.MEMBER_SHARDS):
                shards = max(shards, _shards(items[0]))
                members = [stays.member(item) for item in items if not _shards(item)]
                if members:
                    yield shard, members
            shard, bound = shard + 1, None

    def heirs(self, conversation_id: str, besides: str) -> list[Member]:
        """Who can take over from `besides`.

        Everybody of shard 0, where those are who joined while the group was small, and of the others the admins: their
        items alone have a role, so the rest is left out before it travels.
        """
        items = [item for page in self._everybody(conversation_id, 0, BEFORE_SHARDS) for item in page]
        shards = max([1, *map(_shards, items[:1])])
        found = [stays.member(item) for item in items if not _shards(item)]
        for shard in range(1, shards):
            pages = self._everybody(conversation_id, shard, keys.MEMBER_SHARDS, roles=True)
            found += [stays.member(item) for page in pages for item in page]
        for shard in range(1, shards):
            if any(member.present and member.user_id != besides for member in found):
                break
            pages = self._everybody(conversation_id, shard, keys.MEMBER_SHARDS)
            found += [stays.member(item) for page in pages for item in page]
        return [member for member in found if member.present and member.user_id != besides]

    def _everybody(self, conversation_id: str, shard: int, after: str, *, roles: bool = False) -> Iterator[list[Item]]:
        """The items of a shard, a page at a time; `roles`: only of those who have one."""
        request: dict[str, Any] = self._query(conversation_id, shard, after)
        if roles:
            request["FilterExpression"] = "attribute_exists(#role)"
            request["ExpressionAttributeNames"] = {**request["ExpressionAttributeNames"], "#role": "role"}
        else:
            request["Limit"] = PAGE
        while True:
            with answered():
                answer = self._client.query(**request)
            if answer["Items"]:
                yield list(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _query(self, conversation_id: str, shard: int, after: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#shard = :shard AND #user_id > :after",
            "ExpressionAttributeNames": names("shard", "user_id"),
            "ExpressionAttributeValues": {
                ":shard": string(keys.members(conversation_id, shard)),
                ":after": string(after),
            },
            "ConsistentRead": True,
        }

    def _count(self, conversation_id: str) -> int:
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=stays.key(conversation_id, 0, keys.MEMBER_SHARDS), ConsistentRead=True
            ).get("Item")
        return _shards(item) if item else 1

    def change(
        self, group: Group, moves: Sequence[Move], event: GroupChange, path: Path, most: int, fence: Fence
    ) -> bool:
        """Make all `moves`, count them in the group and log `event`, in one transaction.  Whether it was written."""
        items = [log.entering(self._conversations, event, path), *self._counted(group, moves, most)]
        items += [self._moving(group, move) for move in moves]
        return write_all(self._client, items, fence) is None

    def _counted(self, group: Group, moves: Sequence[Move], most: int) -> list[Any]:
        more = sum(move.after.present - bool(move.before and move.before.present) for move in moves)
        entering = any(move.before is None for move in moves)
        if not more and not entering:
            return []
        crowded = group.members + more > group.shards * self._full
        shards = min((number for number in SHARDS if number > group.shards and crowded), default=group.shards)
        deserting = deserts(moves)
        counted = [groups.counting(self._conversations, group, more, entering, most, shards, deserting=deserting)]
        if shards != group.shards:
            place = stays.key(group.conversation_id, 0, keys.MEMBER_SHARDS)
            counted.append({"Put": {"TableName": self._table, "Item": {**place, "shards": number(shards)}}})
        return counted

    def _moving(self, group: Group, move: Move) -> dict[str, Any]:
        before, after = move.before, move.after
        shard = _places(after.user_id, group.shards)[0] if before is None else before.shard
        item = stays.item(group.conversation_id, after, shard)
        return {"Put": {"TableName": self._table, "Item": item, **stays.unchanged(before)}}


def _places(user_id: str, shards: int) -> list[int]:
    """Where somebody can be in a group of so many shards: first where they go if they are new."""
    checksum = crc32(user_id.encode())
    return list(dict.fromkeys(checksum % number for number in reversed(SHARDS) if number <= shards))


def _place(after: str | None) -> tuple[int, str]:
    """The shard and the user that a page goes on after.  Raises `InvalidRequest`."""
    if after is None:
        return 0, keys.MEMBER_SHARDS
    shard, dot, bound = after.partition(_DOT)
    if not dot or not shard.isascii() or not shard.isdigit() or not bound:
        raise InvalidRequest("`after`: give the string that the last page gave.")
    return int(shard), bound


def _shards(item: Item) -> int:
    """How many shards the item says there are; 0 for a member."""
    return int_of(item, "shards") if text_of(item, "user_id") == keys.MEMBER_SHARDS else 0
