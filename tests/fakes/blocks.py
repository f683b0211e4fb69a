"""Who has blocked whom, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.domain.stamp import Fence
from tidings.ports import Block


class FakeBlockLists:
    """Registers by (owner, user)."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[str, str], Block] = {}

    def get(self, owner: str, user: str) -> Block | None:
        return self.blocks.get((owner, user))

    def put(self, owner: str, block: Block, fence: Fence) -> bool:
        fence.check()
        standing = self.get(owner, block.user)
        if standing is not None and standing.position >= block.position:
            return standing.position == block.position
        self.blocks[owner, block.user] = block
        return True

    def _blocking(self, owner: str, user: str) -> bool:
        block = self.get(owner, user)
        return block is not None and block.blocking

    def between(self, user: str, others: Iterable[str], *, strong: bool) -> frozenset[str]:
        return frozenset(each for each in others if self._blocking(user, each) or self._blocking(each, user))

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        mine = sorted(user for of, user in self.blocks if of == owner and self._blocking(owner, user))
        rest = [user for user in mine if user > (after or "")]
        return rest[:limit], rest[limit - 1] if len(rest) > limit else None
