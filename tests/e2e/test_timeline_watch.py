"""`timeline.watch`: what comes into a home timeline is told to the devices that asked, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import fail, follow, gather, hold, kill, publish, settle, tail
from tests.e2e.tables import put, table
from tests.e2e.test_budgets import used
from tests.fakes import FakeClock
from tidings.domain.stamp import Fence, Times
from tidings.services.fanout.news import FEW, LIST_MS
from tidings.services.fanout.watching import STALE_MS
from tidings.services.timeline_watch import WATCH_MS
from tidings.storage import keys
from tidings.storage.marks import MarkStore

POST = ("post", "PlanPosts", "WorkSmall", "WorkLive")
DAYS_30 = 30 * 86_400_000
NEWS = r"\"kind\":\"news\""
"""In an invocation's event, where a job is text in JSON."""
LIVE_WORKERS = 2
"""Of the lane of live frames (the setting `live_concurrency`)."""


async def watch(control: AsyncControlClient, *phones: Phone, on: bool = True) -> None:
    """Watch, or no longer; every worker knows of it."""
    for phone in phones:
        answer = await phone.ask("timeline.watch", on=on)
        assert answer["type"] == "watching", answer
    await control.advance(LIST_MS)


def told(phone: Phone) -> list[dict[str, Any]]:
    """The events about the timeline."""
    return [event for event in phone.events if event["kind"] == "timeline"]


def posts(phone: Phone) -> list[str]:
    """The texts that were told themselves, each once, by position."""
    found = {post["position"]: post["text"] for event in told(phone) for post in event.get("posts", ())}
    return [found[position] for position in sorted(found)]


async def pulled(control: AsyncControlClient, author: Phone, text: str, **fields: Any) -> str:
    """A post of an author who is pulled, as their client would make it."""
    position = await publish(author, "to find a position")
    await settle(control)
    assert (await author.ask("post.delete", position=position))["type"] == "ack"
    await settle(control)
    now = (await author.ask("whoami"))["at"]
    mine = f"{now:013d}{position[13:]}"
    item = {"author_id": author.user, "position": mine, "client_id": new_id(), "path": "pull", "text": text, **fields}
    await put(control, keys.POSTS.name, {name: {"S": value} for name, value in item.items()})
    return mine


async def mark(control: AsyncControlClient, reader: Phone, author: Phone) -> None:
    """From now on `reader` pulls `author`."""
    database, graph = await table(control, keys.GRAPH.name)
    now = (await reader.ask("whoami"))["at"]
    marks = MarkStore(database, graph, FakeClock(now), DAYS_30)
    assert await asyncio.to_thread(marks.open, reader.user, author.user, now, 50, Fence(now, Times(), lambda: now))


async def trio(connect: Connect, user: Any) -> tuple[Phone, Phone, Phone]:
    """ann and cid, and bob who follows both."""
    ann, bob, cid = [await connect(user(name)) for name in ("ann", "bob", "cid")]
    await gather(follow(bob, ann), follow(bob, cid))
    return ann, bob, cid


async def test_devices_that_watch_are_told_and_no_others(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    tablet = await connect(bob.user, device="tablet")
    await follow(cid, ann)
    await settle(control)
    await watch(control, bob, ann)
    sent = [await publish(author, text) for author, text in ((ann, "one"), (cid, "two"))]
    await settle(control)
    await bob.until(lambda: posts(bob) == ["one", "two"])
    shown = [post for event in told(bob) for post in event["posts"]]
    page = (await bob.ask("timeline.home"))["posts"]
    assert sorted(shown, key=lambda post: str(post["position"]), reverse=True) == page, "as on a page"
    assert tail(page, "position") == sent[::-1]
    assert [told(phone) for phone in (tablet, ann, cid)] == [[], [], []]
    await watch(control, bob, on=False)
    await publish(ann, "three")
    await settle(control)
    assert posts(bob) == ["one", "two"]
    assert tail((await bob.ask("timeline.home"))["posts"]) == ["three", "two", "one"]


async def test_many_posts_at_once_are_one_frame_with_their_number(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    await settle(control)
    await watch(control, bob)
    since = (await bob.ask("timeline.home"))["since"]
    await control.misbehave(holds=[hold("Work", NEWS, times=None)])
    sent = []
    for number in range(LIVE_WORKERS):
        sent.append(await publish(ann, f"before {number}"))
        await control.stopped(at_least=number + 1)
    # The lane has no room for these; each is told of when its copy is there.
    sent += [await publish(author, f"{number}") for number in range(FEW) for author in (ann, cid)]
    async with asyncio.timeout(20):
        while set(tail(await bob.home(), "position")) != set(sent):
            pass
    await control.misbehave(holds=[])
    await control.release("held")
    await settle(control)
    await bob.until(lambda: sum(event["new"] for event in told(bob)) >= len(sent))
    assert len(told(bob)) < len(sent)
    assert any("posts" not in event and event["new"] > FEW for event in told(bob))
    page = await bob.ask("timeline.home", since=since)
    assert set(tail(page["posts"], "position")) >= set(sent)


async def test_it_ends_by_itself_and_with_the_connection(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, _ = await trio(connect, user)
    await settle(control)
    answer = await bob.ask("timeline.watch")
    at = (await bob.ask("whoami"))["at"]
    assert answer["until"] == pytest.approx(at + WATCH_MS, abs=10_000)
    await control.advance(WATCH_MS + 1_000)
    await publish(ann, "late")
    await settle(control)
    assert told(bob) == []
    await watch(control, bob)
    await bob.close()
    await publish(ann, "to nobody")
    await settle(control)
    fresh = await connect(bob.user)
    assert tail((await fresh.ask("timeline.home"))["posts"]) == ["to nobody", "late"]


async def test_what_a_page_hides_is_not_told(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """bob unfollows ann, and cid deletes, while the news of their posts are on their way."""
    ann, bob, cid = await trio(connect, user)
    await settle(control)
    await watch(control, bob)
    await control.misbehave(holds=[hold("Work", NEWS, times=None)])
    await publish(ann, "from somebody I have left")
    await control.stopped(at_least=1)
    gone = await publish(cid, "taken back")
    await control.stopped(at_least=2)
    await publish(cid, "stays")
    await follow(bob, ann, "unfollow")
    assert (await cid.ask("post.delete", position=gone))["type"] == "ack"
    await control.misbehave(holds=[])
    await control.release("held")
    await settle(control)
    assert set(posts(bob)) <= {"stays"}
    await publish(cid, "heard")
    await settle(control)
    await bob.until(lambda: "heard" in posts(bob))


async def test_watchers_of_a_pulled_author_are_told_too(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    stranger = await connect(user("stranger"))
    await follow(cid, ann)
    await settle(control)
    for reader in (bob, cid):
        await mark(control, reader, ann)
    await watch(control, bob, cid, stranger)
    said = await publish(cid, "somebody else's")
    await pulled(control, ann, "an answer", reply_to=f"{cid.user}/{said}", root=f"{cid.user}/{said}")
    await pulled(control, ann, "for all who pull")
    await settle(control)
    # bob follows both, cid is who is answered.
    for reader in (bob, cid):
        await reader.until(lambda reader=reader: {"an answer", "for all who pull"} <= {*posts(reader)})
    assert [post["reply_to"]["author"] for event in told(bob) for post in event["posts"] if "reply_to" in post] == [
        cid.user
    ]
    assert told(stranger) == told(ann) == []


async def test_a_pulled_answer_to_a_stranger_is_told_to_nobody(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, _ = await trio(connect, user)
    dan = await connect(user("dan"))
    await settle(control)
    await mark(control, bob, ann)
    await watch(control, bob)
    said = await publish(dan, "hello")
    await pulled(control, ann, "an answer", reply_to=f"{dan.user}/{said}", root=f"{dan.user}/{said}")
    await pulled(control, ann, "for all")
    await settle(control)
    await bob.until(lambda: "for all" in posts(bob))
    assert "an answer" not in posts(bob)


async def test_through_weather_nothing_wrong_is_told_and_a_refresh_has_it_all(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    await settle(control)
    await watch(control, bob)
    page = await bob.ask("timeline.home")
    await control.misbehave(
        seed=3,
        reorder=3,
        duplicate_records=0.5,
        duplicate_messages=0.5,
        calls=[
            kill("Work", bob.user, "SendMessageBatch", when="after", times=2),
            kill("Work", NEWS, "PostToConnection", when="after", times=2),
            fail("Work", NEWS, "Query", "ProvisionedThroughputExceededException", times=2),
        ],
    )
    sent = [await publish(author, f"{number}") for number in range(6) for author in (ann, cid)]
    await settle(control)
    await control.misbehave(calls=[])
    await settle(control)
    seen = {post["position"] for event in told(bob) for post in event.get("posts", ())}
    assert seen <= set(sent)
    sent.append(await publish(ann, "after the weather"))
    await settle(control)
    await bob.until(lambda: "after the weather" in posts(bob))
    assert tail((await bob.ask("timeline.home", since=page["since"]))["posts"], "position") == sent[::-1]
    assert tail(await bob.home(), "position") == sent[::-1], "each once"


async def test_what_is_old_is_not_worth_a_frame(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob, _ = await trio(connect, user)
    await settle(control)
    await watch(control, bob)
    await control.misbehave(holds=[hold("Work", NEWS)])
    await publish(ann, "old news")
    await control.idle()
    await control.advance(STALE_MS + 1)
    await control.misbehave(holds=[])
    await control.release("held")
    await settle(control)
    assert told(bob) == []
    assert tail((await bob.ask("timeline.home"))["posts"]) == ["old news"]


async def test_nobody_asks_too_often(connect: Connect, user: Any) -> None:
    bob = await connect(user("bob"))
    answers = [await bob.ask("timeline.watch") for _ in range(60)]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert {(answer["code"], answer["retry_after_ms"] > 0) for answer in refused} == {("rate_limited", True)}


async def cost_of(
    control: AsyncControlClient, operations: tuple[str, ...], allowed: Allowed, work: Callable[[], Awaitable[Any]]
) -> Allowed:
    """As `used`, once the lists of watchers are forgotten."""
    await settle(control)
    await control.advance(LIST_MS)
    return await used(control, operations, allowed, work)


async def test_what_it_costs(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob, _ = await trio(connect, user)
    await settle(control)
    # What is known of the reader; the device, and the user among all who watch.
    cost = await used(control, ("timeline.watch",), Allowed(2, 1, 2, 1), lambda: bob.ask("timeline.watch"))
    assert cost == Allowed(write=2, read=1, frames=2, gateway_requests=1)
    # Beside a post (4.5): who watches, once a worker; the post again, the devices, the reader, the sockets.
    cost = await cost_of(control, POST, Allowed(5, 4.5 + 0.5 + 3.5, 3, 2), lambda: publish(ann, "hello"))
    assert (cost.write, cost.frames, cost.gateway_requests) == (5, 3, 2)
    cost = await used(control, ("timeline.watch",), Allowed(2, 0, 2, 1), lambda: bob.ask("timeline.watch", on=False))
    assert cost == Allowed(write=2, read=0, frames=2, gateway_requests=1)


async def test_what_watching_costs_who_pulls(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """One write more for each author."""
    ann, bob, cid = await trio(connect, user)
    await settle(control)
    for author in (ann, cid):
        await mark(control, bob, author)
    cost = await used(control, ("timeline.watch",), Allowed(4, 1, 2, 1), lambda: bob.ask("timeline.watch"))
    assert cost == Allowed(write=4, read=1, frames=2, gateway_requests=1)
