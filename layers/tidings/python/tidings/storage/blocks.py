"""`Graph`, the blocks: `blocks#<user>` in the partition of whoever has blocked them, a register by position.

Nothing is mirrored: whoever asks about two users knows both keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tidings.domain.position import ms_of
from tidings.domain.stamp import Fence
from tidings.ports.blocks import Block
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import answered
from tidings.storage.conditional import put_later
from tidings.storage.edges import key
from tidings.storage.listing import listed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BlockStore:
    """The blocks in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms

    def get(self, owner: str, user: str) -> Block | None:
        """The register, strongly read."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=key(owner, keys.blocks(user)), ConsistentRead=True
            ).get("Item")
        return _block(item) if item else None

    def put(self, owner: str, block: Block, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        item: dict[str, Any] = {**key(owner, keys.blocks(block.user)), "position": string(block.position)}
        if not block.blocking:
            item |= {keys.DELETED: string("1"), keys.TTL: expiry(ms_of(block.position) + self._retention)}
        standing = put_later(self._client, self._table, item, fence)
        return standing is None or text_of(standing, "position") == block.position

    def between(self, user: str, others: Iterable[str], *, strong: bool) -> frozenset[str]:
        """Those of `others` who have blocked `user` or whom `user` has blocked."""
        wanted = [
            key(*edge)
            for other in dict.fromkeys(others)
            for edge in ((user, keys.blocks(other)), (other, keys.blocks(user)))
        ]
        found = get_all(self._client, self._table, wanted, self._clock, strong=strong)
        ends = ((text_of(item, "owner"), _block(item)) for item in found)
        return frozenset(block.user if owner == user else owner for owner, block in ends if block.blocking)

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `owner` has blocked, in order of user ids; where to go on."""
        return listed(
            self._client, self._table, owner, keys.BLOCKS_PREFIX, after, limit, lambda item: keys.DELETED not in item
        )


def _block(item: Item) -> Block:
    user = text_of(item, "edge").removeprefix(keys.BLOCKS_PREFIX)
    return Block(user, text_of(item, "position"), keys.DELETED not in item)
