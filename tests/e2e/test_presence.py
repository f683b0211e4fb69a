"""Who is there, and who is typing, through real sockets: told, hidden, lost, and never stored."""

from __future__ import annotations

import asyncio
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import YOUNG_MS, conversation, follow, hold, pause, say, settle
from tests.e2e.tables import registry

ONLINE_MS = 300_000
HIDDEN = {"online": False}


async def ask(phone: Phone, *others: Phone) -> dict[str, dict[str, Any]]:
    """`presence.watch`; how each stands."""
    answer = await phone.ask("presence.watch", users=[each.user for each in others])
    assert answer["type"] == "presence", answer
    return {each.pop("user"): each for each in answer["users"]}


async def one(phone: Phone, other: Phone) -> dict[str, Any]:
    return (await ask(phone, other))[other.user]


def told(phone: Phone, about: Phone) -> list[bool]:
    """What a socket was told of somebody: online or not, in order of `at`."""
    events = [event for event in phone.events if event["kind"] == "presence" and event["user"] == about.user]
    return [event["online"] for event in sorted(events, key=lambda event: int(event["at"]))]


def typed(phone: Phone) -> list[tuple[str, bool]]:
    return [(event["user"], event["typing"]) for event in phone.events if event["kind"] == "typing"]


async def privacy(phone: Phone, last_seen: str) -> None:
    answer = await phone.ask("privacy", client_id=new_id(), last_seen=last_seen)
    assert answer["last_seen"] == last_seen, answer


async def block(phone: Phone, other: Phone, action: str = "block") -> None:
    answer = await phone.ask(action, client_id=new_id(), user=other.user)
    assert answer["type"] == "ack", answer


async def test_who_comes_and_goes(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, eve = await connect(user("alice")), await connect(user("eve"))
    bob = await connect(user("bob"))
    standing = await one(alice, bob)
    assert standing["online"]
    tablet = await connect(bob.user, "tablet")
    await bob.close()
    await control.idle()
    assert told(alice, bob) == [], "there is another device"
    await tablet.close()
    await alice.until(lambda: told(alice, bob) == [False])
    (gone,) = [event for event in alice.events if event["kind"] == "presence"]
    away = await one(alice, bob)
    assert away == {"online": False, "last_seen": gone["last_seen"]}
    back = await connect(bob.user)
    await alice.until(lambda: told(alice, bob) == [False, True])
    online = alice.events[-1]
    assert 0 < online["until"] - online["at"] <= ONLINE_MS
    await control.idle()
    assert told(eve, bob) == told(back, bob) == [], "who did not ask is not told, and nobody of themselves"
    assert (await alice.mailbox())[0] == [], "nothing of it is stored"


async def test_nobody_is_online_who_is_not_heard_of(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    assert (await one(alice, bob))["online"]
    before = (await alice.ask("whoami"))["at"]
    await control.advance(ONLINE_MS)
    away = await one(alice, bob)
    assert not away["online"]
    assert away["last_seen"] <= before
    await bob.mailbox()
    assert (await one(alice, bob))["online"], "a sync keeps alive"


async def test_a_lost_disconnect_leaves_no_ghost(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    assert (await one(alice, bob))["online"]
    await control.misbehave(drop_disconnect=1.0)
    await bob.close()
    await control.idle()
    assert set(await registry(control, bob.user)) == {"phone"}, "the registry holds a ghost"
    gone = await one(alice, bob)
    assert not gone["online"], "at the next look"
    assert gone["last_seen"] <= (await alice.ask("whoami"))["at"]
    await control.advance(YOUNG_MS + 1_000)
    assert await one(alice, bob) == gone
    assert await registry(control, bob.user) == {}


async def test_a_ghost_beside_a_living_device(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The one that is there decides, when it comes and when it goes."""
    alice, ghost = await connect(user("alice")), await connect(user("bob"), "laptop")
    await ask(alice, ghost)
    await control.misbehave(drop_disconnect=1.0)
    await ghost.close()
    await control.behave()
    phone = await connect(ghost.user)
    await alice.until(lambda: told(alice, phone) == [True])
    await phone.close()
    await alice.until(lambda: told(alice, phone) == [True, False])


async def test_an_old_disconnect_after_a_new_connect(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await ask(alice, bob)
    old = (await bob.ask("whoami"))["connection_id"]
    await control.misbehave(holds=[hold("Connect", old)])
    await bob.close()
    await control.stopped(at_least=1)
    back = await connect(bob.user)
    await control.release("held")
    await control.idle()
    assert (await one(alice, back))["online"]
    assert told(alice, back) == [True], "the old socket's end says nothing"


async def test_a_watcher_who_asks_while_somebody_comes(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """`$connect` waits before it looks for watchers, then before it enters its socket."""
    alice = await connect(user("alice"))
    for operation, call in (("Query", 3), ("UpdateItem", 1)):
        bob = await connect(user(f"bob-{operation}"))
        await bob.close()
        await control.idle()
        await ask(alice)
        await control.misbehave(calls=[pause("Connect", bob.user, operation, call=call)])
        coming = asyncio.create_task(connect(bob.user))
        await control.stopped(at_least=1)
        answered = (await one(alice, bob))["online"]
        await control.release("paused")
        back = await coming
        await control.idle()
        assert answered or told(alice, back) == [True], operation
        await control.behave()


async def test_privacy(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    for watcher in (alice, carol):
        assert (await one(watcher, bob))["online"]
    await privacy(bob, "following")
    await follow(bob, carol)
    await follow(alice, bob)
    assert await one(alice, bob) == HIDDEN
    assert (await one(carol, bob))["online"]
    await bob.close()
    await carol.until(lambda: told(carol, bob) == [False])
    bob = await connect(bob.user)
    await carol.until(lambda: told(carol, bob) == [False, True])
    await privacy(bob, "nobody")
    assert (await bob.ask("privacy"))["last_seen"] == "nobody"
    assert await one(carol, bob) == HIDDEN
    await bob.close()
    await control.idle()
    bob = await connect(bob.user)
    await privacy(bob, "everyone")
    assert (await one(alice, bob))["online"]
    assert (told(alice, bob), told(carol, bob)) == ([], [False, True])


async def test_a_block_hides_both(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, bob, "hello")
    assert (await one(alice, bob))["online"]
    assert (await one(bob, alice))["online"]
    await block(bob, alice)
    assert await one(alice, bob) == HIDDEN
    assert await one(bob, alice) == HIDDEN
    answer = await alice.ask("typing", conversation=conversation(alice, bob))
    assert answer["type"] == "ack", "who is blocked is not told"
    assert (await bob.ask("typing", conversation=conversation(alice, bob)))["type"] == "ack"
    await bob.close()
    await control.idle()
    bob = await connect(bob.user)
    await control.idle()
    assert (told(alice, bob), typed(alice), typed(bob)) == ([], [], [])
    await block(bob, alice, "unblock")
    await bob.close()
    await alice.until(lambda: told(alice, bob) == [False])


async def test_typing_is_seen_and_costs_no_write(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, eve = [await connect(user(name)) for name in ("alice", "bob", "eve")]
    tablet = await connect(bob.user, "tablet")
    await say(alice, bob, "hello")
    await settle(control)
    mark = (await control.mark())["mark"]
    dm = conversation(alice, bob)
    assert (await alice.ask("typing", conversation=dm))["type"] == "ack"
    assert (await alice.ask("typing", conversation=dm, typing=False))["type"] == "ack"
    for device in (bob, tablet):
        await device.until(lambda device=device: len(typed(device)) == 2)
        assert sorted(typed(device)) == [(alice.user, False), (alice.user, True)]
    await settle(control)
    meter = await control.meter(mark)
    assert meter["total"]["write"] == 0
    assert meter["operations"]["typing"]["read"] == 2 * 2
    assert typed(alice) == []
    assert (await eve.ask("typing", conversation=dm))["code"] == "forbidden"
    assert (await eve.ask("typing", conversation=conversation(eve, bob)))["code"] == "not_found"
    await control.idle()
    assert len(typed(bob)) == 2
    assert [event["kind"] for event in (await bob.mailbox())[0]] == ["message"]


async def test_typing_in_a_group(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Those who watch it and are in it hear of it; nobody else may say so, or see it."""
    alice, bob, carol, eve = [await connect(user(name)) for name in ("alice", "bob", "carol", "eve")]
    laptop = await connect(alice.user, "laptop")
    made = await alice.ask("group.create", client_id=new_id(), title="us", members=[bob.user, carol.user])
    assert made["type"] == "ack", made
    group = made["conversation"]
    for device in (alice, laptop, bob):
        assert (await device.ask("watch", conversation=group))["type"] == "ack"
    assert (await eve.ask("watch", conversation=group))["code"] == "not_found"
    assert (await eve.ask("typing", conversation=group))["code"] == "not_found"
    assert (await alice.ask("typing", conversation=group))["type"] == "ack"
    await bob.until(lambda: typed(bob) == [(alice.user, True)])
    assert (await alice.ask("group.remove", client_id=new_id(), conversation=group, member=bob.user))["type"] == "ack"
    assert (await bob.ask("typing", conversation=group))["code"] == "forbidden"
    assert (await carol.ask("watch", conversation=group))["type"] == "ack"
    assert (await alice.ask("typing", conversation=group, typing=False))["type"] == "ack"
    await carol.until(lambda: typed(carol) == [(alice.user, False)])
    assert (await carol.ask("watch", conversation=group, on=False))["type"] == "ack"
    assert (await alice.ask("typing", conversation=group))["type"] == "ack"
    await control.idle()
    assert (typed(bob), typed(carol)) == ([(alice.user, True)], [(alice.user, False)])
    assert typed(alice) == typed(laptop) == typed(eve) == []


async def test_bad_weather(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """However `$connect` and `$disconnect` fare, whoever asks in the end is told the truth."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await ask(alice, bob)
    busy = {"action": "error", "function": "Connect", "contains": bob.user, "probability": 0.2, "times": None}
    await control.misbehave(
        seed=3,
        drop_disconnect=0.4,
        calls=[busy, {**busy, "action": "kill", "probability": 0.05}],
        posts=[{"status": status, "probability": 0.1} for status in (410, 429, 0)],
    )
    for _ in range(8):
        await bob.close()
        for _ in range(20):
            try:
                bob = await connect(bob.user)
            except Exception:
                await asyncio.sleep(0)
            else:
                break
    await control.behave()
    await control.idle()
    await bob.mailbox()
    assert (await one(alice, bob))["online"]
    await bob.close()
    await control.idle()
    assert not (await one(alice, bob))["online"]
