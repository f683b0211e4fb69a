"""Somebody is back after days, and a worker dies before or after any call of what rebuilds their home.

The kill points are read off a run that nobody harmed.  A reader for each: all come back at the same time.
"""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.steps import follow, gather, publish, settle, tail
from tests.e2e.tables import items
from tests.e2e.test_kills import calls, kill, points, struck
from tests.e2e.test_returning import AWAY_MS, feed
from tidings.domain.idle import DAY_MS

AT_ONCE = 8
TEXTS = ["missed 0", "missed 1"]


def walk(reader: str, name: str) -> str:
    """What stands in the job of one of the two walks."""
    follows = "position" if name == "again" else "kind"
    return f'\\"of\\":\\"return\\",\\"owner\\":\\"{reader}\\",\\"{follows}\\"'


async def away(connect: Connect, control: AsyncControlClient, user: Any, names: list[str]) -> None:
    """Two authors have posted while their followers `names` did not look."""
    authors = [await connect(user(f"author{number}")) for number in range(2)]

    async def look(name: str) -> None:
        reader = await connect(name)
        for author in authors:
            await follow(reader, author)
        await reader.home()
        await reader.close()

    for start in range(0, len(names), AT_ONCE):
        await gather(*(look(name) for name in names[start : start + AT_ONCE]))
    await settle(control)
    await control.advance(AWAY_MS)
    for author, text in zip([await connect(each.user) for each in authors], TEXTS, strict=True):
        await publish(author, text)
    await settle(control)


async def test_every_call_of_a_return(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    names = [user(f"r{number:02}") for number in range(49)]
    await away(connect, control, user, names)
    unharmed = await connect(names[0])
    assert tail(await unharmed.home()) == TEXTS[::-1]
    await settle(control)
    strikes = [
        (name, call, when)
        for name in ("refresh", "again")
        for call, when in points(await calls(control, "Work", walk(names[0], name)))
    ]
    assert len(strikes) <= len(names) - 1, strikes
    victims = dict(zip(names[1:], strikes, strict=False))
    rules = [kill("Work", walk(reader, name), call, when) for reader, (name, call, when) in victims.items()]
    await control.misbehave(calls=rules)
    back = await gather(*(connect(reader) for reader in victims))
    for page in await gather(*(reader.home() for reader in back)):
        assert tail(page) == TEXTS[::-1]
    await settle(control)
    for reader, (name, call, when) in victims.items():
        assert await struck(control, "Work", walk(reader, name)), (name, call, when)
        assert sorted(await feed(control, reader)) == TEXTS, (name, call, when)
        (note,) = [each for each in await items(control, "Graph", "owner", reader) if "asked" in each]
        assert int(note["day"]["N"]) >= int(note["asked"]["N"]) // DAY_MS, (name, call, when)


async def test_every_call_of_the_page_that_finds_somebody_back(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    names = [user(f"r{number:02}") for number in range(25)]
    await away(connect, control, user, names)
    unharmed = await connect(names[0])
    assert tail(await unharmed.home()) == TEXTS[::-1]
    made = points(await calls(control, "Timeline", names[0]))
    assert 10 <= len(made) <= len(names) - 1, made
    victims = dict(zip(names[1:], made, strict=False))
    phones = dict(zip(victims, await gather(*(connect(reader) for reader in victims)), strict=True))
    await control.misbehave(calls=[kill("Timeline", reader, *point) for reader, point in victims.items()])
    for phone in phones.values():
        await phone.put("timeline.home")
    await control.idle(60)
    for reader, point in victims.items():
        assert await struck(control, "Timeline", reader), point
        assert tail(await phones[reader].home()) == TEXTS[::-1], point
    await settle(control)
    for reader, point in victims.items():
        assert sorted(await feed(control, reader)) == TEXTS, point
