"""The real client in bad weather: threads, likes, reposts and mentions, once each and in order."""

from __future__ import annotations

import asyncio

from local.control_client import AsyncControlClient
from tests.e2e.app import Open, User, weather
from tests.e2e.steps import settle


async def test_a_talk_about_tea(app: Open, control: AsyncControlClient, user: User) -> None:
    """Frames and replies are lost and reordered; the client resends by itself."""
    ann, bob = await app(user("ann")), await app(user("bob"))
    await control.misbehave(**weather(7))
    root = (ann.user, str((await ann.client.post("tea?")).position))
    acks = await asyncio.gather(*(bob.client.post(f"{number}", reply_to=root) for number in range(8)))
    assert [ack.position for ack in acks] == sorted(str(ack.position) for ack in acks)
    await asyncio.gather(bob.client.like(root), bob.client.repost(root), ann.client.like(root))
    await bob.client.unlike(root)
    await bob.client.post("look", quote=root)
    await control.behave()
    await settle(control)
    thread = await ann.client.thread(root, limit=5)
    replies = [*thread.replies, *(await ann.client.replies(root, thread.before)).posts]
    assert [post.text for post in replies] == [f"{number}" for number in range(7, -1, -1)]
    assert {post.reply_to for post in replies} == {root}
    (counts,) = await ann.client.counts([root])
    assert (counts.likes, counts.reposts, counts.replies) == (1, 1, 8)
    assert (counts.liked, counts.reposted) == (True, False)
    page = await ann.client.mentions()
    assert [post.text for post in page.posts] == ["look", *(post.text for post in replies)]
    assert page.originals[root].text == "tea?"
    shown = await ann.client.user_timeline(bob.user)
    assert [post.repost_of for post in shown.posts if not post.text] == [root]
    await bob.client.delete_post(replies[0].position)
    assert (await ann.client.counts([root]))[0].replies == 7
