"""`tidings chat`: groups, slash commands, and what happens to messages on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from client import Client
from client.commands import screen, show
from client.commands.chat import Chat
from client.events import Edit, GroupChange, Hidden, Message, Presence, Reaction, Receipt, Typing, Unsend
from tests.unit.client_cli import asked, clean, run, type_in
from tests.unit.client_rig import BASE, error, message, place, serve
from tests.unit.client_world import GROUP, event

__all__ = ["clean"]

INFO = {
    "type": "group",
    "conversation": GROUP,
    "title": "Weekend",
    "who_posts": "members",
    "who_adds": "admins",
    "history": "join",
    "members": 2,
    "role": "owner",
    "live": True,
}
MEMBERS = {
    "type": "members",
    "members": [{"user": "alice", "role": "owner", "joined": BASE}, {"user": "bob", "role": "member", "joined": BASE}],
}


def answers(**replies: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Scripted replies, by action (an underscore for the dot)."""
    return lambda action: replies.get(action["action"].replace(".", "_"))


def history(*events: dict[str, Any]) -> dict[str, Any]:
    return {"type": "history", "conversation": GROUP, "events": [*events][::-1]}


async def test_a_group_chat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        past = history(
            event("group", 1, "alice", change="created", details={"title": "Weekend"}),
            event("group", 2, "alice", change="added", users=["bob"]),
            event("message", 3, "bob", text="where to?", reply_to=place(1)),
        )
        rig.model.refuse = answers(group_info=INFO, group_members=MEMBERS, history=past)
        type_in(monkeypatch, "the lake, @bob", "/reply #1 or the hills", "/who", "//not a command")
        assert await run(rig, "chat", "--group", GROUP) == 0
        sends = [frame for frame in asked(rig) if frame["action"] == "send"]
        assert sends == [
            {"action": "send", "conversation": GROUP, "text": "the lake, @bob", "mentions": ["bob"]},
            {"action": "send", "conversation": GROUP, "text": "or the hills", "reply_to": place(3)},
            {"action": "send", "conversation": GROUP, "text": "/not a command"},
        ]
    out = capsys.readouterr().out
    assert "“Weekend”, 2 members" in out
    assert "— you made the group “Weekend”\n" in out
    assert out.count("— you added bob\n") == 1
    assert "bob: ↩  where to?\n" in out
    assert "✓  ↩ #1  or the hills\n" in out
    assert "       alice (owner)\n       bob\n" in out


async def test_slash_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        readers = {"type": "receipts", "members": [{"user": "bob", "delivered_at": BASE, "read_at": BASE}]}
        page = {"type": "history", "conversation": "dm#alice#bob", "events": [message(1, "old")]}
        away = {"type": "presence", "users": [{"user": "bob", "online": True}], "at": BASE}
        rig.model.refuse = answers(history=page, receipts=readers, presence_watch=away)
        type_in(
            monkeypatch,
            "helo",
            "/edit hello",
            "/react 👍",
            "/react #1",
            "/receipts",
            "/who",
            "/typing",
            "/help",
            "/hide #1",
            "/unsend",
        )
        assert await run(rig, "chat", "--with", "bob") == 0
        own = next(position for (user, _), position in rig.model.outbox.items() if user == "alice")
        talk = {"conversation": "dm#alice#bob"}
        assert asked(rig, "history", "presence.watch") == [
            {"action": "send", "to": "bob", "text": "helo"},
            {"action": "edit", **talk, "position": own, "text": "hello"},
            {"action": "react", **talk, "position": place(1), "emoji": "👍"},
            {"action": "react", **talk, "position": place(1)},
            {"action": "receipts", **talk, "position": own, "limit": 100},
            {"action": "typing", **talk, "typing": True},
            {"action": "hide", **talk, "position": place(1)},
            {"action": "unsend", **talk, "position": own},
        ]
    out = capsys.readouterr().out
    assert "#2  edited: hello   (helo)\n" in out
    assert "#1  you: 👍   (text old)\n" in out
    assert "#1  deleted for you\n" in out
    assert "#2  taken back\n" in out
    assert "bob is online\n" in out
    assert "bob  delivered" in out
    assert "/reply [#N] TEXT" in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/dance", "There is no command /dance"),
        ("/edit hello", "no message to do that to"),
        ("/edit #7 hello", "no such message"),
        ("/reply #1", "and the text?"),
        ("/hide", "which one?"),
        ("/react 👍", "/react: No."),
    ],
)
async def test_what_cannot_be_done_is_told_and_ends_with_1(
    line: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serve() as rig:
        page = {"type": "history", "conversation": "dm#alice#bob", "events": [message(1, "old")]}
        rig.model.refuse = answers(history=page, react=error(None, "not_found"))
        type_in(monkeypatch, line, "and on")
        assert await run(rig, "chat", "--with", "bob") == 1
        assert [text for _, _, text in rig.model.log] == ["and on"]
    assert said in capsys.readouterr().err


def authored(ms: int, sender: str) -> dict[str, Any]:
    stored = {"conversation": GROUP, "position": place(ms), "arrival": place(ms)}
    return stored | {"sender": sender, "client_id": f"c{ms}", "at": BASE + ms}


async def test_what_happens_to_messages_is_said_beside_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (show, screen):
        monkeypatch.setattr(module, "lively", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    async with serve() as rig, Client(rig.url, "alice-1", user_id="alice") as client:
        rig.model.refuse = answers(group_info=INFO, group_members=MEMBERS, history=history())
        chat = Chat(client, "alice", None, GROUP)
        await chat.begin(10)
        typing = Typing(conversation=GROUP, user="bob", typing=True, at=BASE)
        other = Message(**authored(9, "carol") | {"conversation": "dm#alice#carol"}, text="psst")
        for each in (
            typing,
            typing,
            Message(**authored(1, "bob"), text="teh"),
            Edit(**authored(2, "bob"), target=place(1), text="the"),
            Reaction(**authored(3, "carol"), target=place(1), emoji="👍"),
            Reaction(**authored(4, "carol"), target=place(1)),
            GroupChange(**authored(5, "bob"), change="role", users=("carol",), details=(("role", "admin"),)),
            Presence(user="bob", online=False, at=BASE, last_seen=None),
            other,
            Unsend(**authored(6, "bob"), target=place(1)),
            Hidden(conversation=GROUP, position=place(7), arrival=place(7), target=place(1)),
        ):
            chat.incoming(each)
        await chat.say("mine")
        await chat.done()
        (mine,) = client.conversation(GROUP)
        for kind in ("delivered", "read", "read"):
            chat.incoming(
                Receipt(
                    conversation=GROUP,
                    position=mine.position,
                    arrival=mine.position,
                    reader=None,
                    kind="read" if kind == "read" else "delivered",
                    taken_at=BASE,
                )
            )
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()][1:]
    assert [re.sub(r"^#\d+  \d\d:\d\d  ", "", line) for line in lines] == [
        "bob is typing …",
        "bob: teh",
        "#1  bob edited: the   (teh)",
        "#1  carol: 👍   (the)",
        "#1  carol: no reaction any more   (the)",
        f"{show.clock(BASE + 5)}  — bob made carol admin",
        "bob is not online",
        "carol: psst   (to you)",
        "#1  bob took this back",
        "✓  mine",
        "✓✓ to all  mine",
        "✓✓ read by all  mine",
    ]


async def test_what_the_history_told_is_not_told_again_from_the_mailbox(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mailbox holds a month; `--last` says how much of it is wanted."""
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(n, f"m{n}") for n in range(5)]
        page = {"type": "history", "conversation": "dm#alice#bob", "events": [message(3, "m3"), message(2, "m2")]}
        rig.model.refuse = answers(history=page)
        for words in (("--with", "bob", "--last", "1"), ("--last", "2"), ("--last", "0")):
            type_in(monkeypatch)
            assert await run(rig, "chat", *words) == 0
    out = capsys.readouterr().out
    assert re.findall(r"text (m\d)", out) == ["m3", "m4", "m3", "m4"]


async def test_what_a_mailbox_deletes_or_edits_further_down_is_shown_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serve() as rig:
        hidden = {"kind": "hidden", "target": place(1)} | {name: place(7) for name in ("position", "arrival")}
        edit = message(8, "e8") | {"kind": "edit", "target": place(2), "text": "text new"}
        told = [hidden | {"conversation": "dm#alice#bob"}, edit]
        rig.model.mailboxes["alice"] = [message(1, "m1"), message(2, "m2"), *told]
        type_in(monkeypatch)
        assert await run(rig, "chat") == 0
    assert re.findall(r"text (\w+)", capsys.readouterr().out) == ["new"]


@pytest.mark.parametrize(("last", "limits"), [(3, [3, 2]), (150, [100, 100])])
async def test_the_last_messages_are_as_many_as_asked_for_though_pages_come_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], last: int, limits: list[int]
) -> None:
    pages = {None: history(message(9, "m9")) | {"before": "b1"}, "b1": history(message(1, "m1"), message(3, "m3"))}
    async with serve() as rig:
        rig.model.refuse = lambda action: pages[action.get("before")] if action["action"] == "history" else None
        type_in(monkeypatch)
        assert await run(rig, "chat", "--with", "bob", "--last", str(last)) == 0
        assert [frame["limit"] for frame in asked(rig) if frame["action"] == "history"] == limits
    assert re.findall(r"text (m\d)", capsys.readouterr().out) == ["m1", "m3", "m9"]
