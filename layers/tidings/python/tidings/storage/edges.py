"""The items of a follow edge, and the parts of the transaction that changes it."""

from __future__ import annotations

from typing import Any, Final

from tidings.domain.edges import Edge, Wish
from tidings.domain.idle import day_of
from tidings.domain.position import ms_of
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, int_of, names, number, string, text_of

REQUESTED: Final = "requested"
FOLLOWERS: Final = "followers"
FOLLOWING: Final = "following"


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
        requested=REQUESTED in item,
    )


def changes(
    table: str, follower: str, old: Edge | None, new: Edge, wish: Wish, retention_ms: int
) -> list[dict[str, Any]]:
    """The transaction that turns `old` into `new`; its first item carries its only condition."""
    expires = ms_of(new.position) + retention_ms
    items = [register(table, follower, old, new, expires)]
    was, asked = old is not None and old.following, old is not None and old.requested
    if new.following:
        # Also where it is there: a half is never older than the day of its follow.
        items.append(enter(table, follower, new))
    if new.following and not was:
        items += counted(table, follower, new, 1)
        if old is not None:
            items.append(readmit(table, follower, new.author))
    if old is not None and was and not new.following:
        items += [leave(table, follower, old), *counted(table, follower, old, -1)]
    if new.requested:
        items.append(request(table, follower, new))
    elif asked:
        items.append({"Delete": {"TableName": table, "Key": key(new.author, keys.requests(follower))}})
    if wish is Wish.END:
        items.append(hide(table, follower, new, expires))
    return items


def register(table: str, follower: str, old: Edge | None, new: Edge, expires: int) -> dict[str, Any]:
    """Put the follower's half `new`, on condition that `old` still stands.  A tombstone is kept until `expires`."""
    item = {
        **key(follower, keys.follows(new.author)),
        "position": string(new.position),
        "shard": number(new.shard),
    }
    if not new.following:
        ends = {REQUESTED: string("1")} if new.requested else {keys.TTL: expiry(expires)}
        item |= {keys.DELETED: string("1"), **ends}
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
    """Put the author's half: its key, and the day, for who follows is there."""
    half = key(keys.followers(new.author, new.shard), follower) | {"seen": number(day_of(ms_of(new.position)))}
    return {"Put": {"TableName": table, "Item": half}}


def seen_since(item: Item, day: int) -> bool:
    """Whether the follower of an author's half has looked since `day`; where it does not say, they have."""
    return "seen" not in item or int_of(item, "seen") >= day


def leave(table: str, follower: str, old: Edge) -> dict[str, Any]:
    """Delete the author's half from the shard where it lies."""
    return {"Delete": {"TableName": table, "Key": key(keys.followers(old.author, old.shard), follower)}}


def counted(table: str, follower: str, edge: Edge, by: int) -> list[dict[str, Any]]:
    """One follower more or less in the shard, and one author for the follower."""
    return [
        _add(table, key(keys.followers(edge.author, edge.shard), keys.EDGE_SHARDS), FOLLOWERS, by),
        _add(table, key(follower, keys.EDGE_COUNTS), FOLLOWING, by),
    ]


def _add(table: str, place: dict[str, Value], name: str, by: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": place,
            "UpdateExpression": f"ADD #{name} :by",
            "ExpressionAttributeNames": names(name),
            "ExpressionAttributeValues": {":by": number(by)},
        }
    }


def request(table: str, follower: str, new: Edge) -> dict[str, Any]:
    """Put the request on the author's side."""
    place = key(new.author, keys.requests(follower))
    return {"Put": {"TableName": table, "Item": {**place, "position": string(new.position)}}}


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
