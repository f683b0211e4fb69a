"""The tally of a group: who counts for which message, and how far everybody has got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.events import Change, GroupChange, LogEntry, Message, Path, ReceiptKind
from tidings.domain.position import make
from tidings.domain.tally import DELAY_MS, KINDS, LOST_MS, Front, Lowest, Tally, standing, walk
from tidings.domain.watermark import Watermark

DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN
GROUP = "g#aaaaaaaaaaaaaaaa"
Marks = Mapping[ReceiptKind, Watermark]


def at(ms: int) -> str:
    return str(make(ms, "aaaaaaaa", "aaaaaaaa"))


def message(ms: int, sender: str = "ann", *claims: int) -> LogEntry:
    return LogEntry(at(ms), sender, str(ms), Path.CHUNK, Message(GROUP, at(ms), sender, str(ms), "hi"), claims)


def tombstone(ms: int, sender: str = "ann") -> LogEntry:
    return LogEntry(at(ms), sender, str(ms), Path.CHUNK, None)


def mark(ms: int, taken_at: int | None = None) -> Watermark:
    return Watermark(at(ms), ms if taken_at is None else taken_at)


def front(kind: ReceiptKind, **members: tuple[int, Marks]) -> Front:
    """Members with when they joined, and their marks."""
    made = Front(kind)
    for user_id, (joined, marks) in members.items():
        made.add(user_id, at(joined), marks)
    return made


class TestStanding:
    def test_who_has_confirmed_nothing_stands_at_the_join(self) -> None:
        stands = standing(DELIVERED, at(50), {})
        assert stands.covers(at(49), at(9_999_999)), "what was before is not theirs, however late it comes"
        assert not stands.covers(at(50), at(50))

    def test_a_mark_from_an_earlier_stay_counts_for_nothing(self) -> None:
        assert standing(READ, at(50), {READ: mark(20)}) == standing(READ, at(50), {})

    @pytest.mark.parametrize("kind", [DELIVERED, READ, SEEN])
    def test_every_mark_says_that_it_was_delivered(self, kind: ReceiptKind) -> None:
        assert standing(DELIVERED, at(1), {kind: mark(20)}) == mark(20)

    def test_only_a_read_that_is_shown_says_that_it_was_read(self) -> None:
        assert standing(READ, at(1), {DELIVERED: mark(30), SEEN: mark(30), READ: mark(10)}) == mark(10)

    def test_the_furthest_of_several_counts(self) -> None:
        assert standing(DELIVERED, at(1), {DELIVERED: mark(20), READ: mark(30), SEEN: mark(10)}) == mark(30)


class TestWalk:
    def test_up_to_the_first_that_somebody_has_not_confirmed(self) -> None:
        everybody = front(READ, ann=(1, {}), bob=(1, {READ: mark(30)}), cid=(1, {READ: mark(20)}))
        progress = walk(everybody, at(1), [message(10), message(20), message(30), message(40)])
        assert (progress.reached, progress.authors, progress.laggard) == (at(20), {"ann"}, "cid")

    def test_nobody_has_to_confirm_their_own(self) -> None:
        everybody = front(READ, ann=(1, {}), bob=(1, {READ: mark(10)}))
        progress = walk(everybody, at(1), [message(10), message(20, "bob")])
        assert (progress.reached, progress.authors, progress.laggard) == (at(10), {"ann"}, "ann")

    def test_what_has_arrived_late_is_covered_by_a_later_view_only(self) -> None:
        late = message(10, "ann", 70)
        for taken_at, laggard in ((69, "bob"), (70, None)):
            everybody = front(READ, ann=(1, {}), bob=(1, {READ: mark(20, taken_at)}))
            assert walk(everybody, at(1), [late]).laggard == laggard

    def test_who_came_later_does_not_count(self) -> None:
        everybody = front(DELIVERED, ann=(1, {}), bob=(1, {DELIVERED: mark(20)}), cid=(15, {}))
        progress = walk(everybody, at(1), [message(10), message(20)])
        assert (progress.reached, progress.authors, progress.laggard) == (at(10), {"ann"}, "cid")

    def test_a_message_of_which_nobody_is_left_is_not_announced(self) -> None:
        """Everybody who was there has gone; somebody has come since."""
        progress = walk(front(READ, ann=(1, {}), cid=(15, {})), at(1), [message(10)])
        assert (progress.reached, progress.authors, progress.laggard) == (at(10), frozenset(), None)

    def test_alone_there_is_nobody_to_wait_for(self) -> None:
        progress = walk(front(READ, ann=(1, {})), at(1), [message(10)])
        assert (progress.reached, progress.authors, progress.laggard) == (at(10), frozenset(), None)

    def test_what_is_no_message_needs_no_confirmation(self) -> None:
        change = LogEntry(at(5), "bob", "c", Path.CHUNK, GroupChange(GROUP, at(5), "bob", "c", Change.UPDATED))
        progress = walk(front(READ, ann=(1, {}), bob=(1, {})), at(1), [change, tombstone(6), message(7)])
        assert (progress.reached, progress.authors, progress.laggard) == (at(6), frozenset(), "bob")

    def test_nothing_new(self) -> None:
        assert walk(front(READ, ann=(1, {})), at(7), []).reached == at(7)


class TestTally:
    def test_a_job_that_may_be_lost_is_not_waited_for(self) -> None:
        asked = 1_000_000
        tally = Tally(due=asked + DELAY_MS)
        assert tally.pending(asked)
        assert tally.pending(asked + DELAY_MS + LOST_MS - 1)
        assert not tally.pending(asked + DELAY_MS + LOST_MS)
        assert not Tally().pending(0)

    def test_without_a_laggard_everybody_is_waited_for(self) -> None:
        assert all(Tally().waits_for("ann", kind) for kind in ReceiptKind)

    @pytest.mark.parametrize(
        ("reader", "waited"), [("cid", frozenset()), ("ann", {DELIVERED, READ, SEEN}), ("bob", {READ})]
    )
    def test_a_confirmation_of_somebody_else_changes_nothing(self, reader: str, waited: frozenset[ReceiptKind]) -> None:
        tally = Tally(laggards={DELIVERED: "ann", READ: "bob"})
        assert {kind for kind in ReceiptKind if tally.waits_for(reader, kind)} == waited


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcd")), unique_by=lambda each: each[1]))
def test_the_lowest_whosever_is_left_aside(values: list[tuple[int, str]]) -> None:
    lowest: Lowest[int] = Lowest()
    for value, holder in values:
        lowest.add(value, holder)
    for aside in "abcde":
        assert lowest.without(aside) == min((each for each in values if each[1] != aside), default=None)


@dataclass(frozen=True)
class Somebody:
    """A member: when they joined and their marks."""

    joined: int
    marks: dict[ReceiptKind, Watermark]


MARKS = st.dictionaries(
    st.sampled_from(ReceiptKind), st.builds(mark, st.integers(1, 30), st.integers(1, 60)), max_size=3
)
MEMBERS = st.dictionaries(st.sampled_from(["ann", "bob", "cid", "dot"]), st.builds(Somebody, st.integers(1, 20), MARKS))
LOG = st.lists(
    st.builds(message, st.integers(1, 30), st.sampled_from(["ann", "bob", "cid", "eve"]), st.integers(31, 60))
    | st.builds(message, st.integers(1, 30), st.sampled_from(["ann", "bob", "cid", "eve"])),
    unique_by=lambda entry: entry.position,
    max_size=6,
).map(lambda log: sorted(log, key=lambda entry: entry.position))


@given(MEMBERS, LOG, st.sampled_from(KINDS))
def test_what_is_announced_holds_and_the_walk_stops_only_where_somebody_is_in_the_way(
    members: dict[str, Somebody], log: list[LogEntry], kind: ReceiptKind
) -> None:
    everybody = Front(kind)
    for user_id, each in members.items():
        everybody.add(user_id, at(each.joined), each.marks)
    progress = walk(everybody, at(0), log)
    shown = (READ,) if kind is READ else (DELIVERED, READ, SEEN)

    def there(entry: LogEntry) -> list[str]:
        """The others who were there and still are."""
        return [name for name in members if name != entry.sender and at(members[name].joined) <= entry.position]

    def confirmed(entry: LogEntry, reader: str) -> bool:
        arrived = at(max((int(entry.position[:13]), *entry.claims)))
        marks = (members[reader].marks.get(each) for each in shown)
        return any(each is not None and each.covers(entry.position, arrived) for each in marks)

    passed = [entry for entry in log if entry.position <= progress.reached]
    assert all(confirmed(entry, reader) for entry in passed for reader in there(entry))
    assert progress.authors == {entry.sender for entry in passed if there(entry)}
    for entry in passed:
        if there(entry):
            assert max((int(entry.position[:13]), *entry.claims)) <= everybody.taken_at(entry.sender)
    assert (progress.laggard is None) == (len(passed) == len(log))
    if progress.laggard is not None:
        (stopped, *_) = log[len(passed) :]
        assert progress.laggard in members
        assert progress.laggard != stopped.sender
