"""More than a user may send: told when to come back, nothing lost, and counting costs next to nothing."""

from __future__ import annotations

from typing import Any

from client import Client
from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.limit_steps import RATE, bucket, drain
from tests.e2e.phone import new_id, once
from tests.e2e.steps import gather, say, settle, tail
from tidings.services.limits import LEASE


async def test_a_flood_is_limited_and_nothing_is_lost(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, bob, "warm")
    await bob.close()
    await settle(control)
    await drain(control, alice, 600_000)
    mark = (await control.mark())["mark"]
    left = [(new_id(), f"{number:03}") for number in range(400)]
    acked: list[str] = []
    refusals: list[dict[str, Any]] = []
    while left:
        some = [{"action": "send", "id": each, "client_id": each, "to": bob.user, "text": t} for each, t in left[:25]]
        results = (await alice.ask("batch", actions=some))["results"]
        done = [each["position"] for each in results if each["type"] == "ack"]
        acked += done
        left = left[len(done) :]
        if len(done) < len(results):
            refused, *rest = results[len(done) :]
            refusals.append(refused)
            assert (refused["code"], refused["retryable"]) == ("rate_limited", True)
            assert {each["code"] for each in rest} <= {"not_attempted"}, "the batch stops there"
            alone = await alice.ask("send", client_id=left[0][0], to=bob.user, text=left[0][1])
            if alone["type"] == "ack":  # Another process still had some of its free ones.
                acked.append(alone["position"])
                left.pop(0)
                continue
            assert (alone["code"], alone["retryable"]) == ("rate_limited", True)
            await control.advance(alone["retry_after_ms"])
    assert refusals
    assert 540_000 < refusals[0]["retry_after_ms"] <= 600_000 + LEASE * 1_000 // RATE
    await settle(control)
    meter = await control.meter(mark)
    sends = [tally for name, tally in meter["operations"].items() if name in ("send", "batch")]
    # Outbox, log and mailbox a message, and a tenth of a unit for the counting, at most.
    assert len(acked) * 3 < sum(tally["write"] for tally in sends) <= len(acked) * 3.1
    back = await connect(bob.user)
    shown = once((await back.mailbox())[0])
    assert [each["text"] for each in shown] == ["warm", *(f"{number:03}" for number in range(400))]
    assert [each["position"] for each in shown[1:]] == acked


async def test_a_client_obeys_and_delivers_all_in_order(
    connect: Connect, control: AsyncControlClient, host: dict[str, Any], user: Any
) -> None:
    """The bucket is empty from the start, and frames and replies are lost, delayed and reordered."""
    alice, bob = await connect(user("alice"), "tablet"), await connect(user("bob"))
    began = await drain(control, alice, 5_000)
    await control.misbehave(seed=11, reorder=2, delay_ms=10, lose_frame=0.05, lose_reply=0.05)
    token = (await control.mint(alice.user, LIFE_S))["token"]
    texts = [f"{number:03}" for number in range(120)]
    async with Client(host["url"], token, "phone", user_id=alice.user) as client:
        await client.ready(30)
        await gather(*(client.send(bob.user, text) for text in texts))
    await control.behave()
    await control.idle()
    assert await bucket(control, alice.user) >= began + LEASE * 1_000 // RATE
    assert tail(once((await bob.mailbox())[0])) == texts


async def test_every_limit_answers_its_code(connect: Connect, user: Any) -> None:
    """What `docs/protocol.md` lists under "Limits", but for those that close the socket."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))

    async def code(action: str, **fields: Any) -> str:
        answer = await alice.ask(action, **fields)
        return str(answer.get("code", answer["type"]))

    message = {"client_id": new_id(), "to": bob.user}
    one = {"action": "send", "id": "1", **message, "text": "x"}
    assert await code("send", **message, text="x" * 4_097) == "invalid_request"
    assert await code("send", **message, text="x", mentions=[f"u{n}" for n in range(21)]) == "invalid_request"
    assert await code("batch", actions=[one] * 26) == "invalid_request"
    assert await code("sync", limit=101) == "invalid_request"
    many = [f"u{n}" for n in range(101)]
    assert await code("group.create", client_id=new_id(), title="x", members=many) == "invalid_request"
    assert await code("group.create", client_id=new_id(), title="x" * 101) == "invalid_request"
    assert await code("presence.watch", users=many) == "invalid_request"
    for number in range(9):
        device = await connect(alice.user, f"d{number}")
        assert (await device.ask("device.register"))["registered"]
        await device.close()
    assert await code("device.register") == "device"
    eleventh = await connect(alice.user, "d10")
    assert (await eleventh.ask("device.register"))["code"] == "too_many_devices"
