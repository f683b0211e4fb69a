"""`Posts`: each post once, by author, or its tombstone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tidings.domain.events import Path
from tidings.domain.posts import Post, PostRef
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, refs
from tidings.storage.attributes import Item, names, string, text_of, texts_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ConditionFailed, answered
from tidings.storage.conditional import put_first
from tidings.storage.pages import between, newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class PostStore:
    """The posts in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def append(self, post: Post, fence: Fence) -> Post | None:
        """Put the post if its position is free.  None: written.  Else what stands there."""
        standing = put_first(self._client, self._table, _item(post), "author_id", fence)
        return None if standing is None else decode(standing)

    def get(self, author: str, position: str, *, strong: bool) -> Post | None:
        """A post, or its tombstone (`text` None)."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=key(author, position), ConsistentRead=strong).get(
                "Item"
            )
        return decode(item) if item else None

    def many(self, refs: Iterable[PostRef], *, strong: bool = False) -> dict[PostRef, Post]:
        """Those of `refs` that there are, tombstones included, in batches."""
        wanted = [key(ref.author, ref.position) for ref in dict.fromkeys(refs)]
        found = map(decode, get_all(self._client, self._table, wanted, self._clock, strong=strong))
        return {post.ref: post for post in found}

    def tombstone(self, author: str, position: str, fence: Fence) -> bool:
        """Replace by a tombstone.  False when there never was such a post."""
        fence.check()
        try:
            with answered():
                self._client.update_item(**leaving(self._table, author, position)["Update"])
        except ConditionFailed:
            return False
        return True

    def page(self, author: str, after: str, before: str, limit: int, *, strong: bool) -> tuple[list[Post], str | None]:
        """Up to `limit` posts between the positions, newest first, tombstones left out; the last position looked at
        when there may be more, else None."""
        request = between(self._table, ("author_id", author), "position", after, before, strong=strong)
        return ([], None) if request is None else newest_first(self._client, request, "position", limit, _shown)


def entering(table: str, post: Post) -> dict[str, Any]:
    """Put a post, as a part of a transaction, on condition that its position is free."""
    condition = {
        "ConditionExpression": "attribute_not_exists(#author_id)",
        "ExpressionAttributeNames": names("author_id"),
    }
    return {"Put": {"TableName": table, "Item": _item(post), **condition}}


def leaving(table: str, author: str, position: str) -> dict[str, Any]:
    """Make a post a tombstone, likewise, on condition that there is one."""
    return {
        "Update": {
            "TableName": table,
            "Key": key(author, position),
            "UpdateExpression": f"SET #{keys.DELETED} = :yes REMOVE #text",
            "ConditionExpression": "attribute_exists(#author_id)",
            "ExpressionAttributeNames": names("author_id", "text", keys.DELETED),
            "ExpressionAttributeValues": {":yes": string("1")},
        }
    }


def decode(item: Item) -> Post:
    """A post's item, as stored or as a stream shows it."""
    return Post(
        author=text_of(item, "author_id"),
        position=text_of(item, "position"),
        client_id=text_of(item, "client_id"),
        path=Path(text_of(item, "path")),
        text=None if keys.DELETED in item else text_of(item, "text"),
        **refs.decode(item, "reply_to", "root", "quote", "repost_of"),
        mentions=tuple(sorted(texts_of(item, "mentions"))),
    )


def _item(post: Post) -> dict[str, Any]:
    item = {**key(post.author, post.position), "client_id": string(post.client_id), "path": string(post.path)}
    item |= {keys.DELETED: string("1")} if post.text is None else {"text": string(post.text)}
    item |= refs.encode(reply_to=post.reply_to, root=post.root, quote=post.quote, repost_of=post.repost_of)
    if post.mentions:
        item["mentions"] = {"SS": list(post.mentions)}
    return item


def _shown(item: Item) -> Post | None:
    return None if keys.DELETED in item else decode(item)


def key(author: str, position: str) -> dict[str, Any]:
    """The key of a post."""
    return {"author_id": string(author), "position": string(position)}
