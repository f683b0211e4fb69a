"""Where acts take place: the devices, the clock, what was acked so far, and whom an act is about."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

from client import RequestError
from local.control_client import AsyncControlClient
from tests.e2e.agreement.model import Chat, Model, Noted, ms
from tests.e2e.app import App
from tests.e2e.phone import new_id

IDLE_MS = 500_000
"""After so long without a frame a connection may have ended."""
ENDING_MS = (5_000, 11_000)
"""So long after a leave it is open who still receives."""
AGAIN = 0.15
"""How often a request that was acked is sent again."""
UNSEEN = 0.07
"""How often something is tried with what may be out of sight."""


class Stage:
    """Some users, who act with their phones.  `script` is what they did, for whoever has to find out why."""

    def __init__(self, dice: random.Random, control: AsyncControlClient, devices: dict[tuple[str, str], App]) -> None:
        self.dice = dice
        self.control = control
        self.devices = devices
        self.phones = {user: app for (user, device), app in devices.items() if device == "phone"}
        self.model = Model()
        self.script: list[str] = []
        self.loose = False
        """Whether several act at once: then it is open what is refused."""
        self._now = (0, 0.0)
        self._number = 0

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """About the server's time, epoch ms."""
        at, since = self._now
        return at + int((time.monotonic() - since) * 1_000)

    async def later(self, milliseconds: int) -> None:
        """Move the clock.  Connections that this ends are replaced, and those devices know what they missed."""
        self.script.append(f"{milliseconds} ms later")
        self._now = ((await self.control.advance(milliseconds))["now_ms"], time.monotonic())
        if milliseconds > IDLE_MS:
            await asyncio.gather(*(each.client.drop() for each in self.devices.values()))
            await asyncio.gather(*(each.client.sync() for each in self.devices.values()))

    async def clear(self) -> None:
        """Nobody's stay ends just now: then it would be open who is told."""
        low, high = ENDING_MS
        stays = [stay for chat in self.model.chats.values() for each in chat.stays.values() for stay in each]
        if any(stay.left and low < self.now - ms(stay.left) < high for stay in stays):
            await self.later(high - low)

    # -- requests ------------------------------------------------------------------------------------------------

    async def ask(self, who: str, action: str, wanted: bool | None, **fields: Any) -> dict[str, Any] | None:
        """A request, now and then sent again; None where it was refused.

        `wanted`: whether it must be acked, None: that is open.
        """
        fields = {name: value for name, value in fields.items() if value is not None}
        said = " ".join([who, action, *(f"{name}={value}" for name, value in fields.items())])
        wanted = None if self.loose else wanted
        client, once = self.phones[who].client, action in ("ack", "privacy")
        again = not once and self.dice.random() < AGAIN
        fields |= {} if once else {"client_id": new_id()}
        try:
            answer = await client.ask(action, **fields)
            if again:
                assert (await client.ask(action, **fields))["position"] == answer["position"], said
        except RequestError as error:
            self.script.append(f"{said} -> {error.code}")
            assert not wanted, self.script[-1]
            return None
        self.script.append(f"{said} -> {answer.get('position')}")
        assert wanted is not False, self.script[-1]
        if not once:
            self._now = (max(ms(answer["position"]), self.now), time.monotonic())
        return answer

    # -- whom and what -------------------------------------------------------------------------------------------

    def number(self) -> int:
        """The next one, for texts that are told apart."""
        self._number += 1
        return self._number

    def others(self, user: str) -> list[str]:
        """Everybody else."""
        return [each for each in self.phones if each != user]

    def chat(self, user: str, *, groups: bool = False) -> Chat | None:
        """A conversation that the user is, or was, in."""
        mine = [each for each in self.model.chats.values() if each.stays[user] and (each.group or not groups)]
        return self.dice.choice(mine) if mine else None

    def target(self, user: str, chat: Chat, kinds: Sequence[str] = ("message",)) -> Noted | None:
        """Something in a conversation, mostly what the user sees."""
        every = [each for each in chat.log.values() if each.kind in kinds]
        seen = {at for at, *_ in self.model.past(user, chat)}
        sure = [each for each in every if each.position in seen]
        among = sure if sure and self.dice.random() >= UNSEEN else every
        return self.dice.choice(among) if among else None
