"""A worker dies before and after every AWS call of an answer, a like, a repost, their ends, and of telling of one.

The kill points are read off a run that nobody harmed.  Whether the client resends at once or after the first try has
settled: it is acked, done once and counted once.
"""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.post_steps import Name, counted, engage, mentions, posted, replies
from tests.e2e.steps import gather, settle, tail
from tests.e2e.test_kills import SETTLED_MS, calls, kill, points, struck

EXPECTED = {"like": (1, 0, 0), "unlike": (0, 0, 0), "repost": (0, 1, 0), "unrepost": (0, 0, 0)}
BOTH = pytest.mark.parametrize("later_ms", [0, SETTLED_MS], ids=["resent-at-once", "resent-settled"])


async def prepared(author: Phone, fan: Phone, action: str, text: str) -> Name:
    """A post to do it to."""
    post = await posted(author, text)
    if action.startswith("un"):
        await engage(fan, action.removeprefix("un"), post)
    return post


@BOTH
@pytest.mark.parametrize("action", EXPECTED)
async def test_engagements(
    action: str, later_ms: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    for _ in range(2):  # What a warm function remembers is no longer looked up.
        unharmed = await prepared(ann, bob, action, "unharmed")
        await engage(bob, action, unharmed)
    made = await calls(control, "Timeline", unharmed["position"])
    assert "TransactWriteItems" in made
    for call, when in points(made):
        post = await prepared(ann, bob, action, f"{call} {when}")
        client_id = new_id()
        await control.misbehave(calls=[kill("Timeline", client_id, call, when)])
        await bob.put(action, client_id=client_id, **post)
        await control.idle(60)
        assert await struck(control, "Timeline", client_id), (call, when)
        if later_ms:
            await control.advance(later_ms)
        answer = await bob.insist(action, client_id=client_id, **post)
        assert answer["type"] == "ack", (call, when, answer)
        assert await counted(bob, post) == EXPECTED[action], (call, when)
        shown = (await bob.ask("timeline.user", user=bob.user, limit=50))["posts"]
        mine = [each["position"] for each in shown if each.get("repost_of") == post]
        assert mine == ([answer["position"]] if action == "repost" else []), (call, when)


@BOTH
async def test_answers(later_ms: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    root = await posted(ann, "ask me")
    texts = ["first", "unharmed"]
    for text in texts:
        client_id = new_id()
        await bob.ask("post", client_id=client_id, text=text, reply_to=root)
    made = await calls(control, "Timeline", client_id)
    for call, when in points(made):
        frame = {"client_id": new_id(), "text": f"{call} {when}", "reply_to": root}
        await control.misbehave(calls=[kill("Timeline", frame["client_id"], call, when)])
        await bob.put("post", **frame)
        await control.idle(60)
        assert await struck(control, "Timeline", frame["client_id"]), (call, when)
        if later_ms:
            await control.advance(later_ms)
        assert (await bob.insist("post", **frame))["type"] == "ack"
        texts.append(frame["text"])
    assert await replies(ann, root) == texts[::-1]
    assert await counted(ann, root) == (0, 0, len(texts))
    await settle(control)
    assert await mentions(ann) == texts[::-1]
    assert tail((await bob.ask("timeline.user", user=bob.user, limit=50))["posts"]) == texts[::-1]


async def test_deleting_answers(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    root = await posted(ann, "ask me")
    unharmed = await posted(bob, "unharmed", reply_to=root)
    assert (await bob.ask("post.delete", position=unharmed["position"]))["type"] == "ack"
    made = await calls(control, "Timeline", f"{unharmed['position']}")
    for call, when in points(made):
        doomed = await posted(bob, f"{call} {when}", reply_to=root)
        await control.misbehave(calls=[kill("Timeline", doomed["position"], call, when)])
        await bob.put("post.delete", position=doomed["position"])
        await control.idle(60)
        assert await struck(control, "Timeline", doomed["position"]), (call, when)
        assert (await bob.insist("post.delete", position=doomed["position"]))["type"] == "ack"
        assert await replies(ann, root) == []
        assert await counted(ann, root) == (0, 0, 0)
    await settle(control)
    assert await mentions(ann) == []


async def test_telling_of_mentions(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    root = await posted(ann, "ask me")
    await settle(control)
    await posted(bob, "unharmed", quote=root)
    await settle(control)
    made = await calls(control, "Work", "mention")
    assert "BatchWriteItem" in made, made
    texts = ["unharmed"]
    for call, when in points(made):
        text = f"{call} {when}"
        await control.misbehave(calls=[kill("Work", "mention", call, when)])
        quoted = await posted(bob, text, quote=root)
        await settle(control)
        assert await struck(control, "Work", quoted["position"]), (call, when)
        texts.append(text)
    assert await mentions(ann) == texts[::-1]
