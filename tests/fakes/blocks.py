"""Who has blocked and who has muted whom, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.domain.stamp import Fence
from tidings.ports import Block, Mute


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
        by, of = self.sides(user, others, strong=strong)
        return by | of

    def sides(self, user: str, others: Iterable[str], *, strong: bool) -> tuple[frozenset[str], frozenset[str]]:
        asked = frozenset(others)
        by = frozenset(each for each in asked if self._blocking(user, each))
        return by, frozenset(each for each in asked if self._blocking(each, user))

    def hidden(self, user: str) -> frozenset[str]:
        """Whom a home read does not show: those on either side of a block."""
        ends = {end for pair, block in self.blocks.items() if block.blocking and user in pair for end in pair}
        return frozenset(ends - {user})

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        mine = sorted(user for of, user in self.blocks if of == owner and self._blocking(owner, user))
        rest = [user for user in mine if user > (after or "")]
        return rest[:limit], rest[limit - 1] if len(rest) > limit else None


class FakeMutes:
    """Registers by (owner, user)."""

    def __init__(self) -> None:
        self.mutes: dict[tuple[str, str], Mute] = {}

    def get(self, owner: str, user: str) -> Mute | None:
        return self.mutes.get((owner, user))

    def put(self, owner: str, mute: Mute, fence: Fence) -> bool:
        fence.check()
        standing = self.get(owner, mute.user)
        if standing is not None and standing.position >= mute.position:
            return standing.position == mute.position
        self.mutes[owner, mute.user] = mute
        return True

    def among(self, owner: str, users: Iterable[str]) -> frozenset[str]:
        return self.hidden(owner) & frozenset(users)

    def hidden(self, user: str) -> frozenset[str]:
        """Whom a home read does not show."""
        return frozenset(mute.user for (owner, _), mute in self.mutes.items() if owner == user and mute.muting)

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        rest = sorted(user for user in self.hidden(owner) if user > (after or ""))
        return rest[:limit], rest[limit - 1] if len(rest) > limit else None
