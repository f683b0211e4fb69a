"""Follow and unfollow: what comes into a home timeline, what leaves it, and what races they win."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import follow, hold, pause, publish, settle, tail
from tests.e2e.tables import items, table


async def two(connect: Connect, user: Any) -> tuple[Phone, Phone]:
    """An author and a reader who does not follow yet."""
    return await connect(user("author")), await connect(user("reader"))


async def texts(reader: Phone) -> list[str]:
    return tail(await reader.home())


async def copies(control: AsyncControlClient, reader: Phone) -> int:
    """Entries in the home timeline's table, whatever a read would hide."""
    return len(await items(control, "Timelines", "user_id", reader.user))


async def test_a_follow_brings_recent_posts(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await two(connect, user)
    for number in range(3):
        await publish(author, f"{number}")
    await follow(reader, author)
    await control.idle()
    assert await texts(reader) == ["2", "1", "0"]
    await publish(author, "3")
    await settle(control)
    assert await texts(reader) == ["3", "2", "1", "0"]


async def test_the_second_backfill_finds_what_a_stale_read_missed(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The planner reads followers eventually consistently: here from a replica that has not heard of the edge."""
    author, reader = await two(connect, user)
    await follow(reader, author)
    await control.idle()
    database, graph = await table(control, "Graph")
    edge = {"owner": {"S": f"{author.user}#0"}, "edge": {"S": reader.user}}
    assert "Item" in database.get_item(TableName=graph, Key=edge), "the author's half of the edge"
    database.delete_item(TableName=graph, Key=edge)
    await publish(author, "in between")
    await control.idle()
    database.put_item(TableName=graph, Item=edge)
    assert await texts(reader) == []
    await settle(control)
    assert await texts(reader) == ["in between"]


async def test_an_unfollow_shows_at_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await two(connect, user)
    other = await connect(user("other"))
    await follow(reader, author)
    await follow(reader, other)
    await publish(author, "leaves"), await publish(other, "stays")
    await settle(control)
    await control.misbehave(holds=[hold("Work", reader.user)])
    await follow(reader, author, "unfollow")
    await control.stopped(at_least=1)
    assert await texts(reader) == ["stays"], "hidden by the removal"
    assert await copies(control, reader) == 2, "and not yet purged"
    await control.release("held")
    await control.idle()
    assert await copies(control, reader) == 1
    await publish(author, "not for the reader")
    await settle(control)
    assert await texts(reader) == ["stays"]
    assert await copies(control, reader) == 1


async def test_a_late_copy_after_an_unfollow(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """A chunk that was planned with the follower writes after the first purge: hidden, then purged again."""
    author, reader = await two(connect, user)
    await follow(reader, author)
    await settle(control)
    await control.misbehave(calls=[pause("Work", author.user, "BatchWriteItem")])
    await publish(author, "late")
    await control.stopped(at_least=1)
    await follow(reader, author, "unfollow")
    await control.idle()
    await control.release("paused")
    await control.idle()
    assert await copies(control, reader) == 1, "it was written"
    assert await texts(reader) == []
    await settle(control)
    assert await copies(control, reader) == 0
    assert await texts(author) == ["late"]


async def test_a_chunk_that_outlives_the_final_purge(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Done long after it was planned, it looks who still belongs to the audience: nothing would purge that copy."""
    author, reader = await two(connect, user)
    stays = await connect(user("stays"))
    for each in (reader, stays):
        await follow(each, author)
    await settle(control)
    await control.misbehave(holds=[hold("Work", author.user)])
    await publish(author, "very late")
    await control.stopped(at_least=1)
    await follow(reader, author, "unfollow")
    await settle(control)
    await control.release("held")
    await settle(control)
    assert await copies(control, reader) == 0
    assert await texts(author) == await texts(stays) == ["very late"]


async def test_followed_again_before_the_purge(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await two(connect, user)
    await follow(reader, author)
    await publish(author, "kept")
    await settle(control)
    await control.misbehave(holds=[hold("Work", reader.user)])
    await follow(reader, author, "unfollow")
    await control.stopped(at_least=1)
    await follow(reader, author)
    assert await texts(reader) == ["kept"], "the removal is lifted with the edge"
    await control.release("held")
    await control.idle()
    assert await texts(reader) == ["kept"]
    await publish(author, "new")
    await settle(control)
    assert await texts(reader) == ["new", "kept"]


async def test_a_purge_in_the_middle_of_a_new_follow(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The purge has looked at the edge and stops; the reader follows again; the purge deletes: the backfill repairs."""
    author, reader = await two(connect, user)
    await follow(reader, author)
    await publish(author, "comes back")
    await settle(control)
    await control.misbehave(calls=[pause("Work", reader.user, "BatchWriteItem")])
    await follow(reader, author, "unfollow")
    await control.stopped(at_least=1)
    await follow(reader, author)
    await control.idle()
    await control.release("paused")
    await control.idle()
    await settle(control)
    assert await texts(reader) == ["comes back"]


async def test_the_later_frame_wins(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Lambda runs the follow after the unfollow that was sent later."""
    author, reader = await two(connect, user)
    first = new_id()
    await control.misbehave(holds=[hold("Timeline", first)])
    held = await reader.put("follow", client_id=first, user=author.user)
    await control.stopped(at_least=1)
    await control.advance(1)  # two frames of one millisecond have no order
    await follow(reader, author, "unfollow")
    await control.release("held")
    assert (await reader.reply(held))["type"] == "ack"
    await publish(author, "not for the reader")
    await settle(control)
    assert await texts(reader) == []


async def test_a_resent_unfollow_changes_nothing_later(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader = await two(connect, user)
    await follow(reader, author)
    await publish(author, "kept")
    gone = new_id()
    position = (await reader.ask("unfollow", client_id=gone, user=author.user))["position"]
    await follow(reader, author)
    for wait_ms in (0, 31_000):
        await control.advance(wait_ms)
        again = await reader.ask("unfollow", client_id=gone, user=author.user)
        assert (again["type"], again["position"]) == ("ack", position)
    await settle(control)
    assert await texts(reader) == ["kept"]


async def test_a_delete_while_unfollowed_passes_nobody_by(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Unfollow, delete, follow again before the final purge: the delete swept the followers of its time only."""
    author, reader = await two(connect, user)
    await follow(reader, author)
    doomed = await publish(author, "doomed")
    await settle(control)
    await control.misbehave(holds=[hold("Work", reader.user)])
    await follow(reader, author, "unfollow")
    await control.stopped(at_least=1)
    assert (await author.ask("post.delete", position=doomed))["type"] == "ack"
    await control.idle()
    await follow(reader, author)
    await control.release("held")
    await settle(control)
    assert await texts(reader) == []
