"""The home screen through the real handler: what it shows, what it keeps from whom, what it costs."""

from typing import Any

import pytest

from tests.contract.made import position
from tests.events import Socket
from tests.functional.send.conftest import Deployed
from tidings.bootstrap import clients
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys
from tidings.storage.memberships import MembershipStore


def say(deployed: Deployed, sender: Socket, to: str, text: str = "hello") -> dict[str, Any]:
    deployed.clock.advance(1)
    body = {"action": "send", "id": "r", "client_id": f"c-{deployed.clock.now()}", "to": to, "text": text}
    return deployed.ask(sender, body)


def listed(deployed: Deployed, reader: Socket, **fields: Any) -> dict[str, Any]:
    reply = deployed.ask(reader, {"action": "conversations", "id": "r", **fields})
    assert reply["type"] == "conversations", reply
    return reply


def change(deployed: Deployed, reader: Socket, conversation: str, **fields: Any) -> dict[str, Any]:
    deployed.clock.advance(1)
    client_id = f"c-{deployed.clock.now()}"
    body = {"action": "conversation.set", "id": "r", "client_id": client_id, "conversation": conversation, **fields}
    return deployed.ask(reader, body)


def block(deployed: Deployed, who: str, conversation: str) -> None:
    store = MembershipStore(clients.dynamodb(), keys.MEMBERSHIPS.name, deployed.clock)
    now = deployed.clock.advance(1)
    store.set(who, conversation, {"blocked": True}, position(now), Fence(now, Times(), deployed.clock.now))


def test_a_message_stands_in_both_lists(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    assert listed(deployed, bob) == {"type": "conversations", "id": "r", "conversations": [], "unread": 0}
    sent = say(deployed, ann, "bob")
    last = {
        "kind": "message",
        "conversation": "dm#ann#bob",
        "position": sent["position"],
        "arrival": sent["position"],
        "sender": "ann",
        "client_id": sent["client_id"],
        "text": "hello",
        "at": sent["at"],
    }
    about = {"conversation": "dm#ann#bob", "last": last, "active_at": sent["at"]}
    assert listed(deployed, bob) == {
        "type": "conversations",
        "id": "r",
        "conversations": [{**about, "unread": 1}],
        "unread": 1,
    }
    assert listed(deployed, ann)["conversations"] == [{**about, "unread": 0}]
    deployed.ask(
        bob,
        {
            "action": "ack",
            "id": "r",
            "conversation": "dm#ann#bob",
            "kind": "read",
            "position": sent["position"],
        },
    )
    (row,) = listed(deployed, bob)["conversations"]
    assert (row["unread"], row["read"]) == (0, sent["position"])


def test_pages_go_down_to_the_end(deployed: Deployed) -> None:
    bob = deployed.join("bob")
    for number in range(5):
        say(deployed, deployed.join(f"u{number}"), "bob")
    first = listed(deployed, bob, limit=2)
    second = listed(deployed, bob, limit=2, before=first["before"])
    third = listed(deployed, bob, limit=2, before=second["before"])
    seen = [each["last"]["sender"] for page in (first, second, third) for each in page["conversations"]]
    assert seen == ["u4", "u3", "u2", "u1", "u0"]
    assert ("before" in third, first["unread"], "unread" in second) == (False, 5, False)


def test_settings_stand_in_the_list_and_go_to_the_other_devices(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    tablet = deployed.join("bob", "tablet")
    say(deployed, ann, "bob")
    ack = change(deployed, bob, "dm#ann#bob", muted_until=9_999_999_999_999, mentions=False, pinned=True, archived=True)
    assert (ack["type"], ack["conversation"]) == ("ack", "dm#ann#bob")
    (row,) = listed(deployed, tablet)["conversations"]
    settings = {name: row[name] for name in ("muted_until", "mentions", "pinned", "archived")}
    assert settings == {"muted_until": 9_999_999_999_999, "mentions": False, "pinned": True, "archived": True}
    assert listed(deployed, tablet)["unread"] == 0
    event = {
        "kind": "setting",
        "conversation": "dm#ann#bob",
        "position": ack["position"],
        "arrival": ack["position"],
        "details": {"archived": "true", "mentions": "false", "muted_until": "9999999999999", "pinned": "true"},
    }
    assert deployed.posted(tablet)[-1]["events"] == [event]
    assert deployed.ask(tablet, {"action": "sync", "id": "s"})["events"][-1] == event
    change(deployed, tablet, "dm#ann#bob", muted_until=0, mentions=True, pinned=False, archived=False)
    (row,) = listed(deployed, bob)["conversations"]
    assert not {"muted_until", "mentions", "pinned", "archived"} & set(row)
    assert "pinned" not in listed(deployed, ann)["conversations"][0]


def test_a_blocked_sender_sees_what_they_always_did_and_the_other_side_nothing(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    for sender in ("ann", "bob"):
        deployed.join(sender, "tablet")
    say(deployed, ann, "bob", "before")
    block(deployed, "bob", "dm#ann#bob")
    withheld = say(deployed, ann, "bob", "withheld")
    assert withheld["type"] == "ack"
    (hers,) = listed(deployed, ann)["conversations"]
    (his,) = listed(deployed, bob)["conversations"]
    assert (hers["last"]["text"], "blocked" in hers) == ("withheld", False)
    assert (his["last"]["text"], his["unread"], his["blocked"]) == ("before", 1, True)
    assert listed(deployed, bob)["unread"] == 0
    texts = [event["text"] for event in deployed.ask(bob, {"action": "sync", "id": "s"})["events"]]
    assert texts == ["before"]


SET = {"action": "conversation.set", "client_id": "c", "conversation": "dm#ann#bob"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"action": "conversations", "before": "x"}, "invalid_request"),
        ({"action": "conversations", "limit": 51}, "invalid_request"),
        (SET, "invalid_request"),
        (SET | {"pinned": True}, "not_found"),
        (SET | {"pinned": True, "conversation": "dm#bob#cid"}, "forbidden"),
        (SET | {"pinned": True, "conversation": "nowhere"}, "not_found"),
        (SET | {"pinned": 1}, "invalid_request"),
        (SET | {"muted_until": -1}, "invalid_request"),
    ],
)
def test_refusals(deployed: Deployed, frame: dict[str, Any], code: str) -> None:
    reply = deployed.ask(deployed.join("ann"), {"id": "r", **frame})
    assert (reply["type"], reply["code"]) == ("error", code)
    assert deployed.items(keys.OUTBOX) == deployed.items(keys.MEMBERSHIPS) == []


def test_what_the_list_costs(deployed: Deployed) -> None:
    """Rows and what is hidden: two queries.  A conversation: its end, and what is unread of it."""
    bob = deployed.join("bob")
    for number in range(10):
        say(deployed, deployed.join(f"u{number}"), "bob")
    deployed.forget()
    listed(deployed, bob)
    assert deployed.units == {"read": 0.5 + 0.5 + 10 * (0.5 + 0.5)}
    for number in range(10):
        last = listed(deployed, bob)["conversations"][9 - number]["last"]
        about = {name: last[name] for name in ("conversation", "position")}
        deployed.ask(bob, {"action": "ack", "id": "r", "kind": "read", **about})
    deployed.forget()
    assert listed(deployed, bob)["unread"] == 0
    assert deployed.units == {"read": 0.5 + 0.5 + 10 * 0.5}


def test_what_a_setting_costs(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    say(deployed, ann, "bob")
    deployed.forget()
    change(deployed, bob, "dm#ann#bob", pinned=True)
    # Outbox and row; the caller's devices, and the row.
    assert deployed.units == {"write": 2, "read": 1}
