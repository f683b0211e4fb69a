"""What stands in the tables is what `keys` says: names, marks, expiry, and images that streams can be read from."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.engines import FULL, RETENTION_MS, DynamoStores
from tests.contract.made import changed, entry, group, message, position, post, receipt
from tidings.domain.authors import ReadRate
from tidings.domain.conversation import direct_id
from tidings.domain.engagement import Engagement
from tidings.domain.events import Change, Edit, GroupChange, Path, Reaction, ReceiptKind
from tidings.domain.groups import Member, Move, Role, Stay
from tidings.domain.identity import CONNECTION_LIFE_MS, Connection, Identity
from tidings.domain.position import FIRST, ms_of
from tidings.domain.posts import PostRef
from tidings.domain.search import Posting, Recent
from tidings.domain.watermark import Watermark
from tidings.ports import Block, Device, OutboxEntry, Watcher
from tidings.storage import keys, log, mailboxes, posts, search_keys, timeline_keys
from tidings.storage.devices import REMOVED_MS
from tidings.storage.search import DAY_MS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def real(table_engine: DynamoDBClient) -> DynamoStores:
    return DynamoStores(table_engine)


def items(stores: DynamoStores, table: keys.Table, value: str) -> list[dict[str, Any]]:
    """All items of one partition."""
    answer = stores.client.query(
        TableName=table.name,
        KeyConditionExpression="#p = :p",
        ExpressionAttributeNames={"#p": table.partition},
        ExpressionAttributeValues={":p": {"S": value}},
    )
    return list(answer["Items"])


def events(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what a mailbox notes about conversations to pull."""
    return [item for item in found if item.get("arrival") != {"S": keys.PULLED}]


def seconds(ms: int) -> dict[str, str]:
    return {"N": str(-(-ms // 1000))}


def fill(stores: DynamoStores) -> dict[str, list[dict[str, Any]]]:
    """Use every store; the items of each table."""
    ann, bob, now = stores.user("ann"), stores.user("bob"), stores.clock.now()
    chat, at, late = direct_id(ann, bob), position(now), position(now + 40_000)
    fence = stores.fence()
    sent = message(chat, ann, at)
    stores.users.ensure(Identity(ann, "phone", 1, "Ann"), now)
    stores.users.add_device(ann, "phone", 3)
    stores.registry.register(ann, Connection("phone", "c1", now - 5), now, 3)
    stores.outbox.claim(ann, "1", OutboxEntry("f", at), fence)
    stores.buckets.swap(ann, 0, now + 9_500)
    stores.log.append(sent, Path.INLINE, fence)
    stores.log.claim_late(chat, at, (), now + 40_000, fence)
    unsent = replace(sent, position=late, client_id="2")
    stores.log.append(unsent, Path.INLINE, fence, withheld=True)
    stores.log.edit(Edit(chat, position(now + 50_000), ann, "3", late, "HELLO"), fence)
    stores.log.tombstone(chat, late, position(now + 60_000), fence)
    for emoji, to in (("👍", at), ("", late)):
        stores.reactions.put(Reaction(chat, late, bob, "4", to, emoji), fence, withheld=True)
    stores.mailboxes.put([(bob, sent)], fence)
    stores.mailboxes.put([(bob, sent.arriving(late)), (ann, sent)], fence)
    stores.mailboxes.put([(ann, receipt(chat, bob, at, position(now, 2), now))], fence)
    for kind in ReceiptKind:
        stores.memberships.advance(bob, chat, kind, Watermark(at, now), fence)
    stores.posts.append(post(ann, at), fence)
    stores.posts.append(post(ann, late), fence)
    stores.posts.tombstone(ann, late, fence)
    about = PostRef(ann, at)
    stores.engagements.put(bob, Engagement.LIKE, about, at, fence, on=True)
    stores.engagements.put(bob, Engagement.LIKE, about, late, fence, on=False)
    passed_on = replace(post(bob, position(now, 5)), text="", repost_of=about)
    stores.engagements.put(bob, Engagement.REPOST, about, at, fence, on=True, repost=passed_on)
    stores.engagements.answer(replace(post(bob, position(now, 6)), reply_to=about, root=about), fence)
    stores.timelines.write([(bob, entry(ann, at))], fence)
    stores.graph.follow(bob, ann, at, fence)
    stores.graph.follow(bob, "cid", at, fence)
    stores.graph.unfollow(bob, "cid", late, fence)
    stores.marks.open(bob, "fay", now, 9, fence)
    stores.looks.note(bob, 5, fence)
    stores.looks.ask(bob, now, fence)
    stores.rates.put(bob, ReadRate(32, now), fence)
    stores.residue.enter(ann, bob, now, fence)
    stores.residue.leave(ann, bob, now, fence)
    author = stores.authors.get(ann, strong=True)
    stores.authors.turn(author, replace(author, path=Path.PULL, pulled_from=now), fence)
    stores.authors.weigh(replace(author, weighed=now), fence)
    stores.blocks.put(bob, Block("dan", at), fence)
    stores.blocks.put(bob, Block("eve", late, blocking=False), fence)
    stores.devices.put(ann, Device("phone", "fcm", "arn:1", at))
    stores.devices.remove(ann, "tablet", at)
    stores.pulled.settle(ann, "g#aaaaaaaaaaaaaaaa", [Stay(at)], fence, start=now)
    subject = keys.watched_presence(ann)
    stores.watchers.replace(Watcher(bob, "phone"), [subject], now, now + 60_000, fence)
    stores.search.remember(Recent(ann, at, "news", cut=True), fence)
    word = stores.user("word")
    stores.search.enter([(word, Posting(at, ann))], fence)
    stores.search.wake(word, now, now + 1_000, fence)
    stores.search.go_live(word, now, now, fence)
    team = group(stores)
    stores.groups.create(team, fence)
    stores.groups.update(changed(team.conversation_id, at, Change.UPDATED, title="Team"), Path.CHUNK, fence)
    admin = Member(ann, (Stay(at, now, late), Stay(late)), Role.OWNER, at)
    added = changed(team.conversation_id, late, Change.ADDED, (ann,))
    stores.members.change(replace(team, members=FULL), [Move(None, admin)], added, Path.CHUNK, 100, fence)
    owners = {
        keys.CONVERSATIONS: [chat, team.conversation_id],
        keys.MEMBERS: [keys.members(team.conversation_id, 0)],
        keys.GRAPH: [bob, keys.followers(ann, 0), keys.followers("cid", 0), keys.residue(ann)],
        keys.ENGAGEMENTS: [bob, timeline_keys.counters(str(about), 0), timeline_keys.replies(str(about))],
        keys.WATCHERS: [subject, keys.watching(bob)],
        keys.SEARCH: [*searched(word, now), search_keys.SEARCHED_TERMS],
    }
    return {
        table.name: [item for owner in owners.get(table, [ann, bob]) for item in items(stores, table, owner)]
        for table in keys.TABLES
    }


def searched(word: str, now: int) -> list[str]:
    """The partitions of a term's postings, and of the posts of the day."""
    return [
        *(search_keys.postings(word, shard) for shard in range(search_keys.POSTING_SHARDS)),
        *(search_keys.recent(now // DAY_MS, shard) for shard in range(search_keys.RECENT_SHARDS)),
    ]


WRITTEN = {
    "d#": "d#<device>",
    "r#": "r#<author>",
    "b#": "b#<user>",
    "o#": "o#<user>",
    "m#": "m#<user>",
    "s#": "s#<conversation>#<position>",
    "p#": "p#<conversation>#<start>",
    "Graph.p#": "p#<author>#<start>",
    "title_at": "<name>_at",
}
"""How `keys` writes names that have something of their own in them."""


def schema() -> dict[str, str]:
    """What `keys` says of each table's attributes."""
    assert keys.__doc__ is not None
    assert timeline_keys.__doc__ is not None
    assert search_keys.__doc__ is not None
    known: dict[str, str] = {}
    current = ""
    pages = (keys.__doc__, timeline_keys.__doc__, search_keys.__doc__)
    parts = [page.split("Beside their keys the items hold")[1] for page in pages]
    for line in "\n".join(parts).splitlines():
        first = line.split(" ")[0]
        current = first if first in {table.name for table in keys.TABLES} else current
        known[current] = known.get(current, "") + line
    return known


def test_every_attribute_is_in_the_schema(real: DynamoStores) -> None:
    known, stored = schema(), fill(real)
    for table in keys.TABLES:
        assert stored[table.name], table.name
        for item in stored[table.name]:
            for name in set(item) - {table.partition, table.sort}:
                written = WRITTEN.get(f"{table.name}.{name[:2]}", WRITTEN.get(name[:2], WRITTEN.get(name, name)))
                assert re.search(rf"(?<![\w<]){re.escape(written)}(?!\w)", known[table.name]), f"{table.name}.{written}"


def test_what_expires_does_so_after_retention(real: DynamoStores) -> None:
    now = real.clock.now()
    stored = fill(real)
    expiring = {table.name for table in keys.TABLES if any(keys.TTL in item for item in stored[table.name])}
    assert expiring == {table.name for table in keys.TABLES if table.ttl}
    for table in (keys.OUTBOX, keys.MAILBOXES, keys.TIMELINES):
        for item in events(stored[table.name]):
            if "full_at" in item:
                assert item[keys.TTL] == seconds(now + 9_500), "a full bucket need not be kept"
                continue
            begins = item["arrival" if table is keys.MAILBOXES else "position"]["S"]
            assert item[keys.TTL] == seconds(ms_of(begins) + RETENTION_MS)
    assert stored[keys.CONNECTIONS.name][0][keys.TTL] == seconds(now + CONNECTION_LIFE_MS)
    assert [item[keys.TTL] for item in stored[keys.WATCHERS.name]] == [seconds(now + 60_000)] * 2
    devices = {item["device_id"]["S"]: item.get(keys.TTL) for item in stored[keys.DEVICES.name]}
    assert devices == {"phone": None, "tablet": seconds(now + REMOVED_MS)}
    kept = {item["edge"]["S"]: item.get(keys.TTL) for item in stored[keys.GRAPH.name]}
    gone = seconds(now + 40_000 + RETENTION_MS)
    assert kept.pop(keys.EDGE_REMOVED) == kept.pop(keys.follows("cid")) == kept.pop(keys.blocks("eve")) == gone
    assert {edge for edge, ttl in kept.items() if ttl is not None} == {real.user("bob")}, "who has left a residue"


def test_the_push_mark_is_on_messages_of_others(real: DynamoStores) -> None:
    marked = {
        (item["user_id"]["S"] == real.user("bob"), "text" in item): item.get(keys.PUSH_MARK)
        for item in events(fill(real)[keys.MAILBOXES.name])
    }
    assert marked == {(True, True): {"S": "1"}, (False, True): None, (False, False): None}


def test_the_push_mark_is_on_what_puts_its_reader_into_a_group(real: DynamoStores) -> None:
    ann, bob, now = real.user("ann"), real.user("bob"), real.clock.now()
    for number, change in enumerate((Change.ADDED, Change.ROLE)):
        at = position(now, number)
        event = GroupChange("g#aaaaaaaaaaaaaaaa", at, ann, f"{number}", change, (bob,), arrival=at)
        real.mailboxes.put([(ann, event), (bob, event)], real.fence())
    assert [keys.PUSH_MARK in item for item in items(real, keys.MAILBOXES, bob)] == [True, False]
    assert not any(keys.PUSH_MARK in item for item in items(real, keys.MAILBOXES, ann))


def test_stream_images_are_read_as_the_stores_read_them(real: DynamoStores) -> None:
    stored = fill(real)
    ann, bob = real.user("ann"), real.user("bob")
    for user_id in (ann, bob):
        mine = [item for item in events(stored[keys.MAILBOXES.name]) if item["user_id"]["S"] == user_id]
        assert real.mailboxes.read(user_id, FIRST, 10, 10**6) == ([mailboxes.decode(item) for item in mine], False)
    for item in stored[keys.POSTS.name]:
        found = posts.decode(item)
        assert real.posts.get(found.author, found.position, strong=True) == found
    logged = [item for item in stored[keys.CONVERSATIONS.name] if item["item"]["S"].startswith(keys.LOG_PREFIX)]
    assert {item["path"]["S"] for item in logged} == {"inline", "chunk"}
    for item in logged:
        read = log.entry(item)
        assert real.log.get(item["conversation_id"]["S"], read.position, strong=True) == read


def test_the_authors_half_is_nothing_but_its_key_and_the_day(real: DynamoStores) -> None:
    fill(real)
    [marker, half] = items(real, keys.GRAPH, keys.followers(real.user("ann"), 0))
    assert marker["edge"]["S"] == keys.EDGE_SHARDS
    assert set(half) == {"owner", "edge", "seen"}
