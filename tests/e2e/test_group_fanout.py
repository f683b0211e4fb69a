"""Groups that are too large for the sender to deliver to, by chunks and by pulling, through sockets in bad weather."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import PUSH_MEMBERS, Connect
from tests.e2e.crowds import LEAVES_MS, copies, gathered, ok, path, silent, tell, texts, watch
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import (
    FENCE_MS,
    SETTLE_MS,
    gather,
    hold,
    kill,
    notification,
    pause,
    pushes,
    recipe,
    registered,
    settle,
)
from tests.e2e.test_kills import points, struck
from tidings.domain.groups import REMEMBERED_MS

CROWD = 27
WALK_MS = 20_001


class Crowd:
    """alice and bob at their phones, and many who are away."""

    def __init__(self, alice: Phone, bob: Phone, away: list[str], group: str) -> None:
        self.alice, self.bob, self.away, self.group = alice, bob, away, group


async def crowd(connect: Connect, control: AsyncControlClient, user: Any, number: int = CROWD) -> Crowd:
    """A group of `number` members; alice owns it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    away = await silent(control, [user(f"m{each:03}") for each in range(number - 2)])
    group = await gathered(alice, [bob.user, *away])
    await settle(control)
    return Crowd(alice, bob, away, group)


async def everybody_has(control: AsyncControlClient, here: Crowd, expected: list[str]) -> None:
    """Each mailbox holds these texts, once each, in this order."""
    for member in (here.alice.user, here.bob.user, *here.away):
        assert await copies(control, member) == expected, member


async def test_a_message_reaches_every_member(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    here = await crowd(connect, control, user)
    laptop = await connect(here.alice.user, device="laptop")
    await laptop.ask("device.register")
    asked = [await tell(here.alice, here.group, f"{number}") for number in range(3)]
    await here.bob.until(lambda: len(here.bob.messages()) == 3)
    await laptop.until(lambda: len(laptop.messages()) == 3)
    await settle(control)
    await everybody_has(control, here, ["0", "1", "2"])
    assert here.alice.messages() == [], "the sending device knows already"
    assert sorted(event["position"] for event in here.bob.messages()) == [each["position"] for each in asked]
    late = await connect(here.away[0])
    assert texts((await late.mailbox())[0], here.group) == ["0", "1", "2"]


async def test_one_order_for_everybody_in_bad_weather(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Frames out of order and lost, invocations refused, records and jobs twice and late: each once, in one order."""
    here = await crowd(connect, control, user)
    reader = await connect(here.away[0])
    for phone in (here.alice, here.bob):
        phone.patience_s = 0.5
    await control.misbehave(
        seed=11,
        reorder=2,
        delay_ms=20,
        lose_frame=0.1,
        lose_reply=0.1,
        throttle=0.1,
        duplicate_records=0.5,
        duplicate_messages=0.5,
        stream_delay_ms=200,
    )

    async def talk(phone: Phone, name: str) -> list[str]:
        return [(await tell(phone, here.group, f"{name}{number}"))["position"] for number in range(6)]

    said = await gather(talk(here.alice, "a"), talk(here.bob, "b"))
    await control.behave()
    await settle(control)
    names = [f"{name}{number}" for name in "ab" for number in range(6)]
    order = [name for _, name in sorted(zip([*said[0], *said[1]], names, strict=True))]
    assert [name for name in order if name[0] == "a"] == names[:6], "a well-behaved client keeps its order"
    await everybody_has(control, here, order)
    for phone in (here.alice, here.bob, reader):
        assert texts((await phone.mailbox())[0], here.group) == order


async def test_a_busy_table_delays_and_loses_nobody(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    here = await crowd(connect, control, user)
    rules = [
        {"action": "unprocessed", "function": "Work", "operation": "BatchWriteItem", "probability": 0.5, "times": None},
        {
            "action": "error",
            "function": "Work",
            "operation": "BatchWriteItem",
            "code": "ProvisionedThroughputExceededException",
            "probability": 0.3,
            "times": 6,
        },
    ]
    await control.misbehave(seed=5, calls=rules)
    for number in range(4):
        await tell(here.alice, here.group, f"{number}")
    await settle(control)
    await control.behave()
    await settle(control)
    await everybody_has(control, here, ["0", "1", "2", "3"])


@pytest.mark.parametrize("function", ["Plan", "Work"])
async def test_a_worker_dies_before_and_after_each_call(
    function: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    here = await crowd(connect, control, user)
    unharmed = await tell(here.alice, here.group, "unharmed")
    await settle(control)
    expected = ["unharmed"]
    for call, when in points(await recipe(control, function, unharmed["position"])):
        text = f"{function} {call} {when}"
        await control.misbehave(calls=[kill(function, here.group, "", when, call=call)])
        sent = await tell(here.alice, here.group, text)
        await settle(control)
        assert await struck(control, function, sent["position"]), text
        expected.append(text)
    await everybody_has(control, here, expected)
    assert texts((await here.bob.mailbox())[0], here.group) == expected


async def test_a_chunk_that_is_done_late_is_new_to_whoever_synced_meanwhile(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Its worker is held past F: nothing is written; past T it comes under an arrival of its own."""
    here = await crowd(connect, control, user)
    await control.misbehave(holds=[hold("Work", here.group, times=None)])
    await tell(here.alice, here.group, "late")
    await control.stopped(at_least=1)
    await control.advance(FENCE_MS + SETTLE_MS)
    _, cursor = await here.bob.mailbox()
    await control.advance(SETTLE_MS)
    _, cursor = await here.bob.mailbox(cursor)
    await control.misbehave(holds=[])
    await control.release("held")
    await settle(control)
    await everybody_has(control, here, ["late"])
    assert texts((await here.bob.mailbox(cursor))[0], here.group) == ["late"]


async def test_who_is_removed_receives_nothing_later(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    here = await crowd(connect, control, user)
    await tell(here.alice, here.group, "before")
    await ok(here.alice, "group.remove", conversation=here.group, member=here.bob.user)
    await control.advance(LEAVES_MS)
    await tell(here.alice, here.group, "after")
    await settle(control)
    assert texts((await here.bob.mailbox())[0], here.group) == ["before"]
    assert texts(here.bob.events, here.group) == ["before"]
    assert await copies(control, here.away[0]) == ["before", "after"]


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
    slow = pause("Work", '\\"of\\":\\"pull\\"', "UpdateItem", "after")
    await control.misbehave(calls=[slow])
    group = await gathered(alice, [bob.user, *await silent(control, [user(f"m{n:03}") for n in range(PUSH_MEMBERS)])])
    await control.idle(100, advance_ms=2 * (SETTLE_MS + REMEMBERED_MS))
    await control.stopped(at_least=1)
    await control.advance(WALK_MS)
    await control.release("paused")
    await settle(control)
    assert await path(control, group) == "pull"
    walks = await control.invocations("Work", contains='\\"of\\":\\"pull\\"', limit=10)
    assert len(walks) == 2
    await tell(alice, group, "hello")
    assert texts((await bob.mailbox())[0], group) == ["hello"]


async def test_crossing_workers_that_die_go_on(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Struck at some of the marks, at both turns, and at the stream's record."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    jobs = {each: f'\\"of\\":\\"{each}\\"' for each in ("cross", "pull")}
    rules = [
        kill("Work", jobs["pull"], "", "after", call=7),
        kill("Work", jobs["cross"], "UpdateItem", "after"),
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
