"""Posts and who people are: handles that are mentioned, private accounts, blocks and mutes."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.post_steps import counted, engage, mentions, posted, replies
from tests.e2e.steps import follow, gather, publish, settle, tail


async def trio(connect: Connect, user: Any) -> list[Phone]:
    return await gather(*(connect(user(name)) for name in ("ann", "bob", "cid")))


def handle(phone: Phone) -> str:
    """A handle that no other test has."""
    return f"{phone.user[:8]}_{phone.user[-3:]}"


async def profile(phone: Phone, **fields: Any) -> None:
    answer = await phone.ask("profile", client_id=new_id(), **fields)
    assert answer["type"] == "profile", answer


async def test_a_handle_in_a_text_tells_its_owner_of_that_moment(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    name = handle(bob)
    await profile(bob, handle=name)
    await publish(ann, f"hello @{name.upper()}, and @{name}, and @{name}x")
    await settle(control)
    assert len(await mentions(bob)) == 1
    (post,) = (await bob.ask("timeline.mentions"))["posts"]
    assert [(each["kind"], post["text"][each["start"] : each["end"]].lower()) for each in post["entities"]] == [
        ("mention", f"@{name}"),
        ("mention", f"@{name}"),
        ("mention", f"@{name}x"),
    ]
    await profile(bob, handle="")
    await profile(cid, handle=name)
    await publish(ann, f"hello again @{name}")
    await settle(control)
    assert [len(await mentions(phone)) for phone in (bob, cid)] == [1, 1]
    assert (await ann.ask("post.delete", position=post["position"]))["type"] == "ack"
    await settle(control)
    assert await mentions(bob) == []


async def test_what_a_private_account_posts_is_for_its_followers(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    await gather(follow(bob, ann), follow(cid, bob))
    root = await posted(bob, "open")
    await profile(ann, private=True)
    secret = await posted(ann, "for my followers", reply_to=root)
    await publish(bob, "seen", quote=secret)
    await settle(control)
    assert await counted(bob, secret) == (0, 0, 0)
    await engage(bob, "like", secret)
    refused = await bob.ask("repost", client_id=new_id(), **secret)
    assert (refused["type"], refused["code"]) == ("error", "forbidden")
    assert await replies(bob, root) == ["for my followers"]
    assert await mentions(bob) == ["for my followers"]
    for action, fields in (("like", {"client_id": new_id()}), ("post.get", {}), ("post.replies", {})):
        assert (await cid.ask(action, **secret, **fields))["code"] == "not_found", action
    assert (await cid.ask("post.counts", posts=[secret]))["counts"] == []
    assert await replies(cid, root) == []
    page = await cid.ask("timeline.home")
    assert tail(page["posts"]) == ["seen", "open"]
    assert "originals" not in page, "what is quoted is not shown"
    assert tail((await bob.ask("timeline.home"))["originals"]) == ["for my followers"]


async def test_who_is_muted_mentions_nobody_who_muted_them(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, _ = await trio(connect, user)
    root = await posted(ann, "tea?")
    await publish(bob, "yes", reply_to=root)
    await settle(control)
    assert await mentions(ann) == ["yes"]
    assert (await ann.ask("mute", client_id=new_id(), user=bob.user))["type"] == "ack"
    assert await mentions(ann) == []
    assert await replies(ann, root) == ["yes"], "the thread is there for the asking"
    assert (await ann.ask("unmute", client_id=new_id(), user=bob.user))["type"] == "ack"
    assert await mentions(ann) == ["yes"]


async def test_who_is_blocked_is_in_no_thread_and_engages_with_nothing(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    root = await posted(ann, "tea?")
    answer = await posted(bob, "yes", reply_to=root)
    await engage(bob, "like", root)
    assert (await ann.ask("block", client_id=new_id(), user=bob.user))["type"] == "ack"
    assert await replies(ann, root) == []
    assert await replies(cid, root) == ["yes"]
    for action in ("like", "repost"):
        assert (await bob.ask(action, client_id=new_id(), **root))["code"] == "not_found"
        assert (await ann.ask(action, client_id=new_id(), **answer))["code"] == "not_found"
    assert (await bob.ask("post", client_id=new_id(), text="but", reply_to=root))["code"] == "not_found"
    await engage(bob, "unlike", root)
    assert await counted(cid, root) == (0, 0, 1), "what was done before may be taken back"
