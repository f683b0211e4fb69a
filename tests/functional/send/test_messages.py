"""1:1 messages through the real handler: what clients see, what tables hold, what it costs."""

from typing import Any

import pytest

from functions.send.handler import handler
from tests.events import load
from tests.functional.send.conftest import Deployed
from tidings.bootstrap import clients
from tidings.storage import keys

T = 30_000


def frame(action: str, **fields: Any) -> dict[str, Any]:
    return {"action": action, "id": f"r-{action}", **fields}


def text(to: str, content: str = "hello", client_id: str = "c-1") -> dict[str, Any]:
    return frame("send", to=to, text=content, client_id=client_id)


def test_the_recorded_event_is_answered(deployed: Deployed) -> None:
    event = load("message")
    deployed.join("bob")
    deployed.clock.ms = event["requestContext"]["requestTimeEpoch"] + 12
    reply = deployed.invoke(event)
    assert reply == {
        "type": "ack",
        "id": "1",
        "client_id": "c-1",
        "conversation": "dm#ann#bob",
        "position": reply["position"],
        "at": 1_761_549_617_128,
    }


def test_a_message_is_acked_delivered_live_synced_and_read(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    ack = deployed.ask(ann, text("bob", "Grüße 👋"))
    (live,) = deployed.posted(bob)
    event = {
        "kind": "message",
        "conversation": "dm#ann#bob",
        "position": ack["position"],
        "arrival": ack["position"],
        "sender": "ann",
        "client_id": "c-1",
        "text": "Grüße 👋",
        "at": deployed.clock.now(),
    }
    assert live == {"type": "events", "events": [event]}
    synced = deployed.ask(bob, frame("sync"))
    assert (synced["type"], synced["id"], synced["events"]) == ("sync", "r-sync", [event])
    assert "next" not in synced
    deployed.clock.advance(500)
    where = {"conversation": ack["conversation"], "position": ack["position"]}
    receipt = deployed.ask(bob, frame("ack", kind="read", **where))
    assert receipt == {
        "type": "receipt",
        "id": "r-ack",
        "kind": "read",
        "taken_at": deployed.clock.now(),
        **where,
    }
    (told,) = deployed.posted(ann)
    assert [(each["kind"], each["receipt"], each["reader"]) for each in told["events"]] == [("receipt", "read", "bob")]
    history = deployed.ask(ann, frame("history", conversation=ack["conversation"]))
    assert [each["text"] for each in history["events"]] == ["Grüße 👋"]
    assert "before" not in history


def test_a_resend_is_acked_alike_and_stored_once(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob", online=False)
    first = deployed.ask(ann, text("bob"))
    for wait in (1, 20 * T):
        deployed.clock.advance(wait)
        assert deployed.ask(ann, text("bob")) == first
    assert len(deployed.items(keys.CONVERSATIONS)) == len(deployed.items(keys.MAILBOXES)) == 1


def test_a_resend_in_between_is_told_when_to_come_back(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    deployed.ask(ann, text("bob"))
    deployed.clock.advance(20_000)
    error = deployed.ask(ann, text("bob"))
    assert (error["code"], error["retryable"], error["retry_after_ms"]) == ("retry_later", True, 10_001)


def test_a_message_whose_mailbox_was_never_written_comes_late_but_comes(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob", online=False)
    ack = deployed.ask(ann, text("bob"))
    (item,) = deployed.items(keys.MAILBOXES)
    key: Any = {name: item[name] for name in ("user_id", "arrival")}
    clients.dynamodb().delete_item(TableName=keys.MAILBOXES.name, Key=key)
    cursor = deployed.ask(bob, frame("sync"))["cursor"]
    deployed.clock.advance(T + 1)
    assert deployed.ask(ann, text("bob")) == ack
    (event,) = deployed.ask(bob, frame("sync", cursor=cursor))["events"]
    assert event["position"] == ack["position"]
    assert event["arrival"] > ack["position"]
    (entry,) = deployed.items(keys.CONVERSATIONS)
    assert entry["claims"] == {"L": [{"N": str(deployed.clock.now())}]}


def test_a_sync_goes_on_page_by_page(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    for number in range(7):
        deployed.ask(ann, text("bob", f"text {number}", f"c{number}"))
        deployed.clock.advance(1)
    got, request = [], frame("sync", limit=3)
    while True:
        page = deployed.ask(bob, request)
        got += [event["text"] for event in page["events"]]
        if "next" not in page:
            break
        request = frame("sync", limit=3, next=page["next"])
    assert got == [f"text {number}" for number in range(7)]


def test_a_page_fits_a_frame_whatever_the_texts(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob", online=False)
    for number in range(6):
        deployed.ask(ann, text("bob", "\x01" * 4_096, f"c{number}"))
        deployed.clock.advance(1)
    event = bob.message(frame("sync", limit=100), deployed.clock.now())
    body = handler(event, object())["body"]
    assert 24_576 < len(body.encode()) < 128 * 1024


def test_a_batch_is_answered_action_by_action_and_posted_as_one_frame(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    deployed.join("carol", online=False)
    actions = [
        {**text("bob", "one", "c1"), "id": "1"},
        {**text("bob", "two", "c2"), "id": "2"},
        {**text("nobody", "?", "c3"), "id": "3"},
        {**text("carol", "three", "c4"), "id": "4"},
    ]
    reply = deployed.ask(ann, frame("batch", actions=actions))
    assert [(each["type"], each["id"]) for each in reply["results"]] == [
        ("ack", "1"),
        ("ack", "2"),
        ("error", "3"),
        ("ack", "4"),
    ]
    (live,) = deployed.posted(bob)
    assert [event["text"] for event in live["events"]] == ["one", "two"]
    assert deployed.calls.count(("dynamodb", "BatchWriteItem")) == 1


def test_a_message_costs_what_was_promised(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    deployed.forget()
    deployed.ask(ann, text("bob", "x" * 700))
    assert deployed.units == {"write": 5, "read": 2.5, "gateway_requests": 1, "frames_out": 1}, "the first contact"
    deployed.forget()
    deployed.ask(ann, text("bob", "again", "c-2"))
    assert deployed.units == {"write": 3, "read": 2, "gateway_requests": 1, "frames_out": 1}


def test_a_message_of_somebody_with_another_device_costs_what_was_promised(deployed: Deployed) -> None:
    ann, laptop = deployed.join("ann"), deployed.join("ann", "laptop")
    deployed.join("bob")
    deployed.ask(ann, text("bob"))
    deployed.forget()
    deployed.ask(ann, text("bob", "again", "c-2"))
    assert deployed.units == {"write": 4, "read": 3, "gateway_requests": 2, "frames_out": 2}
    assert len(deployed.posted(laptop)) == 2


@pytest.mark.parametrize(("kind", "write", "read"), [("delivered", 2, 1.5), ("read", 3, 2)])
def test_a_receipt_costs_what_was_promised(deployed: Deployed, kind: str, write: int, read: float) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    deployed.join("bob", "laptop")
    ack = deployed.ask(ann, text("bob"))
    deployed.clock.advance(1)
    deployed.forget()
    deployed.ask(bob, frame("ack", kind=kind, conversation=ack["conversation"], position=ack["position"]))
    assert deployed.units == {"write": write, "read": read, "gateway_requests": 1, "frames_out": 1}


@pytest.mark.parametrize("count", [1, 4, 20])
def test_a_sync_costs_what_was_promised(deployed: Deployed, count: int) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    for number in range(count):
        deployed.ask(ann, text("bob", "x" * 700, f"c{number}"))
        deployed.clock.advance(1)
    deployed.forget()
    assert len(deployed.ask(bob, frame("sync"))["events"]) == count
    assert deployed.units["read"] <= -(-count // 4) + 1
    assert "write" not in deployed.units
