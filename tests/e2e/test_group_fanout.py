"""Groups that are delivered to by chunks, through sockets in bad weather."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.crowd_steps import crowd, everybody_has
from tests.e2e.crowds import LEAVES_MS, copies, ok, tell, texts
from tests.e2e.phone import Phone
from tests.e2e.steps import (
    FENCE_MS,
    SETTLE_MS,
    gather,
    hold,
    kill,
    recipe,
    settle,
)
from tests.e2e.test_kills import points, struck


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
