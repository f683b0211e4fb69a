"""`timeline.mentions`, and who is shown an answer at home."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.unit.timelines.rig import BOUND_MS, Rig
from tidings.domain.posts import PostRef
from tidings.domain.profile import ProfileChange


@pytest.fixture
def named(rig: Rig) -> Rig:
    """Each has a handle: Ann, Bob, Cid."""
    for number, name in enumerate(("ann", "bob", "cid")):
        at = position(rig.clock.now(), number)
        rig.world.profiles.set(name, ProfileChange(handle=name.title()), at, rig.world.fence())
    return rig


def mentions(rig: Rig, user: str, limit: int = 20) -> list[str]:
    """All positions, paged."""
    seen: list[str] = []
    before: str | None = None
    while True:
        page = rig.mentions.page(rig.caller(user), before, None, limit)
        assert (page.since is None) == (before is not None)
        seen += [entry.position for entry in page.entries]
        before = page.before
        if before is None:
            return seen


def test_who_is_mentioned_answered_or_quoted_is_told(named: Rig) -> None:
    first = named.post("ann", "hello @BOB and @nobody and @bob")
    ref = PostRef("ann", first)
    answer = named.post("bob", "hello", reply_to=ref)
    quote = named.post("cid", "look @ann", quote=ref)
    named.post("ann", "to myself @ann", reply_to=ref)
    named.settle()
    assert mentions(named, "bob") == [first]
    assert mentions(named, "ann") == [quote, answer]
    assert mentions(named, "cid") == []
    assert named.posts.posts["ann", first].mentions == ("bob",)


def test_a_deleted_post_is_no_mention_however_late_the_copy(named: Rig) -> None:
    doomed = named.post("ann", "@bob")
    named.plan()
    [job] = [job for job in named.lanes.due() if job.get("of") == "mention"]
    named.delete("ann", doomed)
    named.do(job)
    assert mentions(named, "bob") == []
    named.settle()
    assert mentions(named, "bob") == []


def test_a_copy_that_is_written_while_the_post_is_deleted_is_swept(named: Rig) -> None:
    doomed = named.post("ann", "@bob")
    named.plan()
    [job] = [job for job in named.lanes.due() if job.get("of") == "mention"]

    def meanwhile() -> None:
        named.commit = None
        named.delete("ann", doomed)
        named.plan()
        named.work()

    named.commit = meanwhile
    named.do(job)
    assert mentions(named, "bob") == [doomed], "the first sweep came too early"
    named.settle()
    assert mentions(named, "bob") == []


def test_mentions_are_paged_as_home_is(named: Rig) -> None:
    sent = [named.post("ann", f"@bob {number}") for number in range(7)]
    named.settle()
    assert mentions(named, "bob", 3) == sent[::-1]
    named.clock.advance(BOUND_MS + 1)
    since = named.mentions.page(named.caller("bob"), None, None, 20).since
    news = named.post("cid", "@bob")
    named.settle()
    page = named.mentions.page(named.caller("bob"), None, since, 20)
    assert [entry.position for entry in page.entries] == [news]


def test_who_is_blocked_mentions_nobody(named: Rig) -> None:
    before = named.post("ann", "@bob")
    named.settle()
    assert mentions(named, "bob") == [before]
    named.block("bob", "ann")
    named.post("ann", "@bob again")
    named.settle()
    assert mentions(named, "bob") == []
    assert len(named.timelines.feeds["mentions#bob"]) == 1, "the second one was not even written"


def test_who_was_unfollowed_may_mention(named: Rig) -> None:
    named.follow("bob", "ann")
    named.unfollow("bob", "ann")
    sent = named.post("ann", "@bob")
    named.plan()
    named.work()
    assert mentions(named, "bob") == [sent]


def test_an_answer_is_for_those_who_follow_both(named: Rig) -> None:
    named.people("dan", "eve")
    for follower, author in (("cid", "bob"), ("dan", "bob"), ("dan", "ann"), ("ann", "bob"), ("eve", "ann")):
        named.follow(follower, author)
    named.settle()
    ref = PostRef("ann", named.post("ann", "tea?"))
    answer = named.post("bob", "yes", reply_to=ref)
    more = named.post("bob", "with milk", reply_to=PostRef("bob", answer))
    named.settle()
    homes = {
        user: [at for at in named.home(user) if at != ref.position] for user in ("ann", "bob", "cid", "dan", "eve")
    }
    assert homes == {"ann": [more, answer], "bob": [more, answer], "cid": [more], "dan": [more, answer], "eve": []}


def test_a_follow_brings_the_answers_that_the_follower_is_to_see(named: Rig) -> None:
    ref = PostRef("ann", named.post("ann", "tea?"))
    answer = named.post("bob", "yes", reply_to=ref)
    plain = named.post("bob", "coffee")
    named.settle()
    for reader, seen in (("cid", [plain]), ("ann", [plain, answer])):
        named.follow(reader, "bob")
        named.settle()
        assert [at for at in named.home(reader) if at != ref.position] == seen
    named.people("dan")
    named.follow("dan", "ann")
    named.follow("dan", "bob")
    named.settle()
    assert named.home("dan") == [plain, answer, ref.position]
