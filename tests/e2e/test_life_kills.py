"""A worker dies before and after every AWS call of an edit, an unsend, a reaction and a hide, and of the sweep.

The kill points are read off a run that nobody harmed.  Whether the client resends at once or after the first try has
settled: it is acked, everybody is told, and the log says the same.
"""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.life_steps import FIELDS, about, change, held, history, shown, trio
from tests.e2e.steps import say, settle
from tests.e2e.test_kills import SETTLED_MS, calls, kill, points, struck


@pytest.mark.parametrize("later_ms", [0, SETTLED_MS], ids=["resent-at-once", "resent-settled"])
@pytest.mark.parametrize("action", FIELDS)
async def test_requests(action: str, later_ms: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, laptop, bob = await trio(connect, user)
    unharmed = await say(alice, bob, "unharmed")
    if action == "unsend":
        await change(alice, "edit", unharmed, text="unharmed")
    await change(alice, action, unharmed, **FIELDS[action])
    made = await calls(control, "Send", f'{action}\\"')
    targets = {}
    for call, when in points(made):
        sent = await say(alice, bob, f"{call} {when}")
        if action == "unsend":
            await change(alice, "edit", sent, text=f"{call} {when}")
        frame = about(sent, **FIELDS[action])
        await control.misbehave(calls=[kill("Send", frame["client_id"], call, when)])
        await alice.put(action, **frame)
        await control.idle(60)
        assert await struck(control, "Send", frame["client_id"]), (call, when)
        if later_ms:
            await control.advance(later_ms)
        answer = await alice.insist(action, **frame)
        assert answer["type"] == "ack", (call, when, answer)
        targets[sent["position"]] = answer["position"]
    await settle(control)
    await CHECKS[action](targets, unharmed["conversation"], laptop, bob)
    if action == "unsend":
        for call, when in points(made):
            assert await held(control, f"{call} {when}", alice.user, bob.user) == [], (call, when)


async def edited(targets: dict[str, str], chat: str, *readers: Any) -> None:
    """All show the new text, and know by which edit."""
    for reader in readers:
        texts = shown((await reader.mailbox())[0])
        page = {each["position"]: each for each in (await history(reader, chat))["events"]}
        for target, edit in targets.items():
            assert texts[target] == page[target]["text"] == "edited"
            assert page[target]["edited"] == edit


async def unsent(targets: dict[str, str], chat: str, *readers: Any) -> None:
    """Nobody shows it, and everybody was told, once."""
    for reader in readers:
        events, _ = await reader.mailbox()
        told = {each["target"]: each["position"] for each in events if each["kind"] == "unsend"}
        assert targets.items() <= told.items()
        assert not shown(events).keys() & targets.keys()
        assert not {each["position"] for each in (await history(reader, chat))["events"]} & targets.keys()


async def reacted(targets: dict[str, str], chat: str, *readers: Any) -> None:
    """All count one."""
    for reader in readers:
        events, _ = await reader.mailbox()
        told = {each["target"]: each["position"] for each in events if each["kind"] == "reaction"}
        assert targets.items() <= told.items()
        counted = (await history(reader, chat))["reactions"]
        for target in targets:
            assert [(each["emoji"], each["count"]) for each in counted[target]] == [("👍", 1)]


async def hidden(targets: dict[str, str], chat: str, laptop: Any, bob: Any) -> None:
    """The other device shows none of it; Bob does."""
    events, _ = await laptop.mailbox()
    assert targets.keys() <= {each["target"] for each in events if each["kind"] == "hidden"}
    assert not {each["position"] for each in (await history(laptop, chat))["events"]} & targets.keys()
    assert targets.keys() <= {each["position"] for each in (await history(bob, chat))["events"]}


CHECKS = {"edit": edited, "unsend": unsent, "react": reacted, "hide": hidden}


@pytest.mark.parametrize("function", ["Plan", "Work"])
async def test_sweeps(function: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, _, bob = await trio(connect, user)
    unharmed = await say(alice, bob, "unharmed")
    await settle(control)
    await change(alice, "unsend", unharmed)
    await control.idle()
    made = await calls(control, function, unharmed["position"])
    for call, when in points(made):
        text = f"{function} {call} {when}"
        sent = await say(alice, bob, text)
        await control.misbehave(calls=[kill(function, sent["position"], call, when)])
        await change(alice, "unsend", sent)
        await settle(control)
        assert await struck(control, function, sent["position"]), (call, when)
        assert await held(control, text, alice.user, bob.user) == []
