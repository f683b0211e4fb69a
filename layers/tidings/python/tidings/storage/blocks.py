"""`Graph`, the blocks and the mutes: `blocks#<user>` and `mutes#<user>` in the partition of whoever wants it, registers
by position.  `tidings.storage.hidden` keeps what home reads need of them beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tidings.domain.stamp import Fence
from tidings.ports.blocks import Block, Mute
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, text_of
from tidings.storage.batches import get_all
from tidings.storage.edges import key
from tidings.storage.hidden import MOST, HiddenStore, Name, Register
from tidings.storage.listing import listed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BlockStore:
    """The blocks in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int, most: int = MOST) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._hidden = HiddenStore(client, table, clock, retention_ms, most)

    def get(self, owner: str, user: str) -> Block | None:
        """The register, strongly read."""
        item = self._hidden.get(owner, keys.blocks(user))
        return _block(item) if item else None

    def put(self, owner: str, block: Block, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        hides = (
            Name(owner, keys.EDGE_BLOCKED, keys.blocked(block.user)),
            Name(block.user, keys.EDGE_BLOCKED, keys.blocked_by(owner)),
        )
        wanted = Register(owner, keys.blocks(block.user), block.position, block.blocking, hides)
        return self._hidden.put(wanted, fence)

    def between(self, user: str, others: Iterable[str], *, strong: bool) -> frozenset[str]:
        """Those of `others` who have blocked `user` or whom `user` has blocked."""
        by, of = self.sides(user, others, strong=strong)
        return by | of

    def sides(self, user: str, others: Iterable[str], *, strong: bool) -> tuple[frozenset[str], frozenset[str]]:
        """Those of `others` whom `user` has blocked, and those who have blocked `user`."""
        wanted = [
            key(*edge)
            for other in dict.fromkeys(others)
            for edge in ((user, keys.blocks(other)), (other, keys.blocks(user)))
        ]
        found = get_all(self._client, self._table, wanted, self._clock, strong=strong)
        blocks = [(text_of(item, "owner"), _block(item)) for item in found if keys.DELETED not in item]
        by = frozenset(block.user for owner, block in blocks if owner == user)
        return by, frozenset(owner for owner, _ in blocks if owner != user)

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `owner` has blocked, in order of user ids; where to go on."""
        return listed(
            self._client, self._table, owner, keys.BLOCKS_PREFIX, after, limit, lambda item: keys.DELETED not in item
        )


class MuteStore:
    """The mutes in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int, most: int = MOST) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._hidden = HiddenStore(client, table, clock, retention_ms, most)

    def get(self, owner: str, user: str) -> Mute | None:
        """The register, strongly read."""
        item = self._hidden.get(owner, keys.mutes(user))
        return Mute(user, text_of(item, "position"), keys.DELETED not in item) if item else None

    def put(self, owner: str, mute: Mute, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        hides = (Name(owner, keys.EDGE_MUTED, keys.muted(mute.user)),)
        return self._hidden.put(Register(owner, keys.mutes(mute.user), mute.position, mute.muting, hides), fence)

    def among(self, owner: str, users: Iterable[str]) -> frozenset[str]:
        """Those of `users` whom `owner` has muted."""
        wanted = [key(owner, keys.mutes(user)) for user in dict.fromkeys(users)]
        found = get_all(self._client, self._table, wanted, self._clock)
        return frozenset(
            text_of(item, "edge").removeprefix(keys.MUTES_PREFIX) for item in found if keys.DELETED not in item
        )

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `owner` has muted, in order of user ids; where to go on."""
        return listed(
            self._client, self._table, owner, keys.MUTES_PREFIX, after, limit, lambda item: keys.DELETED not in item
        )


def _block(item: Item) -> Block:
    user = text_of(item, "edge").removeprefix(keys.BLOCKS_PREFIX)
    return Block(user, text_of(item, "position"), keys.DELETED not in item)
