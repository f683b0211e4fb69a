"""What each store call costs in DynamoDB's units (by the rules of `local.meter`): what the budgets are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from local.meter.sizes import item_bytes
from local.meter.units import measure
from tests.contract.engines import DynamoStores, connect, make_tables
from tests.contract.made import changed, entry, group, message, position, post, receipt
from tidings.domain.conversation import direct_id
from tidings.domain.events import Change, Event, Path, ReceiptKind
from tidings.domain.groups import Member, Move, Stay
from tidings.domain.identity import Connection, Identity
from tidings.domain.position import FIRST, LAST
from tidings.domain.rate import Rate
from tidings.domain.timeline import EXCERPT
from tidings.domain.watermark import Watermark
from tidings.ports import Device, OutboxEntry, Watcher
from tidings.services.limits import Limits
from tidings.storage import keys

UUID = "8d3c1f0e-4b5a-4c6d-9e7f-0a1b2c3d4e5f"


class Metered:
    """The stores on moto, with a meter on their client."""

    def __init__(self) -> None:
        client = connect(None)
        make_tables(client)
        self.stores = DynamoStores(client)
        self._units: Counter[str] = Counter()
        self._params: dict[str, Any] = {}
        client.meta.events.register_last("provide-client-params.dynamodb", self._asked)
        client.meta.events.register("after-call.dynamodb", self._answered)

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        self._params = dict(params)

    def _answered(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        error = parsed.get("Error", {}).get("Code")
        self._units.update(measure("dynamodb", model.name, self._params, parsed, error))

    def cost(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[float, float]:
        """Write and read units of a call."""
        self._units.clear()
        call(*arguments, **named)
        return float(self._units["write"]), float(self._units["read"])


@pytest.fixture
def metered() -> Iterator[Metered]:
    with mock_aws():
        yield Metered()


def test_a_message_is_one_write_each(metered: Metered) -> None:
    to = metered.stores
    ann, bob, fence = f"ann-{UUID}", f"bob-{UUID}", to.fence()
    at = position(to.clock.now())
    sent = message(direct_id(ann, bob), ann, at, "x" * 400, UUID)
    claim = OutboxEntry("0" * 22, at)
    assert metered.cost(to.outbox.claim, ann, UUID, claim, fence) == (1, 0)
    assert metered.cost(to.outbox.claim, ann, UUID, claim, fence) == (1, 0), "told what stands without a read"
    assert metered.cost(to.outbox.reclaim, ann, UUID, at, position(to.clock.now(), 9), fence) == (1, 0)
    assert metered.cost(to.log.append, sent, Path.INLINE, fence) == (1, 0)
    assert metered.cost(to.log.append, sent, Path.INLINE, fence) == (1, 0)
    assert metered.cost(to.log.claim_late, sent.conversation_id, at, (), 5, fence) == (1, 0)
    assert metered.cost(to.mailboxes.put, [(bob, sent)], fence) == (1, 0)
    assert metered.cost(to.mailboxes.put, [(bob, sent), (ann, sent)], fence) == (2, 0)
    assert metered.cost(to.log.get, sent.conversation_id, at, strong=True) == (0, 1)
    assert metered.cost(to.log.get, sent.conversation_id, at, strong=False) == (0, 0.5)


def test_looking_people_up(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    assert metered.cost(to.users.ensure, Identity("ann", "phone", 1, "Ann"), now) == (1, 0)
    assert metered.cost(to.users.ensure, Identity("ann", "phone", 1, "Ann"), now + 1) == (1, 0)
    assert metered.cost(to.users.seen, "ann", now) == metered.cost(to.users.revoke, "ann", now) == (1, 0)
    assert metered.cost(to.users.get, ["ann", "bob"]) == (0, 1)
    assert metered.cost(to.users.add_device, "ann", "phone", 3) == (1, 0)
    for number in range(3):
        phone = Connection(f"d{number}", "c", now + number)
        assert metered.cost(to.registry.register, "ann", phone, now, 3) == (1, 0)
    assert metered.cost(to.registry.register, "ann", Connection("d9", "c", now + 9), now, 3) == (2, 0)
    assert metered.cost(to.registry.register, "ann", Connection("d9", "c", now), now, 3) == (1, 0)
    assert metered.cost(to.registry.remove, "ann", "d9", "c") == (1, 0)
    assert metered.cost(to.registry.lookup, ["ann"], now) == (0, 1)
    assert metered.cost(to.registry.lookup, ["ann", "bob", "cid"], now) == (0, 3)


def test_ten_devices_are_one_unit(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    for number in range(10):
        phone = Connection(f"{number}-{UUID}", "Lk3Jd9fZvHcCJ0Q=", now + number)
        assert metered.cost(to.registry.register, UUID, phone, now, 10)[0] <= 2
    assert metered.cost(to.registry.lookup, [UUID], now) == (0, 1)


def test_a_receipt_is_one_write(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    chat, fence, mark = direct_id("ann", "bob"), to.fence(), Watermark(position(now), now)
    assert metered.cost(to.memberships.advance, "bob", chat, ReceiptKind.READ, mark, fence) == (1, 0)
    assert metered.cost(to.memberships.advance, "bob", chat, ReceiptKind.READ, mark, fence) == (1, 0)
    assert metered.cost(to.memberships.watermarks, "bob", chat) == (0, 0.5)
    told = receipt(chat, "bob", position(now), position(now, 1), now)
    assert metered.cost(to.mailboxes.put, [("ann", told)], fence) == (1, 0)


@pytest.mark.parametrize("size", [10, 300, 700])
@pytest.mark.parametrize("count", [0, 4, 5, 29, 100])
def test_a_sync_of_k_events_stays_in_its_budget(metered: Metered, count: int, size: int) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    chat = direct_id("ann", "bob")
    sent = [message(chat, "ann", position(now + n), "x" * size, str(n)) for n in range(count)]
    to.mailboxes.put([("bob", each) for each in sent], to.fence())
    after, more, pages = FIRST, True, 0

    def page() -> None:
        nonlocal after, more
        events, more = to.mailboxes.read("bob", after, 100, 28_000)
        got.extend(events)
        after = events[-1].arrival if events else after

    while more:
        got: list[Event] = []
        assert metered.cost(page)[1] <= -(-len(got) // 4) + 1
        pages += 1
    assert pages <= 1 + count * (size + 500) // 28_000


def test_a_post_and_its_copies(metered: Metered) -> None:
    to, now, fence = metered.stores, metered.stores.clock.now(), metered.stores.fence()
    at = position(now)
    assert metered.cost(to.posts.append, post("ann", at, "x" * 600), fence) == (1, 0)
    assert metered.cost(to.posts.tombstone, "ann", at, fence) == (1, 0)
    assert metered.cost(to.posts.get, "ann", at, strong=True) == (0, 1)
    copies = [(f"reader-{n}", entry("ann", at, "x" * EXCERPT)) for n in range(60)]
    assert metered.cost(to.timelines.write, copies, fence) == (60, 0)
    removals = [(user_id, at) for user_id, _ in copies]
    assert metered.cost(to.timelines.delete, removals, fence) == (60, 0)


def test_an_entry_with_the_longest_keys_is_one_unit(metered: Metered) -> None:
    to, at = metered.stores, position(metered.stores.clock.now())
    reader, author = "r" * 128, "a" * 128
    cut = entry(author, at, "x" * EXCERPT)
    to.timelines.write([(reader, cut)], to.fence())
    key = {"user_id": {"S": reader}, "position": {"S": at}}
    assert item_bytes(to.client.get_item(TableName=keys.TIMELINES.name, Key=key)["Item"]) <= 1_024 - len("truncated1")


def test_a_home_page(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    to.timelines.write([("bob", entry("ann", position(now + n), "x" * 850)) for n in range(40)], to.fence())
    write, read = metered.cost(to.timelines.page, "bob", FIRST, LAST, 20)
    assert (write, read <= 3) == (0, True)
    assert metered.cost(to.graph.reader, "bob") == (0, 1)


def test_following(metered: Metered) -> None:
    to, now, fence = metered.stores, metered.stores.clock.now(), metered.stores.fence()
    changes = [
        (to.graph.follow, 8, "two halves and two counts, each at twice the price"),
        (to.graph.unfollow, 10, "those and the removal"),
        (to.graph.follow, 10, "those, and the removal goes"),
    ]
    for number, (change, units, why) in enumerate(changes):
        write, read = metered.cost(change, "bob", "ann", position(now, number), fence)
        assert (write, read <= 1.5) == (units, True), why


@pytest.mark.parametrize("count", [10, 60, 300])
def test_a_plan_reads_the_followers_within_its_budget(metered: Metered, count: int) -> None:
    """f/60 + 1 read units for a post; its workers need the rest."""
    to, author = metered.stores, f"author-{UUID}"
    followers = [f"{n:03d}-{UUID}" for n in range(count)]
    for follower in followers:
        half = {"owner": {"S": keys.followers(author, 0)}, "edge": {"S": follower}}
        to.client.put_item(TableName=keys.GRAPH.name, Item=half)
    found: list[str] = []

    def read_followers() -> None:
        found.extend(each for page in to.graph.followers(author, 0, None) for each in page)

    write, read = metered.cost(read_followers)
    assert found == followers
    assert write == 0
    assert read + metered.cost(to.graph.shards, author)[1] <= count / 75 + 1


def test_devices(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    phone = Device("phone", "fcm", "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/tidings/" + UUID, position(now))
    assert metered.cost(to.devices.put, "ann", phone) == (1, 0)
    assert metered.cost(to.devices.of, "ann") == (0, 0.5)
    assert metered.cost(to.devices.get, "ann", "phone") == (0, 1)
    assert metered.cost(to.devices.remove, "ann", "phone", position(now, 1)) == (1, 0)


def test_counting_what_a_user_sends(metered: Metered) -> None:
    """A tenth of a write unit a message at most: here a thousand messages over two processes."""
    to = metered.stores
    pair = [Limits(to.buckets, to.clock, Rate(100, 2_000)) for _ in range(2)]

    def send() -> None:
        for number in range(1_000):
            pair[number // 25 % 2].spend(UUID)

    write, read = metered.cost(send)
    assert (write, read) == (48, 24)
    assert write / 1_000 <= 0.1


def test_watching(metered: Metered) -> None:
    """Entering costs a write each; asking again costs a read or two, and for hours nothing more."""
    to, now, phone = metered.stores, metered.stores.clock.now(), Watcher(UUID, UUID)
    subjects = [keys.watched_presence(f"{number:02}-{UUID}") for number in range(40)]
    assert metered.cost(to.watchers.add, subjects[0], phone, now + 60_000) == (1, 0)
    assert metered.cost(to.watchers.remove, subjects[0], phone) == (1, 0)
    listed = 2  # kilobytes of the list
    for some, write in ((subjects, 40 + listed), (subjects, 0), (subjects[1:], listed + 1), ([], 1 + 39)):
        cost = metered.cost(to.watchers.replace, phone, some, now, now + 60_000, to.fence())
        assert cost == (write, 1), len(some)
    assert metered.cost(lambda: list(to.watchers.of(subjects[1], now))) == (0, 1)


def test_who_follows_whom_is_half_a_unit_each(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    to.graph.follow("bob", "ann", position(now), to.fence())
    assert metered.cost(to.graph.following, [("bob", "ann"), ("ann", "bob"), ("bob", "cid")]) == (0, 1.5)


def test_reads_that_a_promise_stands_on_are_strong(metered: Metered) -> None:
    """A strong read of next to nothing is one unit, an eventually consistent one is half."""
    to, at = metered.stores, position(metered.stores.clock.now())
    strong: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (to.mailboxes.read, ("bob", FIRST, 10, 28_000)),
        (to.registry.lookup, (["bob"], to.clock.now())),
        (to.graph.edge, ("bob", "ann")),
        (to.graph.reader, ("bob",)),
        (to.devices.get, ("bob", "phone")),
    ]
    for call, arguments in strong:
        assert metered.cost(call, *arguments) == (0, 1)
    assert metered.cost(to.posts.page, "ann", FIRST, at, 5, strong=True) == (0, 1)
    assert metered.cost(to.posts.page, "ann", FIRST, at, 5, strong=False) == (0, 0.5)


def test_changing_a_group(metered: Metered) -> None:
    """A member read is one unit, a change two a write; a planner reads at least 60 members to the unit."""
    to, fence = metered.stores, metered.stores.fence()
    made, at = group(to), position(to.clock.now())
    chat = made.conversation_id
    assert metered.cost(to.groups.create, made, fence) == (1, 0)
    moves = [Move(None, Member(f"user-{n:03d}", (Stay(at),))) for n in range(60)]
    added = changed(chat, at, Change.ADDED, ("user-000",))
    grown = replace(made, shards=1, members=-1_000)
    assert metered.cost(to.members.change, grown, moves, added, Path.CHUNK, 100, fence) == (2 * 62, 0)
    assert metered.cost(to.groups.get, chat, strong=False) == (0, 0.5)
    assert metered.cost(to.members.get, made, "user-001") == (0, 1)
    assert metered.cost(to.members.few, chat, 60) == (0, 1)
    assert metered.cost(lambda: list(to.members.audience(chat, 0, None))) == (0, 1)
    told = changed(chat, position(to.clock.now(), 1), Change.UPDATED, title="Ours")
    assert metered.cost(to.groups.update, told, Path.CHUNK, fence) == (4, 1)
