"""Receipts in groups and on demand through the real handler: what clients see, what tables hold, what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.party import GROUP, make_group
from tests.functional.send.conftest import Deployed
from tidings.bootstrap import clients
from tidings.domain.privacy import PrivacyChange
from tidings.storage import keys
from tidings.storage.users import UserStore

SHY = PrivacyChange(read_receipts=False)


def ack(kind: str, position: str, conversation: str = GROUP) -> dict[str, Any]:
    return {"action": "ack", "id": "1", "conversation": conversation, "kind": kind, "position": position}


def receipts(position: str, conversation: str = GROUP, **more: Any) -> dict[str, Any]:
    return {"action": "receipts", "id": "2", "conversation": conversation, "position": position, **more}


def hide_reads(deployed: Deployed, user_id: str) -> None:
    UserStore(clients.dynamodb(), keys.USERS.name, deployed.clock).set_privacy(user_id, SHY, "1")


def test_a_confirmation_in_a_group_tells_nobody_and_asks_for_a_tally(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    sent = make_group(deployed.clock, "ann", "bob", "cid")
    reply = deployed.ask(bob, ack("read", sent))
    assert (reply["type"], reply["kind"], reply["position"]) == ("receipt", "read", sent)
    assert deployed.items(keys.MAILBOXES) == []
    assert deployed.posted(ann) == []
    (tally,) = [item for item in deployed.items(keys.CONVERSATIONS) if item["item"]["S"] == keys.TALLY]
    assert tally["due"] == {"N": str(deployed.clock.now() + 3_000)}


@pytest.mark.parametrize("kind", ["delivered", "read"])
def test_what_it_costs(kind: str, deployed: Deployed) -> None:
    """The mark, and the first time the question; the entry and the reader (0.5 each), the tally (strong)."""
    for name in ("ann", "bob", "cid"):
        deployed.join(name)
    bob, cid = deployed.join("bob", "tablet"), deployed.join("cid")
    sent = make_group(deployed.clock, "ann", "bob", "cid")
    deployed.forget()
    deployed.ask(bob, ack(kind, sent))
    first = {"delivered": {"write": 2, "read": 1.5}, "read": {"write": 3, "read": 2}}
    assert deployed.units == first[kind], "with a copy for the reader's other device, where it was read"
    deployed.forget()
    deployed.ask(cid, ack(kind, sent))
    assert deployed.units == {"write": 1, "read": first[kind]["read"]}, "a job is on its way"


def test_k_messages_read_at_once_are_one_action(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    acked = []
    for number in range(10):
        deployed.clock.advance(1)
        text = {"action": "send", "id": "1", "client_id": f"c{number}", "to": "bob", "text": "hello"}
        acked.append(deployed.ask(ann, text))
    deployed.forget()
    deployed.ask(bob, ack("read", acked[-1]["position"], "dm#ann#bob"))
    assert deployed.units == {"write": 2, "read": 2, "frames_out": 1, "gateway_requests": 1}
    for message in acked:
        (view,) = deployed.ask(ann, receipts(message["position"], "dm#ann#bob"))["members"]
        assert view == {"user": "bob", "delivered_at": deployed.clock.now(), "read_at": deployed.clock.now()}


def test_who_has_received_and_who_has_read(deployed: Deployed) -> None:
    ann, bob, cid, dot, eve = (deployed.join(name) for name in ("ann", "bob", "cid", "dot", "eve"))
    sent = make_group(deployed.clock, "ann", "bob", "cid", "dot")
    deployed.ask(bob, ack("delivered", sent))
    deployed.ask(cid, ack("read", sent))
    now = deployed.clock.now()
    everybody = [
        {"user": "bob", "delivered_at": now},
        {"user": "cid", "delivered_at": now, "read_at": now},
        {"user": "dot"},
    ]
    page = {"type": "receipts", "id": "2", "conversation": GROUP, "position": sent, "members": everybody}
    assert deployed.ask(ann, receipts(sent)) == page
    assert deployed.ask(dot, receipts(sent)) == page
    assert deployed.ask(eve, receipts(sent))["code"] == "forbidden"
    first = deployed.ask(ann, receipts(sent, limit=2))
    rest = deployed.ask(ann, receipts(sent, limit=2, after=first["after"]))
    assert first["members"] + rest["members"] == everybody
    assert deployed.ask(ann, receipts(sent, after="nonsense"))["code"] == "invalid_request"
    hide_reads(deployed, "cid")
    assert deployed.ask(ann, receipts(sent))["members"][1] == {"user": "cid", "delivered_at": now}


def test_a_hidden_read_is_told_as_a_delivery(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    hide_reads(deployed, "bob")
    text = {"action": "send", "id": "1", "client_id": "c", "to": "bob", "text": "hello"}
    position = deployed.ask(ann, text)["position"]
    deployed.clock.advance(1)
    reply = deployed.ask(bob, ack("read", position, "dm#ann#bob"))
    assert (reply["type"], reply["kind"]) == ("receipt", "read")
    (told,) = deployed.posted(ann)
    assert [(each["receipt"], each["reader"]) for each in told["events"]] == [("delivered", "bob")]
