"""What people do for themselves: reading, settings, blocks; and time goes by."""

from __future__ import annotations

from typing import Any

from tests.e2e.agreement.stage import Stage

WAITS_MS = (1_000, 40_000, 40_000, 1_000_000, 49 * 3_600_000)
SETTINGS: tuple[dict[str, Any], ...] = (
    {"pinned": True},
    {"pinned": False},
    {"archived": True},
    {"archived": False},
    {"mentions": False},
    {"muted_until": 9_999_999_999_999},
    {"muted_until": 0, "archived": False},
)


class Own(Stage):
    """What concerns nobody else, or should not."""

    async def read(self, user: str) -> None:
        """Up to something that they see."""
        chat = self.chat(user)
        target = self.target(user, chat, ("message", "group")) if chat else None
        if chat is None or target is None or not self.model.acts_on(user, chat, target):
            return
        at, key = target.position, (user, chat.name)
        answer = await self.ask(user, "ack", True, conversation=chat.name, kind="read", position=at)
        assert answer
        before, told = self.model.reads.get(key, ""), self.model.told_reads.get(key, "")
        hidden = user in self.model.private or bool(self.model.blocks & {(user, each) for each in chat.others(user)})
        stands = max(before, at)
        # Reads that are hidden have a mark of their own: where there are both, either may be answered.
        assert answer["position"] in ((at, stands) if hidden or told != before else (stands,)), (answer, stands)
        self.model.reads[key] = stands
        if not hidden:
            self.model.told_reads[key] = max(told, at)

    async def prefer(self, user: str) -> None:
        """How a conversation stands in the list."""
        chat = self.chat(user)
        if chat and chat.log:
            values = self.dice.choice(SETTINGS)
            await self.ask(user, "conversation.set", True, conversation=chat.name, **values)
            self.model.prefs[user, chat.name] |= values

    async def block(self, user: str) -> None:
        """Somebody is blocked, with whom they talk, or no longer."""
        mine = sorted(pair for pair in self.model.blocks if pair[0] == user)
        if mine and self.dice.random() < 0.7:
            pair = self.dice.choice(mine)
            await self.ask(user, "unblock", True, user=pair[1])
            self.model.blocks.discard(pair)
        else:
            met = [other for chat in self.model.chats.values() if chat.stays[user] for other in chat.others(user)]
            other = self.dice.choice(met or self.others(user))
            await self.ask(user, "block", True, user=other)
            self.model.blocks.add((user, other))
            self.model.silent.add((user, other))

    async def keep(self, user: str) -> None:
        """Read receipts off, or on again."""
        await self.ask(user, "privacy", True, read_receipts=user in self.model.private)
        self.model.private ^= {user}

    async def wait(self, _user: str) -> None:
        """For a second, or for two days."""
        await self.later(self.dice.choice(WAITS_MS))
