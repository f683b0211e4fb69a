"""Whatever people do: each of their devices, the history, the list, receipts and groups tell the same.

Plays of random acts, one of them in bad weather.  TIDINGS_PLAYS=100:180 plays eighty others instead, each third so.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from client import Timing
from local.control_client import AsyncControlClient
from tests.e2e.agreement.checks import Check
from tests.e2e.agreement.play import Play
from tests.e2e.app import App, Open, User, weather
from tests.e2e.steps import SETTLE_MS, settle

NAMES = ("ann", "ben", "cat")
ACTS = 30
CHOSEN = ((1075, False), (146, True))
"""Plays with much that crosses: blocks and what is taken back, members who go and come back, settings."""


def plays() -> list[tuple[int, bool]]:
    """Seeds, and whether the weather is bad."""
    given = os.environ.get("TIDINGS_PLAYS")
    return [(seed, seed % 3 == 0) for seed in range(*map(int, given.split(":")))] if given else list(CHOSEN)


EAGER = Timing(ack=0.3, ack_cap=2.0, retry=0.1, receipts=0.05)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("seed", "stormy"), plays())
async def test_all_views_agree(seed: int, stormy: bool, app: Open, control: AsyncControlClient, user: User) -> None:
    dice = random.Random(seed)
    names = [user(name) for name in NAMES]
    wanted = [(name, device) for name in names for device in ("phone", "laptop", "tablet")]
    opened = await asyncio.gather(*(app(*each, timing=EAGER) for each in wanted))
    play = Play(dice, control, dict(zip(wanted, opened, strict=True)))
    try:
        await control.misbehave(**(weather(seed) if stormy else {}))
        await perform(play, app)
        await control.behave()
        await settle(control)
        await control.advance(2 * SETTLE_MS)
        await asyncio.gather(*(each.client.sync() for each in play.devices.values()))
        check = Check(play.model, dice, exact=not stormy)
        for name in names:
            phone, laptop, tablet = (play.devices[name, each] for each in ("phone", "laptop", "tablet"))
            await check.user(name, (phone, laptop), tablet, await app(name, "fresh", timing=EAGER))
        assert not check.found, "\n".join(check.found)
    except BaseException:
        print("\n".join(play.script))
        raise


async def perform(play: Play, app: Open) -> None:
    """The acts; tablets go and come back, with what their programs know."""
    away: dict[tuple[str, str], App] = {}
    for _ in range(ACTS):
        await play.act()
        if play.dice.random() < 0.15:
            key = (play.dice.choice(list(play.phones)), "tablet")
            if key in away:
                play.devices[key] = await app(*key, away.pop(key).book, EAGER)
            else:
                await play.devices[key].client.close()
                away[key] = play.devices.pop(key)
    for key, gone in away.items():
        play.devices[key] = await app(*key, gone.book, EAGER)
