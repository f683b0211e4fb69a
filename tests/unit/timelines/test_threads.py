"""Threads: what a post answers, what answers it, and who sees which part."""

from __future__ import annotations

import pytest

from tests.unit.timelines.rig import Rig
from tidings.domain.errors import InvalidRequest, NotFound
from tidings.domain.posts import PostRef
from tidings.domain.sizes import PAGE_BYTES, entry_bytes
from tidings.services.embeds import ROOM
from tidings.services.post_threads import ANCESTORS


def chain(rig: Rig, length: int, text: str = "and") -> list[PostRef]:
    """A thread of answers, each to the one before, by ann, bob and cid in turn."""
    refs: list[PostRef] = []
    for number in range(length):
        author = ("ann", "bob", "cid")[number % 3]
        refs.append(PostRef(author, rig.post(author, text, reply_to=refs[-1] if refs else None)))
    return refs


def test_a_post_stands_between_what_it_answers_and_what_answers_it(rig: Rig) -> None:
    refs = chain(rig, 5)
    thread = rig.threads.get(rig.caller("ann"), refs[2], 20)
    assert thread.post.ref == refs[2]
    assert [entry.ref for entry in thread.ancestors] == refs[:2]
    assert [entry.ref for entry in thread.replies] == [refs[3]]
    assert (thread.counts.replies, thread.before) == (1, None)
    assert {rig.posts.posts[ref.author, ref.position].root for ref in refs[1:]} == {refs[0]}


def test_a_long_chain_shows_its_nearest_part(rig: Rig) -> None:
    refs = chain(rig, ANCESTORS + 5)
    thread = rig.threads.get(rig.caller("ann"), refs[-1], 20)
    assert [entry.ref for entry in thread.ancestors] == refs[4:-1]
    assert thread.above == refs[3], "where to look further up"


def everything_above(rig: Rig, reader: str, ref: PostRef) -> list[PostRef]:
    """The whole chain above a post, from the top down, as a client goes up."""
    seen: list[PostRef] = []
    at: PostRef | None = ref
    while at is not None:
        thread = rig.threads.get(rig.caller(reader), at, 1)
        seen = [*(entry.ref for entry in thread.ancestors), *([] if at == ref else [at]), *seen]
        at = thread.above
    return seen


@pytest.mark.parametrize("long", [False, True])
def test_a_chain_goes_on_above_what_is_not_there(rig: Rig, long: bool) -> None:
    refs = chain(rig, 3 * ANCESTORS, "é" * 4_096 if long else "and")
    assert everything_above(rig, "ann", refs[-1]) == refs[:-1]
    rig.block("ann", "bob")
    for ref in refs[2 : ANCESTORS * 2 : 2]:
        rig.delete(ref.author, ref.position)
    there = [ref for at, ref in enumerate(refs[:-1]) if ref.author != "bob" and (at % 2 or not 2 <= at < 2 * ANCESTORS)]
    assert everything_above(rig, "ann", refs[-1]) == there


def test_nothing_is_above_where_nothing_is_to_be_seen(rig: Rig) -> None:
    refs = chain(rig, ANCESTORS + 3)
    for ref in refs[:2]:
        rig.delete(ref.author, ref.position)
    assert rig.threads.get(rig.caller("ann"), refs[-1], 1).above is None


def test_replies_go_down_while_more_arrive(rig: Rig) -> None:
    ref = PostRef("ann", rig.post("ann"))
    written = [rig.post(("bob", "cid")[number % 2], f"{number}", reply_to=ref) for number in range(11)]
    thread = rig.threads.get(rig.caller("ann"), ref, 3)
    seen, before = [entry.position for entry in thread.replies], thread.before
    while before is not None:
        rig.post("bob", "another one", reply_to=ref)
        page = rig.threads.replies(rig.caller("ann"), ref, before, 3)
        seen += [entry.position for entry in page.entries]
        before = page.before
    assert seen == written[::-1]
    with pytest.raises(InvalidRequest):
        rig.threads.replies(rig.caller("ann"), ref, "b1.x", 3)


def test_a_thread_of_long_posts_fits_a_frame(rig: Rig) -> None:
    long = "é" * 4_096
    refs = chain(rig, 15, long)
    for number in range(15):
        rig.post("bob", f"{number}{long[1:]}", reply_to=refs[-1])
    thread = rig.threads.get(rig.caller("ann"), refs[-1], 20)
    entries = [thread.post, *thread.ancestors, *thread.replies]
    assert sum(map(entry_bytes, entries)) <= PAGE_BYTES
    assert [entry.ref for entry in thread.ancestors] == refs[-1 - len(thread.ancestors) : -1], "the nearest ones"
    assert thread.ancestors and thread.replies and thread.before is not None
    page = rig.threads.replies(rig.caller("ann"), refs[-1], thread.before, 20)
    assert page.entries[0].position < thread.replies[-1].position
    assert page.entries[0].text.startswith(str(14 - len(thread.replies)))


def test_who_is_blocked_is_not_in_the_thread(rig: Rig) -> None:
    refs = chain(rig, 4)
    rig.post("bob", "me too", reply_to=refs[3])
    rig.block("bob", "ann")
    thread = rig.threads.get(rig.caller("ann"), refs[3], 20)
    assert [entry.ref for entry in thread.ancestors] == [refs[0], refs[2]]
    assert thread.replies == []
    with pytest.raises(NotFound):
        rig.threads.get(rig.caller("ann"), refs[1], 20)
    with pytest.raises(NotFound):
        rig.threads.replies(rig.caller("ann"), refs[1], None, 20)


def test_what_a_page_quotes_and_passes_on_comes_with_it(rig: Rig) -> None:
    rig.people("dan")
    for author in ("ann", "bob", "cid"):
        rig.follow("dan", author)
    tea, milk, gone, hidden = (PostRef("ann", rig.post("ann", text)) for text in ("tea?", "milk?", "gone", "hidden"))
    by_cid = PostRef("cid", rig.post("cid", "cake?"))
    rig.repost("bob", tea)
    rig.repost("cid", tea)
    rig.post("bob", "with", quote=milk)
    rig.post("bob", "well", quote=gone)
    rig.post("bob", "and", quote=by_cid)
    rig.settle()
    rig.delete("ann", gone.position)
    rig.block("cid", "dan")
    page = rig.reader.home(rig.caller("dan"), None, None, 20)
    assert {entry.ref for entry in rig.embeds.of(rig.caller("dan"), page.entries)} == {tea, milk}
    own = rig.reader.user(rig.caller("dan"), "bob", None, 20)
    assert [entry.ref for entry in rig.embeds.of(rig.caller("dan"), own.entries)] == [milk, tea]
    assert (
        rig.embeds.of(rig.caller("bob"), [entry for entry in own.entries if entry.quote == by_cid])[0].text == "cake?"
    )
    assert rig.embeds.of(rig.caller("dan"), [entry for entry in page.entries if entry.ref == hidden]) == []


def test_what_is_quoted_has_its_room(rig: Rig) -> None:
    long = [PostRef("ann", rig.post("ann", "#a " * 200)) for _ in range(30)]
    for ref in long:
        rig.repost("bob", ref)
    page = rig.reader.user(rig.caller("cid"), "bob", None, 50)
    shown = rig.embeds.of(rig.caller("cid"), page.entries)
    assert 5 < len(shown) < 30
    assert sum(map(entry_bytes, shown)) <= ROOM
    assert [entry.ref for entry in shown] == long[::-1][: len(shown)]
