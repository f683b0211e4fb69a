"""More than a user may post, like and follow: told when to come back, and what takes something back goes on."""

from __future__ import annotations

from typing import Any

from client import Client
from infra.settings import TidingsSettings
from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.limit_steps import bucket, drain
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import gather, publish, settle
from tidings.services.limits import LEASE
from tidings.storage import keys

POSTS, ENGAGEMENTS = f"{keys.RATE}#post", f"{keys.RATE}#engage"
SETTINGS = TidingsSettings()
POSTING = (POSTS, SETTINGS.post_rate, SETTINGS.post_burst)
ENGAGING = (ENGAGEMENTS, SETTINGS.engage_rate, SETTINGS.engage_burst)
MANY = 600
"""More than all processes together let through for nothing."""


async def refused(phone: Phone, action: str, **fields: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Ask until it is too much: what was acked, and the refusal."""
    acked: list[dict[str, Any]] = []
    for _ in range(MANY):
        answer = await phone.ask(action, client_id=new_id(), **fields)
        if answer["type"] == "error":
            assert (answer["code"], answer["retryable"]) == ("rate_limited", True)
            return acked, answer
        acked.append(answer)
    raise AssertionError("nobody is ever refused")


async def test_who_posts_too_fast_is_told_when_to_come_back(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann = await connect(user("ann"))
    first = await publish(ann, "first")
    began = await drain(control, ann, 600_000, *POSTING)
    acked, refusal = await refused(ann, "post", text="x")
    assert 540_000 < refusal["retry_after_ms"] <= 600_000 + LEASE * 1_000 // SETTINGS.post_rate
    ref = {"author": ann.user, "position": first}
    assert (await ann.ask("like", client_id=new_id(), **ref))["type"] == "ack", "likes are counted apart"
    assert (await ann.ask("post.delete", position=acked[-1]["position"]))["type"] == "ack"
    await control.advance(refusal["retry_after_ms"])
    acked.append(await ann.ask("post", client_id=new_id(), text="again"))
    assert acked[-1]["type"] == "ack"
    await settle(control)
    assert await bucket(control, ann.user, POSTS) >= began
    page = await ann.ask("timeline.user", user=ann.user, limit=1)
    assert [each["position"] for each in page["posts"]] == [acked[-1]["position"]]


async def test_who_likes_too_much_can_still_take_it_back(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob = await connect(user("ann")), await connect(user("bob"))
    ref = {"author": ann.user, "position": await publish(ann, "likeable")}
    await drain(control, bob, 600_000, *ENGAGING)
    await refused(bob, "like", **ref)
    for action, fields in (("unlike", ref), ("unfollow", {"user": ann.user}), ("block", {"user": ann.user})):
        assert (await bob.ask(action, client_id=new_id(), **fields))["type"] == "ack"
    await publish(bob, "and post")


async def test_a_client_obeys_and_posts_all_in_order(
    connect: Connect, control: AsyncControlClient, host: dict[str, Any], user: Any
) -> None:
    """The bucket holds too little from the start, and replies are lost."""
    ann = await connect(user("ann"), "tablet")
    await drain(control, ann, 3_000 - LEASE * 1_000 // SETTINGS.post_rate, *POSTING)
    await control.misbehave(seed=11, reorder=2, delay_ms=10, lose_reply=0.05)
    token = (await control.mint(ann.user, LIFE_S))["token"]
    texts = [f"{number:02}" for number in range(40)]
    async with Client(host["url"], token, "phone", user_id=ann.user) as client:
        await client.ready(30)
        await gather(*(client.post(text) for text in texts))
    await control.behave()
    page = await ann.ask("timeline.user", user=ann.user, limit=50)
    assert [each["text"] for each in page["posts"]][::-1] == texts
