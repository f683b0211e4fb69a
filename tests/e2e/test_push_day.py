"""A day of a few people through real sockets: every push that had to be, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.day.acts import (
    Add,
    Archive,
    Block,
    Come,
    Edit,
    Found,
    Go,
    Leave,
    Mute,
    Preview,
    React,
    Read,
    Register,
    Remove,
    Say,
    Unsend,
)
from tests.day.script import write
from tests.e2e.conftest import Connect
from tests.e2e.day import Stage, bunched

KINDS = (Add, Archive, Block, Come, Edit, Found, Go, Leave, Mute, Preview, React, Read, Register, Remove, Say, Unsend)


@pytest.mark.timeout(300)
async def test_a_day_of_a_few_people(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    day, bunches = bunched(write(5, people=6, groups=2), KINDS, most=45)
    wrong, expected, sent = await Stage(day, connect, control, user).play(bunches)
    assert wrong == []
    assert expected == sent > 30
