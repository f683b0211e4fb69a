"""A 1:1 message crosses the system: acked, live, by sync, in the history; resent, refused, confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import conversation, say, tail


async def pair(connect: Connect, user: Any) -> tuple[Phone, Phone]:
    """Two users with a phone each."""
    return await connect(user("alice")), await connect(user("bob"))


async def test_live(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    acked = await say(alice, bob, "hello")
    await bob.until(bob.messages)
    (event,) = bob.messages()
    assert event == {
        "kind": "message",
        "conversation": conversation(alice, bob),
        "position": acked["position"],
        "arrival": acked["position"],
        "sender": alice.user,
        "client_id": acked["client_id"],
        "text": "hello",
        "at": acked["at"],
    }
    assert alice.events == []
    assert (await bob.mailbox())[0] == [event]


async def test_the_senders_other_device_gets_a_copy(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    laptop = await connect(alice.user, device="laptop")
    await say(alice, bob, "before the laptop is registered")
    for device in (alice, laptop):
        assert (await device.ask("device.register"))["registered"]
    acked = await say(alice, bob, "copied")
    await laptop.until(laptop.messages)
    assert tail(laptop.messages(), "position") == [acked["position"]]
    await control.idle()
    assert alice.events == []
    assert tail((await laptop.mailbox())[0]) == ["copied"]


async def test_offline_then_sync(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    _, cursor = await bob.mailbox()
    await bob.close()
    sent = [(await say(alice, bob, f"{number}"))["position"] for number in range(5)]
    back = await connect(bob.user)
    events, _ = await back.mailbox(cursor, limit=2)
    assert tail(events) == ["0", "1", "2", "3", "4"]
    assert tail(events, "position") == sent == sorted(sent)
    assert back.events == []


async def test_a_cursor_is_safe_and_moves_on(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The last `T` is seen again, what is older is not."""
    alice, bob = await pair(connect, user)
    await say(alice, bob, "old")
    await control.advance(31_000)
    _, cursor = await bob.mailbox()
    await say(alice, bob, "young")
    again, cursor = await bob.mailbox(cursor)
    assert tail(again) == ["young"]
    assert tail((await bob.mailbox(cursor))[0]) == ["young"]
    await control.advance(31_000)
    _, cursor = await bob.mailbox(cursor)
    assert (await bob.mailbox(cursor))[0] == []


@pytest.mark.parametrize("kind", ["delivered", "read"])
async def test_receipts(kind: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    first, second = await say(alice, bob, "1"), await say(alice, bob, "2")
    await bob.until(lambda: len(bob.messages()) == 2)
    about = {"conversation": first["conversation"], "kind": kind}
    newest = int(str(second["position"])[:13])
    mark = await bob.ask("ack", **about, position=second["position"], taken_at=newest)
    assert (mark["type"], mark["position"], mark["taken_at"]) == ("receipt", second["position"], newest)
    await alice.until(lambda: alice.events)
    (receipt,) = alice.events
    assert receipt["kind"] == "receipt" and receipt["receipt"] == kind and receipt["reader"] == bob.user
    assert (receipt["position"], receipt["taken_at"]) == (second["position"], newest)
    older = await bob.ask("ack", **about, position=first["position"], taken_at=newest)
    assert older["position"] == second["position"], "a watermark only moves forward"
    await control.idle()
    assert len(alice.events) == 1
    assert (await alice.mailbox())[0] == [receipt]


async def test_a_read_reaches_the_readers_other_devices(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    acked = await say(alice, bob, "badge")
    position = acked["position"]
    await bob.ask("ack", conversation=acked["conversation"], kind="read", position=position)
    events, _ = await tablet.mailbox()
    assert [(each["kind"], each["position"]) for each in events] == [("message", position), ("receipt", position)]


async def test_history_pages_down_without_gap(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    sides = [await say(*((alice, bob) if number % 3 else (bob, alice)), f"{number}") for number in range(23)]
    seen: list[Any] = []
    fields: dict[str, Any] = {}
    for _ in range(4):
        page = await bob.ask("history", conversation=conversation(alice, bob), limit=7, **fields)
        assert page["type"] == "history" and len(page["events"]) <= 7
        seen += page["events"]
        if "before" not in page:
            break
        fields = {"before": page["before"]}
        await say(alice, bob, "newer, above the page")
    assert tail(seen, "position") == tail(reversed(sides), "position")


async def test_a_batch_keeps_its_order_in_one_frame(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    actions = [
        {"action": "send", "id": f"a{n}", "client_id": new_id(), "to": bob.user, "text": f"{n}"} for n in range(25)
    ]
    answer = await alice.ask("batch", actions=actions)
    assert tail(answer["results"], "id") == [f"a{n}" for n in range(25)]
    positions = tail(answer["results"], "position")
    assert positions == sorted(set(positions))
    await bob.until(lambda: len(bob.messages()) == 25)
    assert tail(bob.messages(), "position") == positions
    assert tail(once((await bob.mailbox())[0])) == [f"{n}" for n in range(25)]


async def test_a_batch_to_several_with_a_receipt(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    carol = await connect(user("carol"))
    earlier = await say(bob, alice, "hi")
    answer = await alice.ask(
        "batch",
        actions=[
            {
                "action": "ack",
                "id": "1",
                "conversation": earlier["conversation"],
                "kind": "read",
                "position": earlier["position"],
            },
            {"action": "send", "id": "2", "client_id": new_id(), "to": user("nobody"), "text": "lost"},
            {"action": "send", "id": "3", "client_id": new_id(), "to": carol.user, "text": "to carol"},
            {"action": "send", "id": "4", "client_id": new_id(), "to": bob.user, "text": "to bob"},
        ],
    )
    assert [each.get("code", each["type"]) for each in answer["results"]] == ["receipt", "unknown_user", "ack", "ack"]
    await bob.until(lambda: len(bob.events) == 2)
    await carol.until(carol.messages)
    assert tail(bob.events, "kind") == ["receipt", "message"]


async def test_a_resend_is_the_same_message(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    first = await say(alice, bob, "once")
    for wait_ms in (0, 31_000, 24 * 3_600_000):
        await control.advance(wait_ms)
        again = await say(alice, bob, "once", client_id=first["client_id"])
        assert (again["position"], again["at"]) == (first["position"], first["at"])
    assert tail((await bob.mailbox())[0]) == ["once"]
    history = await bob.ask("history", conversation=first["conversation"])
    assert tail(history["events"], "position") == [first["position"]]


async def test_the_same_client_id_with_other_content(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    carol = await connect(user("carol"))
    first = await say(alice, bob, "one")
    for fields in ({"to": bob.user, "text": "two"}, {"to": carol.user, "text": "one"}):
        refused = await alice.ask("send", client_id=first["client_id"], **fields)
        assert (refused["type"], refused["code"], refused["retryable"]) == ("error", "conflict", False)
    # Another user's ids are their own.
    await say(bob, alice, "another", client_id=first["client_id"])
    await control.idle()
    assert tail(bob.messages()) == ["one"]
    assert carol.events == [] and (await carol.mailbox())[0] == []


async def test_who_cannot_be_written_to(connect: Connect, user: Any) -> None:
    alice = await connect(user("alice"))
    for to, code in ((user("nobody"), "unknown_user"), (alice.user, "invalid_request")):
        refused = await alice.ask("send", client_id=new_id(), to=to, text="hello?")
        assert (refused["type"], refused["code"], refused["retryable"]) == ("error", code, False)
        assert refused["message"]
    late = await connect(user("nobody"))
    assert (await say(alice, late, "hello!"))["position"]


async def test_who_i_am(connect: Connect, user: Any) -> None:
    alice = await connect(user("alice"), device="tablet-7")
    me = await alice.ask("whoami")
    assert (me["user_id"], me["device_id"]) == (alice.user, "tablet-7")
    assert me["expires_at"] * 1_000 > me["at"]
