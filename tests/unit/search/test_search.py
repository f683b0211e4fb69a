"""What a search finds, page by page: brute force is the judge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.made import position
from tests.unit.search.rig import AWAKE_MS, HORIZON_MS, MOST, Rig
from tidings.domain.errors import InvalidRequest, RateLimited, UnknownUser
from tidings.domain.identity import Connection
from tidings.domain.posts import PostRef
from tidings.domain.profile import ProfileChange
from tidings.ports import Block
from tidings.services.search.reader import LOOKED_AT
from tidings.services.search.waking import OFTEN, STALL_MS

WORDS = ("a", "b", "c", "dé", "#x")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
QUERIES = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(" ".join),
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc")).map(lambda pair: f'"{pair[0]} {pair[1]}"'),
    st.tuples(st.sampled_from(("ann", "bob")), st.sampled_from("abc")).map(lambda pair: f"from:{pair[0]} {pair[1]}"),
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


class TestFound:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(("ann", "bob")), TEXTS), max_size=40), QUERIES, st.integers(1, 7))
    def test_it_is_what_brute_force_finds(self, posts: list[tuple[str, str]], query: str, limit: int) -> None:
        rig = Rig()
        for author, text in [("ann", "z"), ("bob", "z"), *posts]:
            rig.post(author, text)
        rig.settle()
        rig.live(query)
        assert rig.all(query, limit) == rig.expected(query)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(TEXTS, min_size=5, max_size=60), QUERIES, st.integers(1, 5), st.randoms(use_true_random=False))
    def test_pages_have_no_gap_and_no_repeat_while_posts_arrive(
        self, texts: list[str], query: str, limit: int, random: object
    ) -> None:
        rig = Rig()
        for text in texts:
            rig.post("ann", text)
        rig.post("bob", "z")
        rig.settle()
        rig.live(query)
        expected, found, before = rig.expected(query), [], None
        for number in range(200):
            page = rig.ask(query, before, limit)
            found += [entry.ref for entry in page.entries]
            before = page.before
            if before is None:
                break
            rig.post("ann", texts[number % len(texts)])
            rig.work()
        assert found == expected

    def test_a_common_and_a_rare_word(self, rig: Rig) -> None:
        for number in range(2 * LOOKED_AT):
            rig.post("ann", "common rare" if number % 50 == 7 else "common")
        rig.settle()
        rig.live("common")
        assert rig.all("common rare", 5) == rig.expected("common rare")
        rig.settle()
        assert rig.world.search.known["rare"].live, "what was live was too common: the other one was woken, too"
        assert rig.all("rare common", 5) == rig.expected("common rare")

    def test_since_and_the_horizon(self, rig: Rig) -> None:
        rig.post("ann", "old word")
        rig.settle()
        rig.clock.advance(HORIZON_MS - 1_000)
        new = rig.post("ann", "new word")
        rig.settle()
        rig.clock.advance(2_000)
        assert rig.live("word") == [new.ref], "what is beyond the horizon is not found"
        assert rig.all("word since:2100-01-01") == []
        assert len(rig.all("from:ann word")) == 2, "but in its author's own posts it is"

    def test_long_posts_are_found_by_their_last_word(self, rig: Rig) -> None:
        long = rig.post("ann", "x " * 1_000 + "last")
        rig.settle()
        assert rig.live("last") == [long.ref]
        after = rig.post("ann", "y " * 1_000 + "last")
        rig.settle()
        assert rig.all("last") == [after.ref, long.ref]


class TestHidden:
    def test_deleted_posts(self, rig: Rig) -> None:
        posts = [rig.post("ann", f"word {number}") for number in range(4)]
        rig.settle()
        rig.live("word")
        rig.delete(posts[1])
        assert rig.all("word") == rig.expected("word"), "at once, though the index does not know yet"
        rig.settle()
        assert {each.position for each in rig.world.search.entered["word"]} == {
            post.position for post in posts if post is not posts[1]
        }
        assert (posts[1].position, "ann") not in rig.world.search.posts

    def test_a_delete_beats_a_late_entry(self, rig: Rig) -> None:
        post = rig.post("ann", "word")
        jobs = rig.lanes.due()
        rig.live("word")

        def delete(name: str) -> None:
            if name == "remember":
                rig.hook = None
                rig.delete(post)
                rig.work()

        rig.hook = delete
        for job in jobs:
            rig.do(job)
        assert (post.position, "ann") in rig.world.search.posts, "it was entered after the first sweep"
        rig.settle()
        assert not rig.world.search.posts and rig.all("word") == []

    def test_blocked_and_private_authors(self, rig: Rig) -> None:
        now = rig.clock.now()
        for author in ("ann", "bob", "cid", "dan"):
            rig.post(author, "word")
        rig.settle()
        rig.live("word")
        rig.world.blocks.put("reader", Block("ann", position(now)), rig.world.fence())
        rig.world.blocks.put("bob", Block("reader", position(now)), rig.world.fence())
        for author in ("cid", "dan"):
            rig.world.profiles.set(author, ProfileChange(private=True), position(now), rig.world.fence())
        rig.world.graph.follow("reader", "dan", position(now), rig.world.fence())
        assert [ref.author for ref in rig.all("word")] == ["dan"]
        assert [ref.author for ref in rig.all("word", user="bob")] == ["bob", "ann"]
        assert rig.all("from:ann") == rig.all("from:cid word") == []
        assert [ref.author for ref in rig.all("from:dan")] == ["dan"]

    def test_many_hidden_posts_make_short_pages(self, rig: Rig) -> None:
        first = rig.post("ann", "word")
        for _ in range(3 * LOOKED_AT):
            rig.post("bob", "word")
        rig.settle()
        rig.live("word", user="ann")
        rig.world.blocks.put("reader", Block("bob", position(rig.clock.now())), rig.world.fence())
        assert rig.all("word", 5) == [first.ref]


class TestFrom:
    def test_handles_and_ids(self, rig: Rig) -> None:
        mine = rig.post("ann", "word")
        rig.world.profiles.set("ann", ProfileChange(handle="Anna"), position(rig.clock.now()), rig.world.fence())
        assert rig.all("from:@anna word") == rig.all("from:ann") == [mine.ref]
        with pytest.raises(UnknownUser):
            rig.ask("from:nobody")
        assert not rig.world.search.known, "no index was needed"

    def test_pages_of_a_large_authors_posts(self, rig: Rig) -> None:
        for number in range(450):
            rig.post("ann", "word rare" if number in (3, 440) else "word", planned=False)
        assert rig.all("from:ann rare", 1) == rig.expected("from:ann rare")
        assert rig.all("from:ann word", 50) == rig.expected("from:ann word")


class TestBuilding:
    def test_what_was_found_so_far_is_shown(self, rig: Rig) -> None:
        for number in range(30):
            rig.post("ann", f"word {number}")
            rig.clock.advance(86_400_000 // 5)
        rig.settle()
        first = rig.ask("word")
        assert (first.entries, first.before, first.progress) == ((), None, 0)
        rig.work()
        page = rig.ask("word", limit=50)
        assert page.progress == 99 and page.before is None
        assert [entry.ref for entry in page.entries] == rig.expected("word")
        rig.settle()
        assert rig.ask("word", limit=50).progress == 100

    def test_a_page_ends_where_the_index_has_got(self, rig: Rig) -> None:
        for number in range(10):
            rig.post("ann", f"word {number}")
        rig.settle()
        rig.ask("word")
        (job,) = rig.lanes.due()
        expected, term = rig.expected("word"), rig.world.search.known["word"]
        rig.world.search.enter([("word", each) for each in postings(expected)], rig.world.fence())
        rig.world.search.cover("word", term.mark, expected[6].position, term.mark, rig.world.fence())
        page = rig.ask("word", limit=5)
        assert [entry.ref for entry in page.entries] == expected[:5] and page.progress < 100
        rest = rig.ask("word", page.before, limit=5)
        assert [entry.ref for entry in rest.entries] == expected[5:7] and rest.before is not None
        stuck = rig.ask("word", rest.before, limit=5)
        assert not stuck.entries and stuck.before == rest.before, "the same question again"
        rig.do(job)
        assert [entry.ref for entry in rig.ask("word", rest.before).entries] == expected[7:]

    def test_progress_is_told_to_who_asked(self, rig: Rig) -> None:
        rig.post("ann", "word")
        rig.settle()
        now = rig.clock.now()
        for device in ("phone", "laptop"):
            rig.world.registry.register("reader", Connection(device, f"reader-{device}", now), now, 5)
        rig.ask("word other")
        rig.settle()
        sent = [each for each in rig.world.sockets.posted if each.user_id == "reader"]
        assert {each.connection.device_id for each in sent} == {"phone"}
        told = [[(event.term, event.progress, event.live) for event in each.events] for each in sent]
        assert told[-2:] == [[("word", 99, False), ("other", 99, False)], [("word", 100, True), ("other", 100, True)]]

    def test_a_lost_job_is_sent_again(self, rig: Rig) -> None:
        word = rig.post("ann", "word")
        rig.settle()
        rig.ask("word")
        rig.lanes.queued.clear()
        rig.ask("word")
        assert not rig.lanes.queued
        rig.clock.advance(STALL_MS + 60_000)
        rig.ask("word")
        assert rig.lanes.queued
        assert rig.live("word") == [word.ref]


class TestWaking:
    def test_it_stays_awake_while_people_search(self, rig: Rig) -> None:
        rig.post("ann", "word")
        rig.settle()
        rig.live("word")
        mark = rig.world.search.known["word"].mark
        for _ in range(4):
            rig.clock.advance(AWAKE_MS * 2 // 3)
            assert rig.ask("word").progress == 100
        assert rig.world.search.known["word"].mark == mark
        rig.clock.advance(AWAKE_MS + 1)
        rig.post("ann", "word")
        rig.settle()
        assert len(rig.world.search.entered["word"]) == 1, "asleep: nobody keeps it up to date"
        assert rig.ask("word").progress < 100
        rig.settle()
        assert rig.all("word") == rig.expected("word")

    def test_too_many_words(self, rig: Rig) -> None:
        for number in range(OFTEN):
            rig.ask(f"w{number}")
        with pytest.raises(RateLimited):
            rig.ask("another")
        rig.clock.advance(10_000)
        for number in range(OFTEN, MOST):
            rig.clock.advance(1_000)
            rig.ask(f"w{number}")
        rig.clock.advance(10_000)
        with pytest.raises(RateLimited):
            rig.ask("another")
        assert rig.ask("w1").progress == 0

    @pytest.mark.parametrize("cursor", ["q1.", "q1.1", "b1.0000000000000", "q1." + "9" * 14])
    def test_cursors_that_the_server_never_gave(self, rig: Rig, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            rig.ask("word", cursor)


def postings(refs: list[PostRef]) -> list[object]:
    from tidings.domain.search import Posting

    return [Posting(ref.position, ref.author) for ref in refs]
