"""Search through real sockets: an index is built when somebody first asks, and stays complete while posts arrive."""

from __future__ import annotations

from typing import Any

from client import SearchProgress
from local.control_client import AsyncControlClient
from tests.e2e.app import Open
from tests.e2e.conftest import Connect
from tests.e2e.phone import new_id
from tests.e2e.search_steps import AWAKE_MS, built, everything, search, word
from tests.e2e.steps import SETTLE_MS, follow, pause, publish, settle, tail


async def test_the_first_search_builds_and_the_next_one_finds(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader = await connect(user("author")), await connect(user("reader"))
    laptop, cats, long = await connect(reader.user, device="laptop"), word(), word()
    first = await publish(author, f"I like {cats.upper()}, don't I?")
    tagged = await publish(author, f"#{cats} everywhere")
    cut = await publish(author, "x " * 1_000 + long)
    await publish(author, "nothing of that kind")
    await control.idle()
    page = await search(reader, cats)
    assert (page["type"], page["posts"], page["building"]) == ("found", [], 0) and "before" not in page
    await control.idle()
    page = await search(reader, cats)
    assert tail(page["posts"], "position") == [tagged, first] and page["building"] == 99
    await settle(control)
    page = await search(reader, cats)
    assert tail(page["posts"], "position") == [tagged, first] and "building" not in page and "before" not in page
    told = [each for each in reader.events if each["kind"] == "search"]
    assert {each["term"] for each in told} == {cats}
    assert [(each["progress"], each["live"]) for each in told][-2:] == [(99, False), (100, True)]
    assert not laptop.events, "only the device that asked is told"
    assert tail(await built(control, reader, long), "position") == [cut], "found by a word that no copy holds"
    new = await publish(author, f"more {cats}")
    await control.idle()
    assert tail(await everything(reader, cats), "position") == [new, tagged, first], "a live index is kept up to date"
    assert tail(await everything(reader, cats, limit=1), "position") == [new, tagged, first]


async def test_what_can_be_asked(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, other, reader = [await connect(user(name)) for name in ("author", "other", "reader")]
    one, two = word(), word()
    both = await publish(author, f"{one} {two}")
    apart = await publish(other, f"#{two}! {two}, and then {one}")
    await control.idle()
    asked = {
        f"{one} {two}": [apart, both],
        f'"{one} {two}"': [both],
        f"from:{other.user} {two}": [apart],
        f"from:{author.user}": [both],
        f"#{two}": [apart],
        f"{one} since:2020-01-01": [apart, both],
        f"{one} since:2999-01-01": [],
    }
    for query, expected in asked.items():
        assert tail(await built(control, reader, query), "position") == expected, query
    assert tail((await reader.ask("timeline.tag", tag=two.upper()))["posts"], "position") == [apart]
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("search", {"q": "?!"}, "invalid_request"),
        ("search", {"q": "since:2026-01-01"}, "invalid_request"),
        ("search", {"q": one, "before": "b1.0"}, "invalid_request"),
        ("search", {"q": f"from:{user('nobody')}"}, "unknown_user"),
        ("timeline.tag", {"tag": "12"}, "invalid_request"),
    ]
    for action, fields, code in wrong:
        assert (await reader.ask(action, **fields))["code"] == code, fields


async def test_deleted_private_and_blocked_posts_never_appear(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    names = ("deleted", "blocking", "blocked", "private", "open")
    authors = {name: await connect(user(name)) for name in names}
    reader, it = await connect(user("reader")), word()
    posts = {name: await publish(phone, f"{it} by {name}") for name, phone in authors.items()}
    await follow(authors["open"], authors["private"])
    await control.idle()
    assert len(await built(control, reader, it)) == 5
    handle = f"h{it[-12:]}"
    given = await authors["private"].ask("profile", client_id=new_id(), handle=handle, private=True)
    assert given["type"] == "profile", given
    for phone, whom in ((authors["blocking"], reader), (reader, authors["blocked"])):
        assert (await phone.ask("block", client_id=new_id(), user=whom.user))["type"] == "ack"
    assert (await authors["deleted"].ask("post.delete", position=posts["deleted"]))["type"] == "ack"
    expected = [posts["open"]]
    assert tail(await everything(reader, it), "position") == expected, "at once"
    await settle(control)
    assert tail(await everything(reader, it), "position") == expected
    assert await everything(reader, f"from:{authors['blocked'].user} {it}") == []
    assert await everything(reader, f"from:{handle} {it}") == []
    assert tail(await everything(authors["open"], f"from:@{handle.upper()}"), "position") == [posts["private"]]
    for asking, names in (
        ("deleted", ("open", "blocked", "blocking")),
        ("open", ("open", "private", "blocked", "blocking")),
        ("private", ("open", "private", "blocked", "blocking")),
    ):
        seen = tail(await everything(authors[asking], it), "position")
        assert seen == [posts[name] for name in names], asking


async def test_an_index_that_nobody_asks_for_falls_asleep(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    posts = [await publish(author, it)]
    await control.idle()
    await built(control, reader, it)
    for _ in range(2):
        await control.advance(AWAKE_MS * 2 // 3)
        posts.insert(0, await publish(author, it))
        await control.idle()
        assert tail(await everything(reader, it), "position") == posts, "kept awake by being asked for"
    await control.advance(AWAKE_MS + 1_000)
    posts.insert(0, await publish(author, it))
    await control.idle()
    assert (await search(reader, it))["building"] == 0
    assert tail(await built(control, reader, it), "position") == posts


async def test_a_worker_that_has_not_heard_of_the_term(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """It stops between the recent post and the postings, with what it remembers; meanwhile the index is built."""
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    await publish(author, "warm")
    await control.idle()
    await control.misbehave(calls=[pause("Work", "index", "BatchWriteItem", "after")])
    posts = [await publish(author, it)]
    await control.stopped(at_least=1)
    await search(reader, it)
    await control.advance(SETTLE_MS // 2)
    await control.release("paused")
    await control.idle()
    posts.insert(0, await publish(author, it))
    assert tail(await built(control, reader, it), "position") == posts


async def test_while_posts_arrive_and_streams_repeat_themselves(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    await follow(reader, author)
    await control.misbehave(seed=11, reorder=3, delay_ms=10, duplicate_records=0.3, duplicate_messages=0.3)
    sent = []
    for number in range(12):
        sent.append(await publish(author, f"{it} {number}"))
        if number % 4 == 1:
            await search(reader, it)
    await control.behave()
    assert tail(await built(control, reader, it), "position") == sent[::-1]


async def test_the_client_waits_for_the_index(app: Open, control: AsyncControlClient, user: Any) -> None:
    author, reader, it = await app(user("author")), await app(user("reader")), word()
    root = await author.client.post(f"the original of {it}")
    quoting = await author.client.post("look", quote=(author.user, str(root.position)))
    both = await author.client.post(f"{it} again #{it}", quote=(author.user, str(quoting.position)))
    await control.idle()
    progress = reader.client.events(SearchProgress)
    assert (await reader.client.search(it)).building is not None
    await settle(control)
    told = [await anext(progress)]
    while not told[-1].live:
        told.append(await anext(progress))
    assert {each.term for each in told} == {it}
    found = await reader.client.search(it)
    assert [post.position for post in found.posts] == [both.position, root.position] and found.building is None
    assert [post.text for post in found.originals.values()] == ["look"]
    assert [post.position for post in (await reader.client.search(it, limit=1)).posts] == [both.position]
    tagged = await reader.client.tag_timeline(it)
    assert tagged.building is not None and not tagged.posts
