"""Writers at the same time, on an engine that can run them: one outcome, whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.contract.engines import DynamoStores, connect
from tests.contract.made import message, position
from tidings.domain.conversation import direct_id
from tidings.domain.events import Path
from tidings.domain.identity import Connection
from tidings.ports import Edge, OutboxEntry

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
        assert stores.graph.removed(bob) == (frozenset() if following else {ann})


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
