"""The client's methods over real sockets: the frames they send, and what they make of the replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Edit, Group, GroupChange, Member, Presence, Reaction, Reader, RequestError, Timing, Typing
from client.conversations import FOREVER
from client.events import Message
from client.replies import Device, Overview, Privacy
from tests.unit.client_rig import BASE, Rig, error, live, message, place, serve, until
from tests.unit.client_world import GROUP, event

QUICK = Timing(ack=0.1, ack_cap=0.4, retry=0.02, retry_cap=0.1, receipts=0.01)
TALK = "dm#alice#bob"


def sent(rig: Rig, action: str) -> list[dict[str, Any]]:
    """The frames of an action, without what every frame has."""
    return [
        {name: value for name, value in frame.items() if name not in ("action", "id", "client_id")}
        for _, frame in rig.model.heard
        if frame["action"] == action
    ]


def answers(**replies: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Scripted replies, by action (an underscore for the dot)."""
    return lambda action: replies.get(action["action"].replace(".", "_"))


async def test_a_messages_life() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        first = await client.send("bob", "teh")
        second = await client.send(TALK, "again", reply_to=first.position, mentions=["bob"])
        assert first.position
        assert second.position
        await client.edit(TALK, first.position, "the")
        await client.react(TALK, first.position, "👍")
        one, two = client.conversation(TALK)
        assert (one.text, one.reactions[0].emoji, one.reactions[0].mine) == ("the", "👍", True)
        assert (two.reply_to, two.mentions) == (first.position, ("bob",))
        await client.react(TALK, first.position, None)
        await client.unsend(TALK, first.position)
        await client.hide(TALK, second.position)
        assert client.conversation(TALK) == ()
        assert sent(rig, "react") == [
            {"conversation": TALK, "position": first.position, "emoji": "👍"},
            {"conversation": TALK, "position": first.position},
        ]
        assert sent(rig, "send") == [
            {"to": "bob", "text": "teh"},
            {"conversation": TALK, "text": "again", "reply_to": first.position, "mentions": ["bob"]},
        ]


async def test_groups() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        info = {
            "type": "group",
            "conversation": GROUP,
            "title": "Weekend",
            "who_posts": "members",
            "who_adds": "admins",
            "history": "join",
            "members": 3,
            "role": "owner",
            "live": True,
        }
        rig.model.refuse = answers(
            group_create={"type": "ack", "conversation": GROUP, "position": place(1), "not_added": ["eve"]},
            group_info=info,
        )
        made = await client.groups.create("Weekend", ["bob", "eve"], history="all")
        assert (made.conversation, made.not_added) == (GROUP, ("eve",))
        await client.groups.update(GROUP, title="Sunday", description="")
        await client.groups.add(GROUP, ("carol",))
        await client.groups.role(GROUP, "carol", "admin")
        await client.groups.remove(GROUP, "carol")
        await client.groups.watch(GROUP)
        await client.groups.leave(GROUP)
        assert await client.groups.info(GROUP) == Group(
            GROUP, "Weekend", "", "", "members", "admins", "join", 3, "owner", True
        )
        assert sent(rig, "group.create") == [{"title": "Weekend", "members": ["bob", "eve"], "history": "all"}]
        assert sent(rig, "group.update") == [{"conversation": GROUP, "title": "Sunday", "description": ""}]
        assert sent(rig, "group.role") == [{"conversation": GROUP, "member": "carol", "role": "admin"}]
        assert sent(rig, "watch") == [{"conversation": GROUP, "on": True}]


async def test_what_has_pages_is_one_stream() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        pages: dict[str, list[dict[str, Any]]] = {
            "group.members": [
                {"user": "alice", "role": "owner", "joined": 1},
                {"user": "bob", "role": "member", "joined": 2},
            ],
            "receipts": [{"user": "bob", "delivered_at": 5}, {"user": "carol", "delivered_at": 6, "read_at": 7}],
        }

        def page(action: dict[str, Any]) -> dict[str, Any] | None:
            if action["action"] == "blocks":
                return {"type": "blocks", "users": ["eve"]}
            if action["action"] not in pages:
                return None
            first = "after" not in action
            return {"members": pages[action["action"]][0 if first else 1 :][:1]} | ({"after": "x"} if first else {})

        rig.model.refuse = page
        assert [each async for each in client.groups.members(GROUP)] == [
            Member("alice", "owner", 1),
            Member("bob", "member", 2),
        ]
        assert [each async for each in client.receipts_of(GROUP, place(1))] == [
            Reader("bob", 5),
            Reader("carol", 6, 7),
        ]
        assert [each async for each in client.people.blocks()] == ["eve"]
        assert len(sent(rig, "receipts")) == 2


async def test_the_conversation_list() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        views = [
            {"conversation": TALK, "active_at": 9, "last": message(1, "m1"), "unread": 2, "pinned": True},
            {"conversation": GROUP, "active_at": 8, "title": "Weekend", "left": True},
        ]
        rig.model.refuse = answers(conversations={"type": "conversations", "conversations": views, "unread": 2})
        one, two = [each async for each in client.conversations()]
        assert isinstance(one.last, Message)
        assert (one.unread, one.pinned, one.last.client_id) == (2, True, "m1")
        assert two == Overview(GROUP, 8, "Weekend", left=True)
        assert await client.unread() == 2
        rig.model.refuse = answers()
        await client.mute(TALK, mentions=False)
        await client.mute(TALK, 3_600)
        await client.unmute(TALK)
        await client.pin(TALK)
        await client.archive(TALK, False)
        changes = [{k: v for k, v in each.items() if k != "conversation"} for each in sent(rig, "conversation.set")]
        assert changes[0] == {"muted_until": FOREVER, "mentions": False}
        assert 1_600_000_000_000 < changes[1].pop("muted_until") < FOREVER
        assert changes[1:] == [{}, {"muted_until": 0}, {"pinned": True}, {"archived": False}]


async def test_people_and_devices() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        rig.model.refuse = answers(
            privacy={"type": "privacy", "last_seen": "nobody", "read_receipts": False, "previews": "full"},
            presence_watch={
                "type": "presence",
                "users": [{"user": "bob", "online": True, "until": 9}, {"user": "carol", "online": False}],
                "at": 5,
            },
            device_list={
                "type": "devices",
                "devices": [{"device_id": "d", "push": False, "registered_at": 1, "own": True}],
            },
        )
        assert await client.people.privacy() == Privacy("nobody", False, "full")
        await client.people.privacy(read_receipts=False)
        asked, changed = (frame for _, frame in rig.model.heard if frame["action"] == "privacy")
        assert "client_id" not in asked
        assert changed["client_id"]
        assert changed["read_receipts"] is False
        presences = client.events(Presence)
        shown = await client.people.watch(["bob", "carol"])
        assert shown["bob"] == Presence(user="bob", online=True, at=5, until=9) == await anext(presences)
        assert (await anext(presences)).user == "carol"
        away = {"kind": "presence", "user": "bob", "online": False, "at": 6, "last_seen": 6}
        await rig.sockets["alice"].send(live(away | {"at": 4, "last_seen": 3}, away))
        assert await anext(presences) == Presence(user="bob", online=False, at=6, last_seen=6)
        assert client.people.presence("bob") == Presence(user="bob", online=False, at=6, last_seen=6)
        assert await client.devices.list() == [Device("d", None, False, 1, own=True)]
        await client.devices.revoke("d")
        await client.people.block("eve")
        await client.people.unblock("eve")
        assert sent(rig, "device.remove") == [{"device_id": "d"}]
        assert sent(rig, "block") == sent(rig, "unblock") == [{"user": "eve"}]


async def test_every_kind_of_event_has_handlers_and_iterators() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        edits: list[Edit] = []
        client.on(Edit, edits.append)
        two, every = client.events(Reaction, GroupChange), client.events()
        await client.whoami()
        first = event("message", 1, "bob", text="teh")
        target = first["position"]
        typing = {"kind": "typing", "conversation": GROUP, "user": "bob", "typing": True, "at": BASE}
        await rig.sockets["alice"].send(
            live(
                first,
                typing,
                typing | {"user": "alice"},
                event("edit", 2, "bob", target=target, text="the"),
                event("reaction", 3, "carol", target=target, emoji="👍"),
                event("group", 4, "bob", change="added", users=["dave"], details={"x": "y"}),
            )
        )
        assert [type(await anext(two)) for _ in range(2)] == [Reaction, GroupChange]
        assert [type(await anext(every)) for _ in range(5)] == [Message, Typing, Edit, Reaction, GroupChange]
        assert [each.text for each in edits] == ["the"]
        (shown, change) = client.entries(GROUP)
        assert isinstance(change, GroupChange)
        assert (change.users, change.details) == (("dave",), (("x", "y"),))
        assert client.conversation(GROUP) == (shown,)


async def test_history_has_reactions_and_what_happened_to_the_group() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        shown, change = event("message", 1, "bob", text="x"), event("group", 2, "bob", change="left")
        page = {
            "type": "history",
            "conversation": GROUP,
            "events": [change, shown, {"kind": "dance"}],
            "reactions": {shown["position"]: [{"emoji": "👍", "count": 3, "mine": True}]},
        }
        rig.model.refuse = answers(history=page)
        assert [type(each) for each in (await client.past(GROUP))[0]] == [GroupChange, Message]
        ((only,), _) = await client.history(GROUP)
        (counted,) = only.reactions
        assert (counted.emoji, counted.count, counted.mine) == ("👍", 3, True)


async def test_being_added_is_confirmed_and_typing_is_told() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        await client.whoami()
        await rig.sockets["alice"].send(live(event("group", 1, "bob", change="added", users=["dave"])))
        await rig.sockets["alice"].send(live(event("group", 2, "bob", change="added", users=["alice"])))
        await until(lambda: bool(rig.model.receipts))
        assert [frame["position"] for _, frame in rig.model.receipts] == [place(2)]
        client.typing(GROUP)
        client.typing(GROUP)
        await until(lambda: bool(sent(rig, "typing")))
        assert sent(rig, "typing") == [{"conversation": GROUP, "typing": True}]


async def test_a_refusal_is_the_callers() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        rig.model.refuse = answers(edit=error(None, "too_late"), group_add=error(None, "too_many_members"))
        with pytest.raises(RequestError) as late:
            await client.edit(TALK, place(1), "x")
        assert late.value.code == "too_late"
        with pytest.raises(RequestError):
            await client.groups.add(GROUP, ["bob"])
