"""The items of `Engagements`, and the parts of the transactions that change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidings.domain.engagement import Counts, Engaged, Engagement
from tidings.domain.position import ms_of
from tidings.domain.posts import Post, PostRef
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, int_of, names, number, string, text_of, text_or_none

FIELDS = ("likes", "reposts", "replies")
"""What is counted."""


def key(owner: str, item: str) -> dict[str, Value]:
    """The key of an item of `Engagements`."""
    return {"owner": string(owner), "item": string(item)}


def register_key(user_id: str, kind: Engagement, post: PostRef) -> dict[str, Value]:
    """The key of what a user did with a post."""
    return key(user_id, keys.engagement(kind, str(post)))


def counts_key(post: PostRef, shard: int) -> dict[str, Value]:
    """The key of one of a post's counters."""
    return key(keys.counters(str(post), shard), keys.COUNTS)


def reply_key(reply: PostRef, answered: PostRef) -> dict[str, Value]:
    """The key of a reply in the list of those of the post that it answers."""
    return key(keys.replies(str(answered)), keys.reply(reply.position, reply.author))


def engaged(item: Item) -> Engaged:
    """A register."""
    post = text_or_none(item, "post") or ""
    return Engaged(text_of(item, "position"), keys.DELETED not in item, int_of(item, "shard"), post)


def register(
    table: str, user_id: str, kind: Engagement, post: PostRef, old: Engaged | None, new: Engaged, retention_ms: int
) -> dict[str, Any]:
    """Put the register `new`, on condition that `old` still stands.

    A repost that is deleted below a later position keeps that one, so the position alone does not say which.
    """
    item = {**register_key(user_id, kind, post), "position": string(new.position), "shard": number(new.shard)}
    if new.post:
        item["post"] = string(new.post)
    if not new.on:
        item |= {keys.DELETED: string("1"), keys.TTL: expiry(ms_of(new.position) + retention_ms)}
    condition: dict[str, Any] = {
        "ConditionExpression": "attribute_not_exists(#owner)",
        "ExpressionAttributeNames": names("owner"),
    }
    if old is not None:
        state = "attribute_not_exists" if old.on else "attribute_exists"
        condition = {
            "ConditionExpression": f"#position = :old AND {state}(#{keys.DELETED})",
            "ExpressionAttributeNames": names("position", keys.DELETED),
            "ExpressionAttributeValues": {":old": string(old.position)},
        }
    return {"Put": {"TableName": table, "Item": item, **condition}}


def count(table: str, post: PostRef, shard: int, field: str, change: int) -> dict[str, Any]:
    """Add `change` to one of `FIELDS`."""
    return {
        "Update": {
            "TableName": table,
            "Key": counts_key(post, shard),
            "UpdateExpression": "ADD #field :change",
            "ExpressionAttributeNames": {"#field": field},
            "ExpressionAttributeValues": {":change": number(change)},
        }
    }


def listed(table: str, reply: Post, answered: PostRef, shard: int) -> dict[str, Any]:
    """Put a reply into the list of those of the post that it answers."""
    return {"Put": {"TableName": table, "Item": {**reply_key(reply.ref, answered), "shard": number(shard)}}}


def shards(head: Item) -> int:
    """How many counters a post has, by its first one."""
    return int_of(head, "shards") if "shards" in head else 1


def total(head: Item) -> int:
    """What a counter holds in all."""
    return sum(int_of(head, name) for name in FIELDS if name in head)


class Found:
    """Registers of one user and counters of posts, as they were read."""

    def __init__(self, user_id: str, items: Iterable[Item]) -> None:
        self._user = user_id
        self._items: dict[tuple[str, str], Item] = {}
        self.add(items)

    def add(self, items: Iterable[Item]) -> None:
        """More of them."""
        self._items |= {(text_of(item, "owner"), text_of(item, "item")): item for item in items}

    def register(self, kind: Engagement, post: PostRef) -> Engaged | None:
        """What the user did with a post."""
        item = self._items.get((self._user, keys.engagement(kind, str(post))))
        return None if item is None else engaged(item)

    def head(self, post: PostRef) -> Item:
        """The first of a post's counters; empty where nothing was counted yet."""
        return self._items.get((keys.counters(str(post), 0), keys.COUNTS), {})

    def shards(self, post: PostRef) -> int:
        """How many counters a post has."""
        return shards(self.head(post))

    def counts(self, post: PostRef) -> Counts:
        """What the counters of a post come to.  They are not read in one moment: none is less than nothing."""
        owners = (keys.counters(str(post), shard) for shard in range(self.shards(post)))
        found = [self._items.get((owner, keys.COUNTS), {}) for owner in owners]
        sums = {name: sum(int_of(item, name) for item in found if name in item) for name in FIELDS}
        liked, reposted = (self.register(kind, post) for kind in Engagement)
        return Counts(
            likes=max(0, sums["likes"]),
            reposts=max(0, sums["reposts"]),
            replies=max(0, sums["replies"]),
            liked=liked is not None and liked.on,
            reposted=reposted is not None and reposted.on,
        )
