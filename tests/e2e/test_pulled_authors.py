"""Authors too large to be pushed to every follower: crossing over and back, through real sockets."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import UNITS, Allowed
from tests.e2e.conftest import ALWAYS_PULL, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.pull_steps import FRESH_MS, copies, counted, crossed, followed, marks, page, state
from tests.e2e.steps import BOUND_MS, SETTLE_MS, follow, kill, publish, settle, tail
from tests.e2e.tables import put
from tests.e2e.test_budgets import POST, TEXT, used
from tests.e2e.test_kills import struck

NOISE = {"seed": 11, "duplicate_records": 0.5, "duplicate_messages": 0.5, "stream_delay_ms": 40, "delay_ms": 20}


async def positions(reader: Phone) -> list[str]:
    """The whole home timeline."""
    return tail(await reader.home(), "position")


async def test_an_author_crosses_up_and_down_and_nobody_loses_or_repeats_anything(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, readers = await followed(connect, user, 4)
    await control.misbehave(**NOISE)
    sent = [await publish(author, f"pushed {number}") for number in range(3)]
    sent.append(await crossed(control, author, "crossing up"))
    assert await state(control, author) == ("pull", True)
    pushed = list(sent)
    pulled = [await publish(author, f"pulled {number}") for number in range(5)]
    sent += pulled
    await settle(control)
    await control.advance(FRESH_MS)
    for reader in readers:
        assert await copies(control, reader, author) == pushed, "what is pulled is written for nobody"
        assert await positions(reader) == sent[::-1]
    assert await positions(author) == sent[::-1]
    sent.append(await crossed(control, author, "crossing down", -ALWAYS_PULL))
    assert await state(control, author) == ("push", False)
    sent += [await publish(author, f"pushed again {number}") for number in range(2)]
    await settle(control)
    await control.advance(FRESH_MS)
    for reader in readers:
        assert await copies(control, reader, author) == [*pushed, *sent[-2:]]
        assert await positions(reader) == sent[::-1]
        assert all(until > 0 for until in (await marks(control, reader)).values())


async def test_readers_who_page_down_while_an_author_crosses(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, (reader, other) = await followed(connect, user, 2)
    sent = [await publish(author, f"{number}") for number in range(6)]
    sent.append(await crossed(control, author, "crossing up"))
    sent += [await publish(author, f"pulled {number}") for number in range(6)]
    await settle(control)
    await control.advance(FRESH_MS)
    begun = list(sent)
    seen, before = await page(reader, 2, None)
    refreshed = (await other.ask("timeline.home"))["since"]
    news: list[str] = []
    await counted(control, author, -ALWAYS_PULL)
    for number in range(12):
        news.append(await publish(author, f"arrives {number}"))
        await control.idle(60, advance_ms=SETTLE_MS)
        more, before = await page(reader, 2, before)
        seen += more
        if before is None:
            break
    await settle(control)
    assert before is None
    assert await state(control, author) == ("push", False)
    assert seen == begun[::-1]
    await control.advance(FRESH_MS)
    assert await positions(reader) == [*begun, *news][::-1]
    found: list[str] = []
    fields: dict[str, Any] = {"since": refreshed}
    while True:
        answer = await other.ask("timeline.home", limit=3, **fields)
        found += tail(answer["posts"], "position")
        if "before" not in answer:
            break
        fields = {"before": answer["before"]}
    assert [each for each in found if each not in begun] == news[::-1]
    assert len(found) == len(set(found))


async def test_followers_come_and_go_while_an_author_is_pulled(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, (reader,) = await followed(connect, user, 1)
    up = await crossed(control, author, "crossing")
    pulled = await publish(author, "pulled")
    late = await connect(user("late"))
    await follow(late, author)
    await settle(control)
    await control.advance(FRESH_MS)
    assert await positions(late) == [pulled, up]
    assert await copies(control, late, author) == [up]
    await follow(reader, author, "unfollow")
    assert await positions(reader) == []
    await settle(control)
    assert await positions(reader) == []
    assert await marks(control, reader) == {}
    await follow(reader, author)
    await settle(control)
    assert await positions(reader) == [pulled, up]


async def test_who_pulls_too_many_is_pushed_to(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (full, reader) = await followed(connect, user, 2)
    others = {f"p#{user(name)}#1": {"N": "0"} for name in ("one", "two")}
    item = {"owner": {"S": full.user}, "edge": {"S": "reader#pulled"}, "open": {"N": "2"}, **others}
    await put(control, "Graph", item)
    up = await crossed(control, author, "crossing")
    pulled, gone = await publish(author, "pulled"), await publish(author, "gone")
    await settle(control)
    await control.advance(FRESH_MS)
    assert await copies(control, full, author) == [up, pulled, gone]
    assert await copies(control, reader, author) == [up]
    assert await positions(full) == await positions(reader) == [gone, pulled, up]
    await author.ask("post.delete", position=gone)
    await settle(control)
    await control.advance(FRESH_MS)
    assert await copies(control, full, author) == [up, pulled]
    assert await positions(full) == await positions(reader) == [pulled, up]
    await follow(full, author, "unfollow")
    await settle(control)
    last = await publish(author, "last")
    await settle(control)
    assert await copies(control, full, author) == []
    await follow(full, author)
    await settle(control)
    await control.advance(FRESH_MS)
    assert await positions(full) == [last, pulled, up]
    down = await crossed(control, author, "crossing down", -ALWAYS_PULL)
    assert await state(control, author) == ("push", False)
    assert await positions(full) == await positions(reader) == [down, last, pulled, up]


async def test_workers_that_die_while_an_author_crosses_go_on(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Struck at the measuring, at the turns, and at some of the marks."""
    author, readers = await followed(connect, user, 4)
    jobs = {name: f'\\"of\\":\\"{name}\\"' for name in ("weigh", "author-up", "author-down")}
    await control.misbehave(
        calls=[
            kill("Work", jobs["weigh"], "UpdateItem", "after"),
            kill("Work", jobs["author-up"], "UpdateItem", "after"),
            kill("Work", jobs["author-up"], "UpdateItem", "before", call=4),
        ]
    )
    sent = [await crossed(control, author, "crossing up")]
    for name in ("weigh", "author-up"):
        assert await struck(control, "Work", jobs[name]), name
    assert await state(control, author) == ("pull", True)
    sent.append(await publish(author, "pulled"))
    await control.misbehave(
        calls=[
            kill("Work", jobs["author-down"], "UpdateItem", "after"),
            kill("Work", jobs["author-down"], "UpdateItem", "before", call=3),
        ]
    )
    sent.append(await crossed(control, author, "crossing down", -ALWAYS_PULL))
    assert await struck(control, "Work", jobs["author-down"])
    assert await state(control, author) == ("push", False)
    for reader in readers:
        assert await positions(reader) == sent[::-1]
        assert all(until > 0 for until in (await marks(control, reader)).values())


async def test_a_resend_keeps_the_path_of_its_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader,) = await followed(connect, user, 1)
    client_id = new_id()
    first = (await author.ask("post", client_id=client_id, text="once"))["position"]
    await settle(control)
    up = await crossed(control, author, "crossing")
    for wait_ms in (0, SETTLE_MS + 1):
        await control.advance(wait_ms)
        assert (await author.ask("post", client_id=client_id, text="once"))["position"] == first
    await settle(control)
    assert await copies(control, reader, author) == [first, up]
    assert await positions(reader) == [up, first]


def total(*each: Allowed) -> Allowed:
    """The budget of all of these."""
    return Allowed(*(sum(getattr(one, unit) for one in each) for unit in UNITS))


async def test_what_a_pulled_author_costs(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user, 5)
    allowed = total(budgets.post(5), budgets.crossing(5))
    cost = await used(control, POST, allowed, lambda: crossed(control, author, "crossing"))
    assert cost.write == 4 + 5 + 3 + 5
    # A post to nobody: the author's own copy, and nobody in the residue.
    cost = await used(control, POST, budgets.post(0), lambda: publish(author, TEXT[:500]))
    assert cost.write == 4
    await control.advance(BOUND_MS)
    # Beside what a follow costs: the mark, which each of the two backfills reads; the post that was pushed, twice; and
    # a look whether the follow has been made.
    late = await connect(user("late"))
    allowed = Allowed(9 + 1 + 2, 10 + 2 + 2 + 1, 2, 1)
    cost = await used(control, ("follow", "WorkSmall"), allowed, lambda: follow(late, author))
    assert len(await marks(control, late)) == len(await marks(control, readers[0])) == 1
    allowed = total(budgets.post(6), budgets.crossing(6))
    cost = await used(control, POST, allowed, lambda: crossed(control, author, "crossing down", -ALWAYS_PULL))
    assert cost.write == 4 + 3 + 6, "the post on which they turn is still pulled"
