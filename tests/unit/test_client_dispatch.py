"""What the program is handed: everything that came before the end, whatever its handlers do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from client.dispatch import Dispatcher
from client.errors import ClientError
from client.events import Message
from client.wire import event_of
from tests.unit.client_rig import message


def made(ms: int) -> Message:
    event = event_of(message(ms, f"m{ms}"), "live")
    assert isinstance(event, Message)
    return event


@contextlib.asynccontextmanager
async def running(dispatcher: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_iterator_gets_what_came_before_the_end_however_slow_a_handler_is() -> None:
    dispatcher, gate = Dispatcher(None), asyncio.Event()

    async def slow(_: Message) -> None:
        await gate.wait()

    dispatcher.handlers[Message].append(slow)
    iterator = dispatcher.subscribe(Message)
    async with running(dispatcher):
        dispatcher.put([made(1), made(2)])
        dispatcher.end(None)
        gate.set()
        assert [each.client_id async for each in iterator] == ["m1", "m2"]


async def test_an_iterator_ends_even_when_nobody_hands_on_any_more() -> None:
    dispatcher = Dispatcher(None)
    iterator = dispatcher.subscribe(Message)
    dispatcher.end(ClientError("no more"))
    dispatcher.finish()
    for each in (iterator, dispatcher.subscribe(Message)):
        with pytest.raises(ClientError):
            await anext(each)


async def test_a_handler_whose_own_task_was_cancelled_ends_nothing() -> None:
    dispatcher, seen = Dispatcher(None), []

    async def broken(event: Message) -> None:
        seen.append(event.client_id)
        task = asyncio.create_task(asyncio.Event().wait())
        task.cancel()
        await task

    dispatcher.handlers[Message].append(broken)
    async with running(dispatcher):
        dispatcher.put([made(1), made(2)])
        async with asyncio.timeout(5):
            await dispatcher.drained()
    assert seen == ["m1", "m2"]
