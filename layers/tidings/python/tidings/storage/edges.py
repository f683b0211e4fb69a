"""The items of a follow edge, and the parts of the transaction that changes it."""

from __future__ import annotations

from typing import Any

from tidings.ports.timelines import Edge
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, int_of, names, number, string, text_of


def key(owner: str, edge: str) -> dict[str, Value]:
    """The key of an item of `Graph`."""
    return {"owner": string(owner), "edge": string(edge)}


def edge(item: Item) -> Edge:
    """The follower's half."""
    return Edge(
        author=text_of(item, "edge").removeprefix(keys.FOLLOWS_PREFIX),
        position=text_of(item, "position"),
        shard=int_of(item, "shard"),
        following=keys.DELETED not in item,
    )


def register(table: str, follower: str, old: Edge | None, new: Edge, expires: int) -> dict[str, Any]:
    """Put the follower's half `new`, on condition that `old` still stands.  A tombstone is kept until `expires`."""
    item = {
        **key(follower, keys.follows(new.author)),
        "position": string(new.position),
        "shard": number(new.shard),
    }
    if not new.following:
        item |= {keys.DELETED: string("1"), keys.TTL: expiry(expires)}
    condition: dict[str, Any] = {
        "ConditionExpression": "attribute_not_exists(#owner)",
        "ExpressionAttributeNames": names("owner"),
    }
    if old is not None:
        condition = {
            "ConditionExpression": "#position = :old",
            "ExpressionAttributeNames": names("position"),
            "ExpressionAttributeValues": {":old": string(old.position)},
        }
    return {"Put": {"TableName": table, "Item": item, **condition}}


def enter(table: str, follower: str, new: Edge) -> dict[str, Any]:
    """Put the author's half: nothing but its key."""
    return {"Put": {"TableName": table, "Item": key(keys.followers(new.author, new.shard), follower)}}


def leave(table: str, follower: str, old: Edge) -> dict[str, Any]:
    """Delete the author's half from the shard where it lies."""
    return {"Delete": {"TableName": table, "Key": key(keys.followers(old.author, old.shard), follower)}}


def hide(table: str, follower: str, new: Edge, expires: int) -> dict[str, Any]:
    """Enter the removal.  The item goes when nothing was removed for as long as a timeline is kept."""
    return _on_removals(
        table,
        follower,
        f"SET #author = :position, #{keys.TTL} = :expiry",
        ExpressionAttributeNames={"#author": keys.removal(new.author), **names(keys.TTL)},
        ExpressionAttributeValues={":position": string(new.position), ":expiry": expiry(expires)},
    )


def readmit(table: str, follower: str, author: str) -> dict[str, Any]:
    """Take the author's removal away, whichever it is: they are followed again."""
    return _on_removals(table, follower, "REMOVE #author", ExpressionAttributeNames={"#author": keys.removal(author)})


def _on_removals(table: str, follower: str, expression: str, **more: Any) -> dict[str, Any]:
    place = key(follower, keys.EDGE_REMOVED)
    return {"Update": {"TableName": table, "Key": place, "UpdateExpression": expression, **more}}
