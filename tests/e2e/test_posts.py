"""Threads, likes, reposts and mentions over real sockets, with frames lost, repeated and out of order."""

from __future__ import annotations

import random
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.post_steps import counted, engage, mentions, posted, replies
from tests.e2e.steps import fail, follow, gather, publish, settle, tail
from tests.e2e.tables import items


async def trio(connect: Connect, user: Any) -> list[Phone]:
    return await gather(*(connect(user(name)) for name in ("ann", "bob", "cid")))


async def test_a_thread(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob, cid = await trio(connect, user)
    root = await posted(ann, "tea?")
    answer = await posted(bob, "yes #tea", reply_to=root)
    deeper = await posted(cid, "with milk", reply_to=answer, quote=root)
    thread = await ann.ask("post.get", **answer)
    assert (thread["post"]["text"], thread["post"]["reply_to"]) == ("yes #tea", root)
    assert thread["post"]["entities"] == [{"kind": "tag", "start": 4, "end": 8}]
    assert tail(thread["ancestors"]) == ["tea?"]
    assert [(each["text"], each["quote"]) for each in thread["replies"]] == [("with milk", root)]
    assert await counted(ann, root) == await counted(ann, answer) == (0, 0, 1)
    assert (await bob.ask("post.delete", position=answer["position"]))["type"] == "ack"
    assert await replies(ann, root) == []
    assert await counted(ann, root) == (0, 0, 0)
    assert tail((await ann.ask("post.get", **deeper))["ancestors"]) == ["tea?"]
    assert (await ann.ask("post.get", **answer))["code"] == "not_found"
    missing = {**root, "position": root["position"][:-2] + "77"}
    for action in ("like", "repost", "unlike"):
        assert (await ann.ask(action, client_id=new_id(), **missing))["code"] == "not_found"


async def test_replies_go_down_while_more_arrive(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob, _ = await trio(connect, user)
    root = await posted(ann, "ask me")
    for number in range(9):
        await publish(bob, f"{number}", reply_to=root)
    seen: list[str] = []
    page = await ann.ask("post.get", **root, limit=4)
    seen += tail(page["replies"])
    while "before" in page:
        await publish(bob, "another", reply_to=root)
        page = await ann.ask("post.replies", **root, limit=4, before=page["before"])
        seen += tail(page["posts"])
    assert seen == [f"{number}" for number in range(8, -1, -1)]


async def test_counts_are_exact_whatever_the_weather(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Many who like, repost, answer and take it back at once, insisting, while frames and replies are lost and
    reordered: in the end the counts are what the registers say."""
    ann = await connect(user("ann"))
    root = await posted(ann, "count me")
    people = await gather(*(connect(user(f"fan{number}")) for number in range(8)))
    await control.misbehave(seed=3, reorder=3, lose_frame=0.1, lose_reply=0.1)
    chance = random.Random(5)
    last: dict[tuple[str, str], str] = {}

    async def engaged(phone: Phone) -> None:
        phone.patience_s = 0.6
        for _ in range(5):
            action = chance.choice(("like", "unlike", "repost", "unrepost"))
            last[phone.user, action.removeprefix("un")] = action
            answer = await phone.insist(action, client_id=new_id(), **root)
            assert answer["type"] == "ack", answer
        reply = await phone.insist("post", client_id=new_id(), text=phone.user, reply_to=root)
        assert reply["type"] == "ack", reply

    await gather(*(engaged(phone) for phone in people))
    await control.behave()
    await settle(control)
    expected = [sum(action == kind for action in last.values()) for kind in ("like", "repost")]
    assert await counted(ann, root) == (*expected, 8)
    assert sorted(await replies(ann, root, 3)) == sorted(phone.user for phone in people)
    for phone in people:
        (mine,) = (await phone.ask("post.counts", posts=[root]))["counts"]
        assert (mine["liked"], mine["reposted"]) == tuple(last.get((phone.user, k)) == k for k in ("like", "repost"))
        shown = (await phone.ask("timeline.user", user=phone.user))["posts"]
        assert sum(each.get("repost_of") == root for each in shown) == mine["reposted"]


async def test_a_crowd_on_one_post_spreads_over_its_counters(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann = await connect(user("ann"))
    root = await posted(ann, "everybody")
    crowd = await gather(*(connect(user(f"fan{number}")) for number in range(3)))
    refused = fail("Timeline", crowd[0].user, "TransactWriteItems", "TransactionCanceledException", times=3)
    await control.misbehave(calls=[refused])
    for phone in crowd:
        assert (await phone.insist("like", client_id=new_id(), **root))["type"] == "ack"
    await control.behave()
    assert await counted(ann, root) == (3, 0, 0)
    (head,) = await items(control, "Engagements", "owner", f"{root['author']}/{root['position']}#0")
    assert head["shards"]["N"] == "16"
    for phone in crowd:
        await engage(phone, "unlike", root)
    assert await counted(ann, root) == (0, 0, 0)


async def test_a_repost_is_at_home_until_it_is_taken_back(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    await follow(cid, bob)
    root = await posted(ann, "pass it on")
    repost = await engage(bob, "repost", root)
    assert await engage(bob, "repost", {"author": bob.user, "position": repost}) == repost, "it is there already"
    await control.idle()
    page = await cid.ask("timeline.home")
    assert [(each["position"], each["repost_of"]) for each in page["posts"]] == [(repost, root)]
    assert tail(page["originals"]) == ["pass it on"]
    await engage(bob, "unrepost", root)
    await settle(control)
    assert await cid.home() == []
    again = await engage(bob, "repost", root)
    await control.idle()
    assert tail(await cid.home(), "position") == [again]
    assert (await bob.ask("post.delete", position=again))["type"] == "ack"
    await settle(control)
    assert await cid.home() == []
    assert await counted(ann, root) == (0, 0, 0)


async def test_an_answer_is_at_home_for_those_who_follow_both(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    ann, bob, cid = await trio(connect, user)
    dan = await connect(user("dan"))
    await gather(follow(cid, bob), follow(dan, bob), follow(dan, ann), follow(ann, bob))
    root = await posted(ann, "tea?")
    await publish(bob, "yes", reply_to=root)
    await settle(control)
    homes = [tail(await phone.home()) for phone in (ann, bob, cid, dan)]
    assert homes == [["yes", "tea?"], ["yes"], [], ["yes", "tea?"]]
    await follow(cid, ann)
    await settle(control)
    assert tail(await cid.home()) == ["tea?"]


async def test_answers_and_quotes_reach_the_mentions(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    ann, bob, cid = await trio(connect, user)
    root = await posted(ann, "tea?")
    await control.misbehave(seed=9, duplicate_records=0.5, duplicate_messages=0.5)
    answer = await posted(bob, "yes", reply_to=root)
    await publish(cid, "look", quote=root)
    await settle(control)
    assert await mentions(ann) == ["look", "yes"]
    assert await mentions(bob) == await mentions(cid) == []
    await bob.ask("post.delete", position=answer["position"])
    await settle(control)
    assert await mentions(ann) == ["look"]
    assert (await ann.ask("block", client_id=new_id(), user=cid.user))["type"] == "ack"
    assert await mentions(ann) == []
    assert (await cid.ask("post", client_id=new_id(), text="again", quote=root))["code"] == "not_found"
