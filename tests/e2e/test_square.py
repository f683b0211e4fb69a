"""A few people do what they like, all of it together: in the end all views agree, with each other and with a model.

`TIDINGS_SQUARE=1-200` plays these seeds, and for longer.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.square.gathering import Gathering

PLAYED = os.environ.get("TIDINGS_SQUARE", "")
FIRST, LAST = map(int, (PLAYED or "1-2").split("-"))
STEPS = 50 if PLAYED else 12


@pytest.mark.parametrize("seed", range(FIRST, LAST + 1))
async def test_all_views_agree(seed: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    people = Gathering(seed, 5 + seed % 4 if PLAYED else 4, connect, control, user)
    try:
        await people.arrive()
        await people.live(STEPS)
        if PLAYED:
            await people.look()
            await people.live(STEPS // 2)
        await people.look(posts=12 if PLAYED else 4, queries=4 if PLAYED else 1)
    except AssertionError:
        print(*people.acts.log, sep="\n")
        raise
