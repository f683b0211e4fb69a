"""`tidings group`, `conversations`, `privacy` and the like: frames out, lines in."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from client.__main__ import build, main
from client.commands.home import duration
from client.commands.show import overview_line, when
from client.events import GroupChange
from client.replies import Overview
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import BASE, Model, error, message, place, serve
from tests.unit.client_world import GROUP, event
from tests.unit.test_client_chat import INFO, MEMBERS, answers, authored, history

__all__ = ["clean"]

TALK = "dm#alice#bob"


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        (["group", "add", GROUP, "bob", "carol"], {"action": "group.add", "members": ["bob", "carol"]}),
        (["group", "remove", GROUP, "bob"], {"action": "group.remove", "member": "bob"}),
        (["group", "leave", GROUP], {"action": "group.leave"}),
        (["group", "role", GROUP, "bob", "admin"], {"action": "group.role", "member": "bob", "role": "admin"}),
        (["group", "rename", GROUP, "Sunday"], {"action": "group.update", "title": "Sunday"}),
        (
            ["group", "set", GROUP, "--who-posts", "admins", "--description", ""],
            {"action": "group.update", "who_posts": "admins", "description": ""},
        ),
        (["mute", GROUP], {"action": "conversation.set", "muted_until": 9_999_999_999_999}),
        (
            ["mute", GROUP, "--no-mentions"],
            {"action": "conversation.set", "muted_until": 9_999_999_999_999, "mentions": False},
        ),
        (["unmute", GROUP], {"action": "conversation.set", "muted_until": 0}),
        (["pin", GROUP], {"action": "conversation.set", "pinned": True}),
        (["unarchive", GROUP], {"action": "conversation.set", "archived": False}),
    ],
)
async def test_commands_that_change_a_conversation(words: list[str], frame: dict[str, Any]) -> None:
    async with serve() as rig:
        assert await run(rig, *words) == 0
        assert asked(rig) == [frame | {"conversation": GROUP}]


async def test_a_group_is_made_and_its_id_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        made = {"type": "ack", "conversation": GROUP, "position": place(1), "not_added": ["eve"]}
        rig.model.refuse = answers(group_create=made, group_info=INFO, group_members=MEMBERS)
        assert await run(rig, "group", "create", "Weekend", "bob", "eve", "--history", "all") == 0
        assert asked(rig, "history") == [
            {"action": "group.create", "title": "Weekend", "members": ["bob", "eve"], "history": "all"}
        ]
        assert await run(rig, "group", "info", GROUP) == 0
        assert await run(rig, "group", "members", GROUP) == 0
        printed = capsys.readouterr()
    assert printed.err == "tidings: eve could not be added.\n"
    lines = printed.out.splitlines()
    assert lines[0] == GROUP
    assert lines[1].split() == ["title", "Weekend"]
    assert [line.split()[:2] for line in lines[-2:]] == [["alice", "owner"], ["bob", "member"]]


async def test_members_who_were_not_added_end_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = answers(group_add={"type": "ack", "not_added": ["eve"]})
        assert await run(rig, "group", "add", GROUP, "bob", "eve") == 1
    assert "eve could not be added" in capsys.readouterr().err


async def test_the_conversation_list(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        views = [
            {"conversation": TALK, "active_at": BASE, "last": message(1, "m1"), "unread": 3, "pinned": True},
            {"conversation": GROUP, "active_at": BASE, "title": "Weekend", "archived": True},
            {"conversation": "dm#alice#carol", "active_at": BASE, "muted_until": 9_999_999_999_999, "unread": 99},
        ]
        rig.model.refuse = answers(conversations={"type": "conversations", "conversations": views})
        assert await run(rig, "conversations") == 0
        assert await run(rig, "conversations", "--all", "--limit", "2") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    day = when(BASE)
    assert lines == [
        f"{day} bob (3) bob: text m1 [pinned]",
        f"{day} carol (99+) [muted]",
        f"{day} bob (3) bob: text m1 [pinned]",
        f"{day} Weekend ({GROUP}) [archived]",
        "(there is more: --limit N)",
    ]


def test_a_change_may_be_the_last_that_happened() -> None:
    change = GroupChange(**authored(1, "bob"), change="left", users=("bob",), details=(("owner", "alice"),))
    line = overview_line(Overview(GROUP, BASE, "Weekend", last=change), "alice")
    assert line.endswith("— bob left; you are the owner now")


async def test_receipts_of_the_newest_own_message(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        past = {"type": "history", "events": [message(3, "theirs"), message(2, "mine", "alice", "bob")]}
        readers = {"type": "receipts", "members": [{"user": "bob", "delivered_at": BASE}, {"user": "carol"}]}
        rig.model.refuse = answers(history=past, receipts=readers)
        assert await run(rig, "receipts", "bob") == 0
        assert asked(rig, "history") == [
            {"action": "receipts", "conversation": TALK, "position": place(2), "limit": 100}
        ]
        assert await run(rig, "receipts", "bob", place(9)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["“text mine”", f"  bob  delivered {when(BASE)}", "  carol  not delivered yet"]


async def test_people(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = answers(
            blocks={"type": "blocks", "users": ["eve", "mallory"]},
            privacy={"type": "privacy", "last_seen": "nobody", "read_receipts": False, "previews": "full"},
            presence_watch={
                "users": [{"user": "bob", "online": True}, {"user": "carol", "online": False, "last_seen": BASE}],
                "at": BASE,
            },
        )
        assert await run(rig, "block", "eve") == 0
        assert await run(rig, "unblock", "eve") == 0
        assert await run(rig, "blocks") == 0
        assert await run(rig, "privacy", "--read-receipts", "off") == 0
        assert await run(rig, "presence", "bob", "carol") == 0
        assert [frame["action"] for frame in asked(rig)] == ["block", "unblock", "blocks", "privacy", "presence.watch"]
        assert asked(rig)[3] == {"action": "privacy", "read_receipts": False}
    assert capsys.readouterr().out.splitlines() == [
        "eve",
        "mallory",
        "last-seen      nobody",
        "read-receipts  off",
        "previews       full",
        "bob is online",
        f"carol is not online, last seen {when(BASE)}",
    ]


async def test_each_run_is_a_device_of_its_own_also_where_all_processes_have_one_number() -> None:
    """As in containers: two of one device would take the line from each other."""
    async with serve() as rig:
        for words in ((), (), ("--device", "laptop"), ("--device", "laptop")):
            assert await run(rig, "whoami", *words) == 0
    assert len(set(rig.paths)) == 3


async def test_devices(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        phone = {"device_id": "phone", "platform": "fcm", "push": True, "registered_at": BASE, "connected_at": BASE}
        listed = [phone, {"device_id": "cli", "push": False, "connected_at": BASE, "own": True}]
        rig.model.refuse = answers(device_list={"type": "devices", "devices": listed})
        assert await run(rig, "devices") == 0
        assert await run(rig, "devices", "revoke", "phone") == 0
        assert asked(rig) == [{"action": "device.list"}, {"action": "device.remove", "device_id": "phone"}]
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    day = when(BASE)
    assert lines == [
        f"phone connected {day} pushes (fcm) since {day}",
        f"cli connected {day} no pushes not registered (this one)",
    ]


async def test_tail_tells_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve(Model(page=10)) as rig:
        first = event("message", 1, "bob", text="x")
        target = first["position"]
        rig.model.mailboxes["alice"] = [
            first,
            event("edit", 2, "bob", target=target, text="y"),
            event("reaction", 3, "carol", target=target, emoji="👍"),
            event("group", 4, "bob", change="updated", details={"title": "Sunday"}),
            event("unsend", 5, "bob", target=target),
        ]
        rig.model.refuse = answers(
            presence_watch={"users": [{"user": "bob", "online": True}], "at": BASE}, watch={"type": "ack"}
        )
        assert await run(rig, "tail", "--once", "--presence", "bob", "--watch", GROUP) == 0
        assert [frame["action"] for frame in asked(rig)] == ["watch", "presence.watch"]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [each["event"] for each in told if each["event"] != "presence"]
    assert kinds == ["message", "edit", "reaction", "group", "unsend"]
    assert next(each for each in told if each["event"] == "group")["details"] == {"title": "Sunday"}
    assert {"event": "presence", "user": "bob", "online": True, "at": BASE} in told


async def test_history_of_a_group_with_positions(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        past = history(
            event("message", 1, "bob", text="x", reply_to=place(0), edited=place(3)),
            event("group", 2, "bob", change="left"),
        )
        rig.model.refuse = answers(history=past)
        assert await run(rig, "history", GROUP, "--positions") == 0
    one, two = capsys.readouterr().out.splitlines()
    assert one.startswith(place(1))
    assert one.endswith("bob: ↩  x  (edited)")
    assert two.endswith("— bob left")


def test_times_are_a_number_and_a_unit(capsys: pytest.CaptureFixture[str]) -> None:
    assert [duration(each) for each in ("30m", "8h", "7d")] == [1_800, 28_800, 604_800]
    with pytest.raises(SystemExit):
        build().parse_args(["mute", "bob", "--for", "soon"])
    assert "30m, 8h, 7d" in capsys.readouterr().err


async def test_a_refusal_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = answers(group_info=error(None, "forbidden"))
        words = ["group", "info", GROUP, "--endpoint", rig.url, "--token", "alice-1"]
        assert await asyncio.to_thread(main, words) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "tidings: No."


@pytest.mark.parametrize(
    "words", [["group"], ["group", "role", GROUP, "bob", "king"], ["chat", "--with", "a", "--group", "g"]]
)
def test_a_wrong_command_line_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build().parse_args(words)
    assert ended.value.code == 2
