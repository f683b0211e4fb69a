"""The home timeline, live: when the client asks again, what it hands on, and what the command prints."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from client import NewPosts, Post
from client.lanes import Request
from client.watching import TIMELINE_S
from tests.unit.client_alice import Alice
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import BASE, Rig, error, live, serve, until

__all__ = ["clean"]

QUARTER_S = 15 * 60


def watching(action: dict[str, Any]) -> dict[str, Any] | None:
    return {"type": "watching", "until": BASE + QUARTER_S * 1_000} if action["action"] == "timeline.watch" else None


def watch(alice: Alice, on: bool = True) -> None:
    alice.session.submit(Request("timeline.watch", {"on": on}), alice.now)


def asks(alice: Alice) -> list[dict[str, Any]]:
    """The watches among the frames that leave now; everything is answered."""
    frames = alice.frames()
    alice.answer(*frames)
    return [frame for frame in frames if frame["action"] == "timeline.watch"]


def view(number: int, author: str = "bob") -> dict[str, Any]:
    return {"author": author, "position": f"p{number}", "text": f"post {number}", "at": BASE + number}


def post(number: int, author: str = "bob") -> Post:
    return Post(author, f"p{number}", f"post {number}", BASE + number)


def test_it_is_asked_again_in_time_and_on_each_connection() -> None:
    alice = Alice()
    alice.model.refuse = watching
    watch(alice)
    assert len(asks(alice)) == 1
    assert TIMELINE_S < QUARTER_S
    for _ in range(2):
        alice.wait(TIMELINE_S - 1)
        assert asks(alice) == []
        assert alice.session.deadline is not None
        assert alice.session.deadline <= alice.now + 1
        alice.wait(1)
        assert len(asks(alice)) == 1
    alice.session.closed()
    alice.session.opened(alice.now)
    assert len(asks(alice)) == 1
    watch(alice, on=False)
    assert len(asks(alice)) == 1
    alice.wait(2 * TIMELINE_S)
    assert asks(alice) == []
    alice.session.closed()
    alice.session.opened(alice.now)
    assert asks(alice) == []


def test_it_is_not_asked_again_before_it_is_answered() -> None:
    alice = Alice()
    watch(alice)
    (frame,) = alice.frames()
    assert alice.session.deadline is not None
    assert alice.session.deadline > alice.now
    alice.model.refuse = watching
    alice.answer(frame)
    assert asks(alice) == []


def test_who_is_refused_does_not_ask_again() -> None:
    alice = Alice()
    alice.model.refuse = lambda action: error(None, "forbidden") if action["action"] == "timeline.watch" else None
    watch(alice)
    assert len(asks(alice)) == 1
    alice.wait(2 * TIMELINE_S)
    assert asks(alice) == []


def test_after_a_lost_line_it_says_that_something_may_have_come() -> None:
    alice = Alice()
    alice.model.refuse = watching
    watch(alice)
    asks(alice)
    alice.wait(TIMELINE_S)
    asks(alice)
    assert alice.events() == []
    for _ in range(2):
        alice.session.closed()
        alice.session.opened(alice.now)
    asks(alice)
    assert alice.events() == [NewPosts(new=0)]
    alice.wait(TIMELINE_S)
    asks(alice)
    assert alice.events() == []


def test_what_comes_is_handed_on() -> None:
    alice = Alice()
    alice.session.received(live({"kind": "timeline", "new": 2, "posts": [view(1), view(2)]}), alice.now)
    alice.session.received(live({"kind": "timeline", "new": 7}), alice.now)
    assert alice.events() == [NewPosts(new=2, posts=(post(1), post(2))), NewPosts(new=7)]


async def test_timeline_follow_prints_each_post_once_and_looks_up_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    pages = {None: ([view(2), view(1)], None), "s1": ([view(8), view(7)], "down"), "down": ([view(6), view(3)], None)}

    def answer(action: dict[str, Any]) -> dict[str, Any] | None:
        if action["action"] != "timeline.home":
            return watching(action)
        posts, before = pages[action.get("before") or action.get("since")]
        cursors = {"before": before} if before else {}
        return {"type": "timeline", "posts": posts, **cursors, **({} if "before" in action else {"since": "s1"})}

    async with serve() as rig:
        rig.model.refuse = answer
        command = asyncio.create_task(run(rig, "timeline", "--follow"))
        printed = ""

        async def shows(text: str) -> None:
            nonlocal printed
            while text not in printed:
                printed += capsys.readouterr().out
                await asyncio.sleep(0.01)

        await shows("post 2")
        for event in (
            {"kind": "timeline", "new": 1, "posts": [view(3)]},
            {"kind": "timeline", "new": 1, "posts": [view(3)]},
            {"kind": "timeline", "new": 6},
        ):
            await rig.sockets["alice"].send(json.dumps({"type": "events", "events": [event]}))
        await shows("post 8")
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
        assert [frame["action"] for frame in asked(rig)][:2] == ["timeline.watch", "timeline.home"]
    assert [line.split("post ")[1][0] for line in printed.splitlines()] == ["1", "2", "3", "6", "7", "8"]


async def test_what_a_live_post_passes_on_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    passed_on = view(1, author="carol")
    repost = {**view(4), "text": "", "repost_of": {"author": "carol", "position": "p1"}}
    pages = {None: [], "s1": [repost]}

    def answer(action: dict[str, Any]) -> dict[str, Any] | None:
        if action["action"] != "timeline.home":
            return watching(action)
        return {"type": "timeline", "posts": pages[action.get("since")], "originals": [passed_on], "since": "s1"}

    async with serve() as rig:
        rig.model.refuse = answer
        command = asyncio.create_task(run(rig, "timeline", "--follow"))
        await until(lambda: any(frame["action"] == "timeline.home" for frame in asked_all(rig)))
        event = {"kind": "timeline", "new": 1, "posts": [repost]}
        await rig.sockets["alice"].send(json.dumps({"type": "events", "events": [event]}))
        printed = ""
        while "\n" not in printed:
            printed += capsys.readouterr().out
            await asyncio.sleep(0.01)
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
    assert "carol: post 1" in printed
    assert printed.count("\n") == 1


async def test_timeline_follow_looks_up_what_came_while_the_line_was_lost(capsys: pytest.CaptureFixture[str]) -> None:
    pages = {None: [view(1)], "s1": [view(2), view(1)]}

    def answer(action: dict[str, Any]) -> dict[str, Any] | None:
        if action["action"] != "timeline.home":
            return watching(action)
        return {"type": "timeline", "posts": pages[action.get("since")], "since": "s1"}

    async with serve() as rig:
        rig.model.refuse = answer
        command = asyncio.create_task(run(rig, "timeline", "--follow"))
        printed = ""
        while "post 2" not in printed:
            printed += capsys.readouterr().out
            if "post 1" in printed and len(rig.tokens) == 1:
                await rig.sockets["alice"].close(1001)
            await asyncio.sleep(0.01)
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
    assert printed.count("\n") == 2


async def test_tail_prints_it_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = watching
        command = asyncio.create_task(run(rig, "tail", "--timeline"))
        await until(lambda: any(frame["action"] == "sync" for frame in asked_all(rig)))
        for event in ({"kind": "timeline", "new": 1, "posts": [view(3)]}, {"kind": "timeline", "new": 6}):
            await rig.sockets["alice"].send(json.dumps({"type": "events", "events": [event]}))
        printed = ""
        while printed.count("\n") < 2:
            printed += capsys.readouterr().out
            await asyncio.sleep(0.01)
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
    assert "timeline.watch" in [frame["action"] for frame in asked(rig)]
    one, many = [json.loads(line) for line in printed.splitlines()]
    assert (one["event"], one["new"], one["posts"][0]["position"]) == ("timeline", 1, "p3")
    assert many == {"event": "timeline", "new": 6}


def asked_all(rig: Rig) -> list[dict[str, Any]]:
    return [frame for _, frame in rig.model.heard]
