"""Writers at the same time, on an engine that can run them: one outcome, whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.contract.engines import FULL, FULL_SHARD, DynamoStores, connect
from tests.contract.made import changed, group, message, position
from tidings.domain.conversation import direct_id
from tidings.domain.engagement import Engaged, Engagement
from tidings.domain.events import Change, Path
from tidings.domain.groups import Group, Member, Move, Stay
from tidings.domain.identity import Connection
from tidings.domain.position import FIRST, LAST
from tidings.domain.posts import Post, PostRef
from tidings.ports import Block, Counts, Edge, OutboxEntry

WRITERS = 6


@pytest.fixture
def stores(endpoint: str) -> DynamoStores:
    return DynamoStores(connect(endpoint))


@pytest.fixture
def together() -> Iterator[Callable[[list[Callable[[], Any]]], list[Any]]]:
    """Run functions at the same time; their answers in order."""
    with ThreadPoolExecutor(WRITERS) as pool:

        def run(calls: list[Callable[[], Any]]) -> list[Any]:
            return [future.result() for future in [pool.submit(call) for call in calls]]

        yield run


Together = Callable[[list[Callable[[], Any]]], list[Any]]


def test_one_claim_wins(stores: DynamoStores, together: Together) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    entries = [OutboxEntry(str(n), position(now, n)) for n in range(WRITERS)]
    answers = together([partial(stores.outbox.claim, ann, "1", entry, stores.fence()) for entry in entries])
    assert answers.count(None) == 1
    winner = entries[answers.index(None)]
    assert all(answer in (None, winner) for answer in answers)


def test_late_writers_agree_on_one_claim(stores: DynamoStores, together: Together) -> None:
    ann, bob = stores.user("ann"), stores.user("bob")
    sent = message(direct_id(ann, bob), ann, position(stores.clock.now()))
    stores.log.append(sent, Path.INLINE, stores.fence())
    answers = together(
        [
            partial(stores.log.claim_late, sent.conversation_id, sent.position, (), n, stores.fence())
            for n in range(WRITERS)
        ]
    )
    assert len(set(answers)) == 1
    assert len(answers[0]) == 1


def test_follows_and_unfollows_at_once_end_at_the_last_position(stores: DynamoStores, together: Together) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    for turn in range(4):
        bob, numbers = stores.user(f"bob{turn}"), list(range(WRITERS))
        random.Random(turn).shuffle(numbers)
        odd_last = turn % 2

        def change(number: int, follower: str = bob, odd: int = odd_last) -> bool:
            act = stores.graph.follow if number % 2 == odd else stores.graph.unfollow
            return act(follower, ann, position(now, number), stores.fence())

        together([partial(change, n) for n in numbers])
        following = odd_last == (WRITERS - 1) % 2
        assert stores.graph.edge(bob, ann) == Edge(ann, position(now, WRITERS - 1), 0, following)
        halves = {each for page in stores.graph.followers(ann, 0, None) for each in page}
        assert (bob in halves) is following
        assert stores.graph.reader(bob).removed == (frozenset() if following else {ann})


def test_counts_are_exact_when_a_crowd_follows_at_once(stores: DynamoStores, together: Together) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    crowd = [stores.user(f"f{number}") for number in range(FULL_SHARD + 10)]

    def play(follower: str) -> None:
        stores.graph.follow(follower, ann, position(now, 1), stores.fence())
        if int(follower.rpartition("f")[2]) % 3 == 0:
            stores.graph.unfollow(follower, ann, position(now, 2), stores.fence())

    together([partial(play, follower) for follower in crowd])
    left = [follower for number, follower in enumerate(crowd) if number % 3]
    assert stores.lists.counts([ann, *left[:2]]) == {
        ann: Counts(followers=len(left)),
        **dict.fromkeys(left[:2], Counts(following=1)),
    }
    assert sorted(each for _, page in stores.graph.audience(ann, 0, None) for each in page) == sorted(left)


def test_blocks_both_ways_at_once_name_both(stores: DynamoStores, together: Together) -> None:
    ann, others, now = stores.user("ann"), [stores.user(f"o{number}") for number in range(WRITERS)], stores.clock.now()

    def block(owner: str, user: str) -> bool:
        return stores.blocks.put(owner, Block(user, position(now, 1)), stores.fence())

    pairs = [pair for other in others for pair in ((ann, other), (other, ann))]
    assert all(together([partial(block, *pair) for pair in pairs]))
    assert stores.graph.reader(ann).blocked == set(others)
    assert {frozenset(stores.graph.reader(other).blocked) for other in others} == {frozenset({ann})}


class Joiner:
    """Adds people to a group as the service does: read, decide, write, and once more if something has changed."""

    def __init__(self, stores: DynamoStores) -> None:
        self.stores = stores
        self.chat = group(stores).conversation_id
        stores.groups.create(group(stores, self.chat), stores.fence())

    @property
    def group(self) -> Group:
        found = self.stores.groups.get(self.chat, strong=True)
        assert found is not None
        return found

    def turn(self, number: int, user_id: str, *, leaves: bool = False) -> bool:
        """One change of one member at a position of its own; whether anything changed."""
        at = position(self.stores.clock.now(), number)
        kind = Change.LEFT if leaves else Change.ADDED
        while True:
            group = self.group
            before = self.stores.members.many(group, [user_id]).get(user_id)
            stays = before.stays if before else ()
            if leaves is not bool(before and before.present):
                return False
            if leaves:
                stays = (*stays[:-1], replace(stays[-1], left=self.stores.clock.now(), left_at=at))
            else:
                stays = (*stays, Stay(at))
            event = changed(self.chat, at, kind, (user_id,))
            moves = [Move(before, Member(user_id, stays))]
            if self.stores.members.change(group, moves, event, Path.CHUNK, 1_000, self.stores.fence()):
                return True
            if self.stores.log.get(self.chat, at, strong=True) is not None:
                return False

    def everybody(self) -> list[Member]:
        return [member for _, page in self.stores.members.audience(self.chat, 0, None) for member in page]


def test_two_joins_at_once_are_one(stores: DynamoStores, together: Together) -> None:
    joiner = Joiner(stores)
    answers = together([partial(joiner.turn, n, "bob") for n in range(WRITERS)])
    assert answers.count(True) == 1
    (bob,) = joiner.everybody()
    assert bob.stays == (Stay(position(stores.clock.now(), answers.index(True))),)
    assert joiner.group.members == 1


def test_a_join_that_runs_twice_is_one(stores: DynamoStores, together: Together) -> None:
    joiner = Joiner(stores)
    assert together([partial(joiner.turn, 1, "bob")] * WRITERS).count(True) == 1
    assert [member.stays for member in joiner.everybody()] == [(Stay(position(stores.clock.now(), 1)),)]
    assert joiner.group.members == 1


def test_joins_and_leaves_at_once_keep_the_count(stores: DynamoStores, together: Together) -> None:
    joiner = Joiner(stores)
    together([partial(joiner.turn, n, f"user-{n % 3}", leaves=n >= WRITERS) for n in range(2 * WRITERS)])
    assert joiner.group.members == sum(member.present for member in joiner.everybody())


def test_everybody_has_one_place_while_the_group_grows(stores: DynamoStores, together: Together) -> None:
    joiner = Joiner(stores)
    users = [f"user-{n:02d}" for n in range(FULL * 5)]
    together([partial(joiner.turn, n, user_id) for n, user_id in enumerate(users + users)])
    # Those who join at once may all have counted too few to see that it is crowded: the next one does.
    assert joiner.turn(90, "user-90")
    assert sorted(member.user_id for member in joiner.everybody()) == [*users, "user-90"]
    assert joiner.group.members == len(users) + 1
    assert joiner.group.shards == 16


def test_a_group_grows_with_one_who_comes_back(stores: DynamoStores) -> None:
    joiner = Joiner(stores)
    *others, back = [f"user-{n:02d}" for n in range(FULL + 1)]
    assert joiner.turn(0, back)
    assert joiner.turn(1, back, leaves=True)
    assert all(joiner.turn(2 + n, user_id) for n, user_id in enumerate(others))
    assert joiner.group.shards == 1
    assert joiner.turn(90, back)
    assert (joiner.group.members, joiner.group.shards) == (FULL + 1, 4)
    assert sorted(member.user_id for member in joiner.everybody()) == [*others, back]


def test_devices_that_connect_at_once_are_all_there(stores: DynamoStores, together: Together) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    devices = [Connection(f"d{n}", f"c{n}", now) for n in range(WRITERS)]
    together([partial(stores.registry.register, ann, device, now, WRITERS) for device in devices])
    found = stores.registry.lookup([ann], now)[ann]
    assert sorted(found, key=lambda each: each.device_id) == devices


def test_over_the_cap_at_once_leaves_the_newest(stores: DynamoStores, together: Together) -> None:
    ann, now = stores.user("ann"), stores.clock.now()
    devices = [Connection(f"d{n}", f"c{n}", now - WRITERS + n) for n in range(WRITERS)]
    together([partial(stores.registry.register, ann, device, now, 2) for device in devices])
    found = stores.registry.lookup([ann], now)[ann]
    assert sorted(found, key=lambda each: each.device_id) == devices[-2:]


def test_many_who_engage_at_once_are_all_counted(stores: DynamoStores, together: Together) -> None:
    """Likes, reposts and their ends by six, each frame tried twice at the same time."""
    now = stores.clock.now()
    ref = PostRef(stores.user("ann"), position(now))
    people = [stores.user(f"fan{number}") for number in range(WRITERS)]
    for turn in range(4):
        at, on = position(now + turn + 1), turn % 2 == 0

        def engage(user: str, kind: Engagement, at: str = at, on: bool = on) -> Engaged:
            repost = Post(user, at, "1", Path.PUSH, "", repost_of=ref) if kind is Engagement.REPOST and on else None
            return stores.engagements.put(user, kind, ref, at, stores.fence(), on=on, repost=repost)

        calls = [partial(engage, user, kind) for user in people for kind in Engagement for _ in range(2)]
        assert {(each.position, each.on) for each in together(calls)} == {(at, on)}
        found = stores.engagements.counts(people[0], [ref])[ref]
        assert (found.likes, found.reposts) == (WRITERS * on, WRITERS * on)
    standing = [post for user in people for post in stores.posts.page(user, FIRST, LAST, 10, strong=True)[0]]
    assert standing == []


def test_a_repost_that_is_deleted_several_times_at_once_is_taken_out_once(
    stores: DynamoStores, together: Together
) -> None:
    """Also where its user reposts again later, but sooner than the frames that delete it arrive."""
    now = stores.clock.now()
    for turn in range(4):
        ref = PostRef(stores.user("ann"), position(now + 10 * turn))
        for user, at in (("bob", 1), ("cid", 1), ("bob", 9)):
            mine = Post(stores.user(user), position(now + 10 * turn + at), "1", Path.PUSH, "", repost_of=ref)
            stores.engagements.put(
                mine.author, Engagement.REPOST, ref, mine.position, stores.fence(), on=True, repost=mine
            )
        bob, first, last = stores.user("bob"), position(now + 10 * turn + 1), position(now + 10 * turn + 9)
        repost = stores.posts.get(bob, first, strong=True)
        assert repost is not None
        at = position(now + 10 * turn + 5)
        together([partial(stores.engagements.withdraw, repost, at, stores.fence())] * WRITERS)
        found = stores.engagements.counts(bob, [ref])[ref]
        assert (found.reposts, found.reposted) == (1, False)
        assert stores.engagements.get(bob, Engagement.REPOST, ref) == Engaged(last, False, 0, first)


def test_an_answer_that_is_written_and_deleted_at_once_is_counted_or_not(
    stores: DynamoStores, together: Together
) -> None:
    now = stores.clock.now()
    ref = PostRef(stores.user("ann"), position(now))
    for turn in range(5):
        bob, at = stores.user("bob"), position(now + turn + 1)
        reply = Post(bob, at, "1", Path.PUSH, "well", reply_to=ref, root=ref)
        write = partial(stores.engagements.answer, reply, stores.fence())
        together([write, write, partial(stores.engagements.retract, reply, stores.fence()), write])
        post = stores.posts.get(bob, at, strong=True)
        listed, _ = stores.engagements.replies(ref, FIRST, LAST, 10)
        assert post is not None
        assert stores.engagements.counts(bob, [ref])[ref].replies == len(listed) == (post.text is not None)
        stores.engagements.retract(reply, stores.fence())
        assert stores.engagements.counts(bob, [ref])[ref].replies == 0
