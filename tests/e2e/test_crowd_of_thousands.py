"""A group of 20,000 members, in shards: speaking in it and reading it cost what they do with twenty.

The silent ones are written straight into the table: 200 frames of `group.add` would prove no more.
"""

from __future__ import annotations

import asyncio
from typing import Any

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.crowds import LEAVES_MS, ok, silent, tell, texts, watch
from tests.e2e.phone import Phone
from tests.e2e.steps import SETTLE_MS, gather, settle
from tests.e2e.tables import table
from tests.e2e.test_budgets import used
from tests.e2e.test_group_budgets import MESSAGE
from tests.fakes import FakeClock
from tidings.domain.groups import REMEMBERED_MS, Member, Stay
from tidings.domain.position import ms_of
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys, stays
from tidings.storage.members import SHARDS
from tidings.storage.pulled import PulledStore

THOUSANDS = 20_000
SPEAKERS = ("alice", "bob", "cid", "dan")


async def crowd(connect: Connect, control: AsyncControlClient, user: Any) -> tuple[list[Phone], str]:
    """alice's group with bob, cid and dan at their phones, and twenty thousand who are away."""
    phones = [await connect(user(name)) for name in SPEAKERS]
    created = await ok(phones[0], "group.create", title="crowd", members=[each.user for each in phones[1:]])
    await settle(control)
    group, joined = created["conversation"], created["position"]
    database, members = await table(control, keys.MEMBERS.name)
    _, conversations = await table(control, keys.CONVERSATIONS.name)
    _, mailboxes = await table(control, keys.MAILBOXES.name)
    notes = PulledStore(database, mailboxes, FakeClock(created["at"]), 30 * 86_400_000, SETTLE_MS)
    fence = Fence(created["at"], Times(), lambda: created["at"])
    most = SHARDS[-1]

    def fill() -> None:
        place = stays.key(group, 0, keys.MEMBER_SHARDS)
        puts: list[Any] = [{"PutRequest": {"Item": {**place, "shards": {"N": str(most)}}}}]
        for number in range(THOUSANDS):
            item = stays.item(group, Member(user(f"m{number:05}"), (Stay(joined),)), number % most)
            puts.append({"PutRequest": {"Item": item}})
        for start in range(0, len(puts), 25):
            database.batch_write_item(RequestItems={members: puts[start : start + 25]})
        for phone in phones:
            notes.settle(phone.user, group, [Stay(joined)], fence, start=ms_of(joined))
        database.update_item(
            TableName=conversations,
            Key={"conversation_id": {"S": group}, "item": {"S": keys.META}},
            UpdateExpression="SET #p = :pull, pulled_from = :start, #s = :shards ADD #m :more",
            ExpressionAttributeNames={"#p": "path", "#s": "shards", "#m": "members"},
            ExpressionAttributeValues={
                ":pull": {"S": "pull"},
                ":start": {"N": str(ms_of(joined))},
                ":shards": {"N": str(most)},
                ":more": {"N": str(THOUSANDS)},
            },
        )

    await asyncio.to_thread(fill)
    await settle(control)
    await control.advance(REMEMBERED_MS)
    return phones, group


async def test_speaking_reading_watching_and_leaving_among_twenty_thousand(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    phones, group = await crowd(connect, control, user)
    alice, bob, cid, dan = phones
    info = await alice.ask("group.info", conversation=group)
    assert (info["members"], info["live"]) == (THOUSANDS + len(SPEAKERS), False)
    # Two units more than elsewhere: alice joined when there was one shard, and is looked for in those there are now.
    cost = await used(control, MESSAGE, Allowed(2, 5, 2, 1), lambda: tell(alice, group, "hello"))
    assert (cost.write, cost.frames) == (2, 2)

    await gather(watch(bob, group), watch(cid, group))
    said = [f"{phone.user} {number}" for number in range(5) for phone in (alice, dan)]
    for text in said:
        await tell(alice if text.startswith(alice.user) else dan, group, text)
    await settle(control)
    for phone in (bob, cid):
        await phone.until(lambda phone=phone: texts(phone.events, group) == said)
    assert (alice.messages(), dan.messages()) == ([], [])

    await ok(alice, "group.remove", conversation=group, member=cid.user)
    new = (await silent(control, [user("eve")]))[0]
    await ok(alice, "group.add", conversation=group, members=[new])
    await control.advance(LEAVES_MS)
    await tell(dan, group, "after")
    await settle(control)
    expected = ["hello", *said, "after"]
    for phone in (alice, bob, dan):
        assert texts((await phone.mailbox(limit=4))[0], group) == expected, phone.user
    assert texts((await cid.mailbox())[0], group) == expected[:-1]
    assert texts(cid.events, group) == said
    assert texts((await (await connect(new)).mailbox())[0], group) == ["after"]

    _, cursor = await bob.mailbox()
    await control.advance(2 * SETTLE_MS)
    _, cursor = await bob.mailbox(cursor)
    await control.advance(2 * SETTLE_MS)
    await tell(alice, group, "one more")
    read = budgets.sync(1, pulled=1)
    cost = await used(control, ("sync",), read, lambda: bob.ask("sync", cursor=cursor))
    assert cost.read == 3
