"""What answers, likes, reposts, counts, threads and mentions cost, with everything that follows from them."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.post_steps import counted, engage, posted
from tests.e2e.steps import follow, gather, publish
from tests.e2e.test_budgets import POST, TEXT, readers_of, used
from tidings.domain.fanout import ends_chunk


async def test_likes_and_reposts(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Outbox, and register and count in a transaction; a repost is a post in it, too.  The post, whether its author is
    to be seen, the register and the count; for a repost whether the author is private, and the reposter's own path."""
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    root = await posted(ann, TEXT[:500])
    for action, write, read in (("like", 5, 3), ("unlike", 5, 1.5), ("repost", 7, 4), ("unrepost", 7, 1.5)):
        allowed = budgets.engagement(repost=action.endswith("repost"))
        cost = await used(control, (action,), allowed, lambda action=action: engage(bob, action, root))
        assert cost == Allowed(write, read, 2, 1), action


async def test_counts(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Half a unit for a post's counts, half for each of the caller's registers, once for its author."""
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    posts = [await posted(ann, TEXT[:500]) for _ in range(10)]
    cost = await used(control, ("post.counts",), budgets.counts(10), lambda: bob.ask("post.counts", posts=posts))
    assert (cost.write, cost.read) == (0, 10 * 1.5 + 1.5)


async def test_an_answer(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Half a read unit a follower: whether they follow whom it answers.  A write for each who does, one for who is
    told."""
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    names = [name for name in (f"reader{number}" for number in range(30)) if not ends_chunk(user(name))][:20]
    await readers_of(connect, user, bob, names)
    root = await posted(ann, "tea?")
    both = [await connect(user(name)) for name in names[:5]]
    await gather(*(follow(each, ann) for each in both))
    allowed = budgets.answer(len(names), len(both))
    cost = await used(control, POST, allowed, lambda: publish(bob, TEXT[:500], reply_to=root))
    assert cost.write == 10 + len(both)
    assert await counted(ann, root) == (0, 0, 1)


async def test_a_thread(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    people = await gather(*(connect(user(f"p{number}")) for number in range(6)))
    chain = [await posted(people[0], TEXT[:500])]
    for phone in people[1:3]:
        chain.append(await posted(phone, TEXT[:500], reply_to=chain[-1]))
    for phone in people[3:]:
        await publish(phone, TEXT[:500], reply_to=chain[-1])
    allowed = budgets.thread(2, 3)
    cost = await used(control, ("post.get",), allowed, lambda: people[0].ask("post.get", **chain[-1]))
    assert cost.write == 0
    thread = await people[0].ask("post.get", **chain[-1])
    assert (len(thread["ancestors"]), len(thread["replies"])) == (2, 3)


async def test_a_page_of_mentions(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """20 excerpts, eventually consistent; what is to be known of the reader; who wrote them."""
    ann, bob = await gather(connect(user("ann")), connect(user("bob")))
    root = await posted(ann, "tea?")
    await gather(*(publish(bob, TEXT[:600], quote=root) for _ in range(22)))
    cost = await used(
        control, ("timeline.mentions",), Allowed(0, 5.5, 2, 1), lambda: ann.ask("timeline.mentions", limit=20)
    )
    assert cost.write == 0
    assert len((await ann.ask("timeline.mentions", limit=20))["posts"]) == 20
