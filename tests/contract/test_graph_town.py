"""The graph that the benchmark puts into the tables is one that the stores understand."""

from __future__ import annotations

import random
from collections import Counter

from benchmarks import graph_town
from benchmarks.graph_town import MOST_SHARDS, name, shards_of, town
from tests.contract.engines import DynamoStores
from tidings.domain.idle import day_of
from tidings.storage import keys


def test_followers_fall_off_with_the_rank() -> None:
    graph = town(500, 300, random.Random(1))
    sizes = [len(graph.followers[name(rank)]) for rank in range(300)]
    assert sizes == [300 // (rank + 1) for rank in range(300)]
    assert graph.edges == sum(sizes)
    for author, followers in graph.followers.items():
        assert len(set(followers)) == len(followers)
        assert author not in followers
        assert set(followers) <= set(graph.users)
    assert len(name(19_999)) == 36
    assert town(500, 300, random.Random(1)) == graph


def test_a_crowd_has_more_shards() -> None:
    assert [shards_of(count) for count in (0, 1, 999, 1_000, 3_000, 10_000, 10**6)] == [1, 1, 1, 2, 4, 16, MOST_SHARDS]


def test_the_stores_find_what_was_put(table_engine) -> None:
    stores = DynamoStores(table_engine)
    graph, now = town(2_200, 2_100, random.Random(2)), stores.clock.now()
    put = graph_town.load(table_engine, keys.GRAPH.name, graph_town.halves(graph, now))
    assert put == graph.edges + sum(shards_of(len(each)) for each in graph.followers.values())
    for author in (name(0), name(1), name(2_000)):
        pages = stores.graph.audience(author, 0, None, seen_from=day_of(now))
        found = Counter(user for _, page in pages for user in page)
        assert found == Counter(graph.followers[author])
    reader, authors = stores.user("reader"), [name(0), name(7)]
    graph_town.load(table_engine, keys.GRAPH.name, graph_town.following(reader, authors, now))
    assert stores.graph.following((reader, each) for each in [*authors, name(1)]) == {
        (reader, each) for each in authors
    }
    assert stores.graph.reader(reader).seen.day == day_of(now)
