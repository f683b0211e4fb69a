"""A post crosses the system: posted, planned, fanned out, read at home and in the author's timeline, taken back."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import BOUND_MS, follow, gather, publish, settle, tail


async def followed(connect: Connect, user: Any, readers: int = 2) -> tuple[Phone, list[Phone]]:
    """An author and followers."""
    author = await connect(user("author"))
    followers = [await connect(user(f"reader{number}")) for number in range(readers)]
    await gather(*(follow(each, author) for each in followers))
    return author, followers


async def texts(reader: Phone) -> list[str]:
    """The whole home timeline."""
    return tail(await reader.home())


async def test_a_post_reaches_the_followers_homes(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user)
    stranger = await connect(user("stranger"))
    first, second = await publish(author, "first"), await publish(author, "second")
    await control.idle()
    for reader in (*readers, author):
        posts = await reader.home()
        assert [(each["position"], each["text"]) for each in posts] == [(second, "second"), (first, "first")]
        assert {each["author"] for each in posts} == {author.user}
        assert [each["at"] for each in posts] == [int(second[:13]), int(first[:13])]
    assert await texts(stranger) == []


async def test_a_resent_post_is_the_same_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader,) = await followed(connect, user, 1)
    client_id = new_id()
    position = (await author.ask("post", client_id=client_id, text="once"))["position"]
    for wait_ms in (0, 31_000):
        await control.advance(wait_ms)
        again = await author.ask("post", client_id=client_id, text="once")
        assert (again["type"], again["position"]) == ("ack", position)
    assert (await author.ask("post", client_id=client_id, text="other"))["code"] == "conflict"
    await settle(control)
    assert await texts(reader) == await texts(author) == ["once"]
    assert tail((await reader.ask("timeline.user", user=author.user))["posts"]) == ["once"]


async def test_paging_down_while_posts_arrive(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader,) = await followed(connect, user, 1)
    sent = [await publish(author, f"{number}") for number in range(12)]
    await control.idle()
    seen: list[str] = []
    fields: dict[str, Any] = {}
    for page_number in range(5):
        page = await reader.ask("timeline.home", limit=5, **fields)
        seen += tail(page["posts"], "position")
        assert ("since" in page) == (page_number == 0), "the cursor to keep comes with the first page"
        if "before" not in page:
            break
        fields = {"before": page["before"]}
        await publish(author, f"arrives after page {page_number}")
        await control.idle()
    assert seen == sent[::-1]


async def test_what_is_new(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader,) = await followed(connect, user, 1)
    await publish(author, "old")
    await control.idle()
    await control.advance(BOUND_MS + 1_000)
    since = (await reader.ask("timeline.home"))["since"]
    news = [await publish(author, f"news {number}") for number in range(7)]
    await control.idle()
    page = await reader.ask("timeline.home", since=since, limit=3)
    assert tail(page["posts"], "position") == news[:3:-1]
    refreshed, seen = page["since"], tail(page["posts"], "position")
    while "before" in page:
        page = await reader.ask("timeline.home", before=page["before"], limit=3)
        seen += tail(page["posts"], "position")
    assert seen == news[::-1], "down to exactly where the cursor stood"
    again = await reader.ask("timeline.home", since=refreshed)
    assert tail(again["posts"], "position") == news[::-1], "what is younger than the fan-out bound comes again"
    await control.advance(BOUND_MS + 1_000)
    since = (await reader.ask("timeline.home", since=refreshed))["since"]
    assert (await reader.ask("timeline.home", since=since))["posts"] == []


async def test_a_slow_fan_out_is_not_stepped_over(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """A copy that comes late, but within the bound, is still news to who refreshed in between."""
    author, (reader,) = await followed(connect, user, 1)
    await settle(control)
    await control.misbehave(holds=[{"function": "Work", "contains": author.user, "name": "slow"}])
    await publish(author, "slow")
    await control.stopped(at_least=1)
    await control.advance(BOUND_MS - 5_000)
    page = await reader.ask("timeline.home")
    assert page["posts"] == []
    await control.release("slow")
    await control.idle()
    assert tail((await reader.ask("timeline.home", since=page["since"]))["posts"]) == ["slow"]


async def test_a_deleted_post_is_gone_everywhere(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user)
    doomed, _ = await publish(author, "doomed"), await publish(author, "stays")
    await control.idle()
    refused = await readers[0].ask("post.delete", position=doomed)
    assert (refused["type"], refused["code"]) == ("error", "not_found"), "somebody else's post"
    for _ in range(2):
        assert (await author.ask("post.delete", position=doomed))["type"] == "ack"
        await control.idle()
        for reader in (*readers, author):
            assert await texts(reader) == ["stays"], "after the first sweep"
    assert tail((await readers[0].ask("timeline.user", user=author.user))["posts"]) == ["stays"]
    late = await connect(user("late"))
    await follow(late, author)
    await settle(control)
    for reader in (*readers, author, late):
        assert await texts(reader) == ["stays"], "and after the second one and a backfill"
    missing = doomed[:-2] + "77"
    assert (await author.ask("post.delete", position=missing))["code"] == "not_found"


async def test_the_authors_timeline(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader,) = await followed(connect, user, 1)
    whole = "é" * 2_000
    sent = [await publish(author, text) for text in ("1", "2", whole, "4", "5")]
    await control.idle()
    seen: list[dict[str, Any]] = []
    fields: dict[str, Any] = {}
    for _ in range(4):
        page = await reader.ask("timeline.user", user=author.user, limit=2, **fields)
        assert "since" not in page
        seen += page["posts"]
        if "before" not in page:
            break
        fields = {"before": page["before"]}
    assert tail(seen, "position") == sent[::-1]
    assert (seen[2]["text"], seen[2].get("truncated", False)) == (whole, False)
    excerpt = (await reader.home())[2]
    assert excerpt["truncated"] and whole.startswith(excerpt["text"]) and 100 < len(excerpt["text"]) < 2_000
    quiet = await reader.ask("timeline.user", user=reader.user)
    assert quiet["posts"] == []
    assert (await reader.ask("timeline.user", user=user("nobody")))["code"] == "unknown_user"


async def test_who_cannot_be_followed(connect: Connect, user: Any) -> None:
    reader = await connect(user("reader"))
    for action in ("follow", "unfollow"):
        unknown = await reader.ask(action, client_id=new_id(), user=user("nobody"))
        oneself = await reader.ask(action, client_id=new_id(), user=reader.user)
        assert (unknown["code"], oneself["code"]) == ("unknown_user", "invalid_request")


async def test_cursors_that_the_server_never_gave(connect: Connect, user: Any) -> None:
    reader = await connect(user("reader"))
    since = (await reader.ask("timeline.home"))["since"]
    for fields in ({"since": "s1.now"}, {"before": since}, {"since": since, "before": since}, {"limit": 51}):
        refused = await reader.ask("timeline.home", **fields)
        assert (refused["type"], refused["code"]) == ("error", "invalid_request"), fields
