"""Acts at random."""

from __future__ import annotations

import asyncio

from tests.e2e.agreement.crowd import Crowd
from tests.e2e.agreement.own import Own
from tests.e2e.agreement.talk import Talk

AT_ONCE = 5


class Play(Talk, Own, Crowd):
    """A play without a plot."""

    async def act(self) -> None:
        """One act, or several at once."""
        await self.clear()
        if self.dice.random() < 0.1:
            kinds = self.dice.choices((self.send, self.edit, self.unsend, self.react), k=AT_ONCE)
            self.loose = True
            await asyncio.gather(*(act(self.dice.choice(list(self.phones))) for act in kinds))
            self.loose = False
            return
        weights = {
            self.send: 30,
            self.edit: 10,
            self.unsend: 6,
            self.react: 12,
            self.hide: 5,
            self.read: 8,
            self.prefer: 5,
            self.block: 7,
            self.keep: 2,
            self.wait: 3,
            self.found: 3,
            self.add: 5,
            self.remove: 4,
            self.leave: 2,
            self.role: 3,
            self.update: 4,
        }
        (act,) = self.dice.choices(list(weights), list(weights.values()))
        await act(self.dice.choice(list(self.phones)))
