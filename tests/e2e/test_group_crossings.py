"""Groups too large to be pushed to: crossing over and back, live frames and pushes, through real sockets."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import PUSH_MEMBERS, Connect
from tests.e2e.crowd_steps import Crowd, crowd
from tests.e2e.crowds import LEAVES_MS, copies, gathered, ok, path, silent, tell, texts, watch
from tests.e2e.phone import new_id
from tests.e2e.steps import (
    SETTLE_MS,
    kill,
    notification,
    pause,
    pushes,
    registered,
    settle,
)
from tests.e2e.test_kills import struck
from tidings.domain.groups import REMEMBERED_MS

WALK_MS = 20_001


async def large(connect: Connect, control: AsyncControlClient, user: Any) -> Crowd:
    """One more than are pushed to; it has gone over."""
    here = await crowd(connect, control, user, PUSH_MEMBERS + 1)
    assert await path(control, here.group) == "pull"
    return here


async def test_readers_who_are_away_while_a_group_crosses_up_and_down_lose_and_repeat_nothing(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    here = await crowd(connect, control, user, PUSH_MEMBERS - 1)
    expected: list[str] = []
    reader = await connect(here.away[0])
    seen: list[dict[str, Any]] = []
    events, cursor = await reader.mailbox()

    async def talk(*names: str) -> None:
        for name in names:
            await tell(here.alice, here.group, name)
            expected.append(name)

    async def catch_up() -> None:
        nonlocal cursor
        events, cursor = await reader.mailbox(cursor, limit=2)
        news = [event for event in events if event["kind"] == "message"]
        assert not {event["client_id"] for event in seen} & {event["client_id"] for event in news}
        seen.extend(news)
        assert texts(seen, here.group) == expected

    await talk("pushed 1", "pushed 2")
    more = await silent(control, [user("n1"), user("n2")])
    await ok(here.alice, "group.add", conversation=here.group, members=more)
    await talk("while it crosses")
    await settle(control)
    assert await path(control, here.group) == "pull"
    await talk("pulled 1", "pulled 2", "pulled 3")
    assert [text for text in await copies(control, here.away[1]) if text[0] == "p"] == ["pushed 1", "pushed 2"]
    await control.advance(2 * SETTLE_MS)
    await catch_up()
    await talk("pulled 4")
    for member in here.away[-(PUSH_MEMBERS // 3) :]:
        await ok(here.alice, "group.remove", conversation=here.group, member=member)
    await talk("while it goes back")
    await settle(control)
    assert await path(control, here.group) == "chunk"
    await talk("pushed 3")
    await settle(control)
    await control.advance(2 * SETTLE_MS)
    await catch_up()
    held = [text for text in await copies(control, here.away[1]) if text[0] == "p"]
    assert held == ["pushed 1", "pushed 2", "pushed 3"], "what is pulled is written for nobody"
    await control.advance(2 * SETTLE_MS)
    events, cursor = await reader.mailbox(cursor)
    assert texts(events, here.group) == [], "nothing comes again and again"
    fresh = await connect(here.away[0], device="fresh")
    assert texts((await fresh.mailbox(limit=3))[0], here.group) == expected


async def test_only_who_watches_a_large_group_gets_it_live(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    here = await large(connect, control, user)
    other, laptop = await connect(here.away[0]), await connect(here.bob.user, device="laptop")
    await watch(here.bob, here.group)
    await watch(here.alice, here.group)
    await tell(here.alice, here.group, "hello")
    await here.bob.until(here.bob.messages)
    await settle(control)
    assert [phone.messages() for phone in (here.alice, other, laptop)] == [[], [], []]
    for phone in (other, laptop, here.bob):
        assert texts((await phone.mailbox())[0], here.group) == ["hello"]
    await watch(here.bob, here.group, on=False)
    await tell(here.alice, here.group, "again")
    await settle(control)
    assert texts(here.bob.events, here.group) == ["hello"]


async def test_who_is_removed_from_a_large_group_hears_nothing_later(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    here = await large(connect, control, user)
    await watch(here.bob, here.group)
    await tell(here.alice, here.group, "before")
    await here.bob.until(here.bob.messages)
    await ok(here.alice, "group.remove", conversation=here.group, member=here.bob.user)
    await control.advance(LEAVES_MS)
    await tell(here.alice, here.group, "after")
    await settle(control)
    assert texts(here.bob.events, here.group) == ["before"]
    assert texts((await here.bob.mailbox())[0], here.group) == ["before"]
    answer = await here.bob.ask("watch", conversation=here.group)
    assert (answer["type"], answer["code"]) == ("error", "forbidden")


async def test_a_large_group_pushes_for_mentions_only(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    here = await large(connect, control, user)
    called, called_token = await registered(connect, here.away[0])
    quiet, quiet_token = await registered(connect, here.away[1])
    for phone in (called, quiet):
        await phone.close()
    await tell(here.alice, here.group, "to nobody")
    sent = await tell(here.alice, here.group, "to you", mentions=[called.user])
    await settle(control)
    assert [notification(each)["data"]["position"] for each in await pushes(control, called_token)] == [
        sent["position"]
    ]
    assert await pushes(control, quiet_token) == []
    back = await connect(called.user)
    assert texts((await back.mailbox())[0], here.group) == ["to nobody", "to you"]


async def test_a_crossing_that_takes_long_goes_on_where_it_was(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """One run marks members for twenty seconds at most."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    job = '\\"of\\":\\"pull\\"'
    await control.misbehave(calls=[pause("Work", job, "UpdateItem", "after")])
    group = await gathered(alice, [bob.user, *await silent(control, [user(f"m{n:03}") for n in range(PUSH_MEMBERS)])])
    await control.idle(100, advance_ms=2 * (SETTLE_MS + REMEMBERED_MS))
    await control.stopped(at_least=1)
    await control.advance(WALK_MS)
    await control.release("paused")
    await settle(control)
    assert await path(control, group) == "pull"
    walks = await control.invocations("Work", contains=f'{job},\\"owner\\":\\"{group}\\"', limit=10)
    assert len(walks) == 2
    await tell(alice, group, "hello")
    assert texts((await bob.mailbox())[0], group) == ["hello"]


async def test_crossing_workers_that_die_go_on(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Struck at some of the marks, at both turns, and at the stream's record."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    jobs = {each: f'\\"of\\":\\"{each}\\"' for each in ("cross", "pull")}
    rules = [
        kill("Work", jobs["pull"], "", "after", call=7),
        # A plan that is repeated asks twice: whichever of the two turns the group, it dies.
        kill("Work", jobs["cross"], "UpdateItem", "after", times=2),
        kill("Plan", '"meta"', "SendMessageBatch", "after"),
    ]
    await control.misbehave(calls=rules)
    away = await silent(control, [user(f"m{each:03}") for each in range(PUSH_MEMBERS)])
    group = await gathered(alice, [bob.user, *away])
    await settle(control)
    for function, contains in (("Work", jobs["pull"]), ("Work", jobs["cross"]), ("Plan", '"meta"')):
        assert await struck(control, function, contains), (function, contains)
    assert await path(control, group) == "pull"
    await tell(alice, group, f"pulled {new_id()}")
    reader = await connect(away[-1])
    assert len(texts((await reader.mailbox())[0], group)) == 1
    assert await copies(control, away[-1]) == []
