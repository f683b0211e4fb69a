"""`conversations`: what was last, what is unread, in which order, and what a new device finds."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import watched
from tests.unit.messaging.home import CHAT, ShortSighted, block, every, listing_of, only, page, read, say, texts
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import InvalidRequest
from tidings.domain.events import Message, ReceiptKind
from tidings.domain.position import ms_of
from tidings.domain.sizes import PAGE_BYTES, wire_bytes
from tidings.domain.watermark import Watermark
from tidings.services.conversations import ListPage
from tidings.services.facts import Sent
from tidings.services.unread import LATEST


def test_somebody_without_conversations_has_none(rig: Rig) -> None:
    assert page(rig) == ListPage((), 0, None)


def test_the_newest_message_stands_for_both_sides(rig: Rig) -> None:
    say(rig, "ann", "bob", "first")
    sent = say(rig, "bob", "ann", "second")
    for user, unread in (("ann", 1), ("bob", 1)):
        found = only(rig, user)
        assert isinstance(found.last, Message)
        assert (found.last.text, found.unread) == ("second", unread)
        assert found.active_at == ms_of(sent.position)
    read(rig, "ann", sent)
    assert only(rig, "ann").unread == 0


def test_the_newest_activity_comes_first_whatever_is_pinned(rig: Rig) -> None:
    for name in ("cid", "dan", "eve"):
        rig.person(name)
        say(rig, name, "bob", name)
    assert texts(rig) == ["eve", "dan", "cid"]
    rig.set("bob", "dm#bob#cid", pinned=True)
    say(rig, "bob", "dan", "again")
    assert texts(rig) == ["again", "eve", "cid"]
    assert [each.row.pinned for each in every(rig)] == [False, False, True]


def test_unread_is_counted_above_either_mark_without_what_one_wrote(rig: Rig) -> None:
    first = say(rig, "ann", "bob")
    say(rig, "bob", "ann")
    third = say(rig, "ann", "bob")
    say(rig, "ann", "bob")
    assert only(rig).unread == 3
    read(rig, "bob", first)
    assert only(rig).unread == 2
    read(rig, "bob", third, ReceiptKind.DELIVERED)
    assert only(rig).unread == 2
    seen = Watermark(third.position, ms_of(third.position))
    rig.world.memberships.advance("bob", CHAT, ReceiptKind.SEEN, seen, rig.world.fence())
    assert only(rig).unread == 1
    assert page(rig).unread == 1


def test_reading_costs_nothing_where_nothing_is_new(rig: Rig) -> None:
    read(rig, "bob", say(rig, "ann", "bob"))
    calls: list[str] = []
    rig.before = calls.append
    page(rig)
    looks = [call for call in calls if call == "page"]
    rig.before = None
    say(rig, "ann", "bob")
    calls.clear()
    rig.before = calls.append
    page(rig)
    assert calls.count("page") == len(looks) + 1


def test_counting_ends_at_99(rig: Rig) -> None:
    for _ in range(120):
        say(rig, "ann", "bob")
    assert only(rig).unread == 99
    rig.person("cid")
    for _ in range(3):
        say(rig, "cid", "bob")
    assert page(rig).unread == 99


def test_what_is_newest_counts_however_much_one_has_written_oneself(rig: Rig) -> None:
    """Whoever never confirmed anything has everything above their mark."""
    for _ in range(420):
        say(rig, "bob", "ann")
    say(rig, "ann", "bob", "an answer")
    sent = say(rig, "ann", "bob", "and another")
    for number in range(30):
        rig.clock.advance(1)
        rig.react("bob", sent, "👍", client_id=f"r-{number}")
    rig.conversations = listing_of(rig, ShortSighted(rig.world.log))
    assert only(rig).unread == 2


def test_the_total_leaves_out_what_is_muted_or_archived(rig: Rig) -> None:
    for name in ("cid", "dan", "eve"):
        rig.person(name)
        say(rig, name, "bob")
    rig.set("bob", "dm#bob#cid", muted_until=rig.clock.now() + 60_000)
    rig.set("bob", "dm#bob#dan", archived=True, client_id="s-2")
    assert page(rig).unread == 1
    assert [each.unread for each in every(rig)] == [1, 1, 1]
    rig.clock.advance(60_000)
    assert page(rig).unread == 2


def test_what_was_taken_back_or_deleted_is_neither_last_nor_unread(rig: Rig) -> None:
    kept, deleted, gone = (say(rig, "ann", "bob", text) for text in ("kept", "deleted", "gone"))
    rig.unsend("ann", gone)
    rig.hide("bob", deleted)
    found = only(rig)
    assert isinstance(found.last, Message)
    assert (found.last.position, found.unread) == (kept.position, 1)
    rig.hide("bob", kept, client_id="h-2")
    assert page(rig).conversations == (), "nothing is left to show"
    assert texts(rig, "ann") == ["deleted"], "the other side still sees it"


def test_reactions_and_edits_move_nothing(rig: Rig) -> None:
    sent = say(rig, "ann", "bob", "helo")
    active = only(rig).active_at
    rig.clock.advance(1)
    rig.edit("ann", sent, "hello")
    for number in range(30):
        rig.clock.advance(1)
        rig.react("ann", sent, "👍" if number % 2 else "", client_id=f"r-{number}")
    found = only(rig)
    assert isinstance(found.last, Message)
    assert (found.last.text, found.unread, found.active_at) == ("hello", 1, active)


def test_what_is_withheld_shows_nowhere_but_with_whoever_wrote_it(rig: Rig) -> None:
    say(rig, "ann", "bob", "before")
    block(rig, True)
    for number in range(40):
        say(rig, "ann", "bob", f"withheld {number}")
    found = only(rig)
    assert isinstance(found.last, Message)
    assert (found.last.text, found.unread, found.row.blocked) == ("before", 1, True)
    assert page(rig).unread == 0, "whom one has blocked does not count"
    assert texts(rig, "ann") == ["withheld 39"]
    block(rig, False)
    assert only(rig).unread == 1
    say(rig, "ann", "bob", "after")
    assert texts(rig) == ["after"]
    assert only(rig).unread == 2


def test_whoever_is_blocked_before_the_first_contact_is_not_listed(rig: Rig) -> None:
    block(rig, True)
    say(rig, "ann", "bob")
    assert page(rig).conversations == ()
    assert texts(rig, "ann") == ["hello"]
    block(rig, False)
    assert page(rig).conversations == ()
    say(rig, "bob", "ann", "it was nothing")
    assert texts(rig) == texts(rig, "ann") == ["it was nothing"]


def test_a_very_long_run_of_what_does_not_show_leaves_the_conversation_listed(rig: Rig) -> None:
    sent = say(rig, "ann", "bob")
    for number in range(300):
        rig.clock.advance(1)
        rig.react("ann", sent, "👍", client_id=f"r-{number}")
    rig.conversations = listing_of(rig, ShortSighted(rig.world.log))
    assert page(rig).conversations == (), "nobody knows that there was anything"
    read(rig, "bob", sent)
    found = only(rig)
    assert (found.last, found.active_at) == (None, ms_of(sent.position))


def test_a_page_fits_a_reply(rig: Rig) -> None:
    for number in range(12):
        rig.person(f"u{number:02d}")
        say(rig, f"u{number:02d}", "bob", "🎈" * 4_096)
    first = page(rig)
    assert 0 < len(first.conversations) < 12
    assert sum(wire_bytes(each.last) for each in first.conversations if each.last) <= PAGE_BYTES
    names = [each.row.conversation_id for each in every(rig)]
    assert names == [f"dm#bob#u{number:02d}" for number in reversed(range(12))]


def test_many_conversations_are_looked_up_in_part_and_none_is_missing(rig: Rig) -> None:
    names = [f"u{number:02d}" for number in range(20)]
    for name in names:
        rig.person(name)
        say(rig, name, "bob", name)
    calls: list[str] = []
    log, mailboxes = (watched(port, before=calls.append) for port in (rig.world.log, rig.world.mailboxes))
    rig.conversations = listing_of(rig, log, mailboxes, most=5)
    first = page(rig, limit=3)
    assert calls.count("page") == 2 * 5, "the ends of five logs, and what is unread in them"
    assert calls.count("newest") == 1
    assert [each.row.conversation_id for each in first.conversations] == [f"dm#bob#{name}" for name in names[:-4:-1]]
    assert texts(rig) == names[::-1]
    rig.world.mailboxes.boxes.clear()
    assert sorted(texts(rig)) == names, "rows alone know less, and lose none"


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_what_only_a_deeper_look_into_the_mailbox_tells_is_not_lost(rig: Rig, limit: int) -> None:
    """Nothing happens while somebody pages down who was away: one conversation has made all the noise."""
    names = [f"u{number:02d}" for number in range(8)]
    for name in names:
        rig.person(name)
        read(rig, "bob", say(rig, name, "bob", name))
    say(rig, "u00", "bob", "while you were away")
    for _ in range(LATEST):
        say(rig, "u07", "bob", "noise")
    rig.conversations = listing_of(rig, rig.world.log, most=3)
    chats = [each.row.conversation_id for each in every(rig, limit=limit)]
    assert sorted(chats) == [f"dm#bob#{name}" for name in names]


def test_wrong_cursors_are_refused(rig: Rig) -> None:
    for before in ("x", "v1.x", "b1.x"):
        with pytest.raises(InvalidRequest):
            page(rig, before=before)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_paging_down_while_messages_come_neither_loses_nor_repeats_what_is_quiet(random: Random, limit: int) -> None:
    """And what the list says of each conversation is what a reader of the whole log would say."""
    rig = Rig()
    people = [f"u{number}" for number in range(8)]
    for name in ("bob", *people):
        rig.person(name, "phone")
    sent: list[tuple[str, str, Sent]] = []

    def act() -> None:
        sender, to = random.choice([("bob", random.choice(people)), (random.choice(people), "bob")])
        sent.append((sender, to, say(rig, sender, to)))
        if random.random() < 0.3:
            writer, reader, message = random.choice(sent)
            read(rig, reader, message, random.choice([ReceiptKind.READ, ReceiptKind.DELIVERED]))
            assert writer != reader

    for _ in range(random.randrange(30)):
        act()
    there = {each.row.conversation_id: each for each in every(rig)}
    moved: set[str] = set()
    seen: list[str] = []
    before: str | None = None
    while True:
        part = page(rig, before=before, limit=limit)
        seen += [each.row.conversation_id for each in part.conversations]
        before = part.before
        if before is None:
            break
        for _ in range(random.randrange(3)):
            act()
            moved.add(sent[-1][2].conversation_id)
    quiet = [each for each in there if each not in moved]
    assert [each for each in seen if each in quiet] == quiet
    for each in every(rig):
        chat = each.row.conversation_id
        entries = rig.world.log.since(chat, "", "~", 1_000)[0]
        marks = rig.world.memberships.watermarks("bob", chat)
        up_to = marks[ReceiptKind.READ].position if ReceiptKind.READ in marks else ""
        assert each.last is not None
        assert each.last.position == entries[-1].position
        assert each.unread == sum(entry.sender != "bob" and entry.position > up_to for entry in entries)
