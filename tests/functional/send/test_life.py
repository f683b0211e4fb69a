"""A message's life through the real handler: edits, unsends, reactions, hides; alone and in batches; their costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events import Socket
from tests.functional.send.conftest import Deployed
from tidings.storage import keys

HOUR = 3_600_000


def say(deployed: Deployed, sender: Socket, to: str, text: str = "hello", **more: Any) -> dict[str, Any]:
    deployed.clock.advance(1)
    frame = {"action": "send", "id": "s", "client_id": f"c{deployed.clock.ms}", "to": to, "text": text, **more}
    return deployed.ask(sender, frame)


def about(action: str, ack: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A frame about a message."""
    place = {"conversation": ack["conversation"], "position": ack["position"]}
    return {"action": action, "id": f"r-{action}", "client_id": f"l-{action}", **place, **fields}


def change(deployed: Deployed, sender: Socket, action: str, ack: dict[str, Any], **fields: Any) -> dict[str, Any]:
    deployed.clock.advance(1)
    return deployed.ask(sender, about(action, ack, **fields))


def history(deployed: Deployed, reader: Socket, ack: dict[str, Any]) -> dict[str, Any]:
    return deployed.ask(reader, {"action": "history", "id": "h", "conversation": ack["conversation"]})


def events(deployed: Deployed, reader: Socket) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployed.ask(reader, {"action": "sync", "id": "y"})["events"]
    return found


@pytest.fixture
def talk(deployed: Deployed) -> tuple[Socket, Socket, dict[str, Any]]:
    """Ann, Bob, and a message of hers."""
    ann, bob = deployed.join("ann"), deployed.join("bob")
    return ann, bob, say(deployed, ann, "bob")


Talk = tuple[Socket, Socket, dict[str, Any]]


def test_an_edit_is_told_and_shown(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    edit = change(deployed, ann, "edit", ack, text="HELLO")
    assert edit == {
        "type": "ack",
        "id": "r-edit",
        "client_id": "l-edit",
        "conversation": ack["conversation"],
        "position": edit["position"],
        "at": deployed.clock.now(),
    }
    event = {
        "kind": "edit",
        "conversation": ack["conversation"],
        "position": edit["position"],
        "arrival": edit["position"],
        "sender": "ann",
        "client_id": "l-edit",
        "at": deployed.clock.now(),
        "target": ack["position"],
        "text": "HELLO",
    }
    assert deployed.posted(bob)[-1]["events"] == [event] == events(deployed, bob)[-1:]
    (shown,) = history(deployed, bob, ack)["events"]
    assert (shown["text"], shown["edited"], shown["position"]) == ("HELLO", edit["position"], ack["position"])


def test_an_unsend_is_told_and_leaves_no_text_in_the_log(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    change(deployed, ann, "edit", ack, text="hello again")
    change(deployed, bob, "react", ack, emoji="👍")
    unsend = change(deployed, ann, "unsend", ack)
    told = deployed.posted(bob)[-1]["events"][0]
    assert (told["kind"], told["target"], told["position"]) == ("unsend", ack["position"], unsend["position"])
    page = history(deployed, bob, ack)
    assert page["events"] == []
    assert "reactions" not in page
    assert not [item for item in deployed.items(keys.CONVERSATIONS) if "hello" in item.get("text", {}).get("S", "")]


def test_reactions_are_counted(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    change(deployed, bob, "react", ack, emoji="👍")
    change(deployed, ann, "react", ack, emoji="👍")
    told = deployed.posted(bob)[-1]["events"][0]
    assert (told["kind"], told["target"], told["emoji"]) == ("reaction", ack["position"], "👍")
    assert history(deployed, bob, ack)["reactions"] == {ack["position"]: [{"emoji": "👍", "count": 2, "mine": True}]}
    deployed.clock.advance(1)
    back = deployed.ask(bob, {**about("react", ack), "client_id": "back"})
    assert back["type"] == "ack"
    assert "emoji" not in deployed.posted(ann)[-1]["events"][0]
    assert history(deployed, bob, ack)["reactions"] == {ack["position"]: [{"emoji": "👍", "count": 1, "mine": False}]}


def test_a_hide_is_for_the_caller_only_and_told_to_their_other_devices(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    laptop = deployed.join("bob", "laptop")
    hide = change(deployed, bob, "hide", ack)
    told = deployed.posted(laptop)[-1]["events"]
    assert told == [
        {
            "kind": "hidden",
            "conversation": ack["conversation"],
            "position": hide["position"],
            "arrival": hide["position"],
            "target": ack["position"],
        }
    ]
    assert history(deployed, bob, ack)["events"] == []
    assert len(history(deployed, ann, ack)["events"]) == 1


def test_windows_are_settings(deployed: Deployed, talk: Talk) -> None:
    ann, _, ack = talk
    deployed.clock.advance(HOUR)
    assert change(deployed, ann, "edit", ack, text="late")["code"] == "too_late"
    deployed.clock.advance(48 * HOUR)
    assert change(deployed, ann, "unsend", ack)["code"] == "too_late"


@pytest.mark.parametrize("action", ["edit", "unsend", "react", "hide"])
def test_refusals(deployed: Deployed, talk: Talk, action: str) -> None:
    _, bob, ack = talk
    eve = deployed.join("eve")
    fields = {"edit": {"text": "x"}, "react": {"emoji": "👍"}}.get(action, {})
    assert change(deployed, eve, action, ack, **fields)["code"] == "forbidden"
    nowhere = {**ack, "position": ack["position"][:-1] + "9"}
    assert change(deployed, bob, action, nowhere, **fields)["code"] == "not_found"
    assert change(deployed, bob, action, {**ack, "conversation": "g#aaaaaaaaaaaaaaaa"}, **fields)["code"] == "not_found"
    if action in ("edit", "unsend"):
        assert deployed.ask(bob, {**about(action, ack, **fields), "client_id": "own"})["code"] == "forbidden"


@pytest.mark.parametrize("emoji", ["", " ", "a b", "x\n", "x" * 33])
def test_an_emoji_is_a_short_word(deployed: Deployed, talk: Talk, emoji: str) -> None:
    assert change(deployed, talk[0], "react", talk[2], emoji=emoji)["code"] == "invalid_request"


def test_all_of_it_in_one_batch(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    second = say(deployed, ann, "bob", "second")
    deployed.clock.advance(1)
    actions = [
        about("edit", ack, text="HELLO"),
        about("react", ack, emoji="👍"),
        about("hide", second),
        {**about("unsend", second), "client_id": "l-4"},
        {"action": "send", "id": "r-send", "client_id": "l-5", "to": "bob", "text": "re", "reply_to": ack["position"]},
    ]
    reply = deployed.ask(ann, {"action": "batch", "id": "b", "actions": actions})
    assert [(each["type"], each["id"]) for each in reply["results"]] == [("ack", each["id"]) for each in actions]
    told = deployed.posted(bob)[-1]["events"]
    assert [each["kind"] for each in told] == ["edit", "reaction", "unsend", "message"]
    assert [each["text"] for each in history(deployed, bob, ack)["events"]] == ["re", "HELLO"]


def test_replies_and_mentions(deployed: Deployed, talk: Talk) -> None:
    ann, bob, ack = talk
    say(deployed, bob, "ann", "re", reply_to=ack["position"], mentions=["ann", "ann"])
    event = events(deployed, ann)[-1]
    assert (event["reply_to"], event["mentions"]) == (ack["position"], ["ann"])
    assert say(deployed, bob, "ann", "re", mentions=["eve"])["code"] == "invalid_request"
    assert say(deployed, bob, "ann", "re", reply_to=ack["position"][:-1] + "9")["code"] == "not_found"


@pytest.mark.parametrize(
    ("action", "fields", "write", "read"),
    [
        ("edit", {"text": "HELLO"}, 4, 2),
        ("unsend", {}, 4, 2),
        ("react", {"emoji": "👍"}, 4, 3),
        ("hide", {}, 3, 1),
    ],
)
def test_what_it_costs(
    deployed: Deployed, talk: Talk, action: str, fields: dict[str, Any], write: int, read: float
) -> None:
    ann, _, ack = talk
    deployed.forget()
    assert change(deployed, ann, action, ack, **fields)["type"] == "ack"
    assert (deployed.units["write"], deployed.units["read"]) == (write, read)
