"""The total of what is unread: counted in the mailbox, by the marks that stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.made import message, position
from tests.fakes import FakeWorld
from tidings.domain.events import Change, GroupChange, Hidden, ReceiptKind, Unsend
from tidings.domain.watermark import Watermark, covered
from tidings.ports import Membership
from tidings.services.unread import LATEST, MOST, READ, Unread, counts, read_up_to

CHATS = ("dm#ann#bob", "dm#bob#cid", "g#aaaaaaaaaaaaaaaa")


class Box:
    """bob's mailbox and rows."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.unread = Unread(self.world.mailboxes, self.world.memberships, self.world.clock)
        self.now = self.world.clock.now()

    def at(self, number: int) -> str:
        return position(self.now + number)

    def message(self, number: int, chat: str = CHATS[0], sender: str = "ann", arrival: int | None = None) -> None:
        made = message(chat, sender, self.at(number), client_id=f"c{number}")
        made = made.arriving(self.at(number if arrival is None else arrival))
        self.world.mailboxes.put([("bob", made)], self.world.fence())

    def mark(self, kind: ReceiptKind, number: int, chat: str = CHATS[0]) -> None:
        mark = Watermark(self.at(number), self.now + number)
        self.world.memberships.advance("bob", chat, kind, mark, self.world.fence())

    def set(self, **values: int | bool) -> None:
        self.world.memberships.set("bob", CHATS[0], values, self.at(0), self.world.fence())

    def total(self) -> int:
        return self.unread.total("bob")


@pytest.fixture
def box() -> Box:
    return Box()


def test_nothing_is_nothing(box: Box) -> None:
    assert box.total() == 0


def test_messages_of_others_count_until_they_are_read(box: Box) -> None:
    for number in range(5):
        box.message(number, sender="bob" if number == 2 else "ann")
    assert box.total() == 4
    box.mark(ReceiptKind.DELIVERED, 4)
    assert box.total() == 4
    box.mark(ReceiptKind.READ, 1)
    assert box.total() == 2
    box.mark(ReceiptKind.SEEN, 4)
    assert box.total() == 0


def test_what_came_late_under_an_old_position_is_unread(box: Box) -> None:
    box.message(1)
    box.message(0, arrival=40_000)
    box.mark(ReceiptKind.READ, 1)
    assert box.total() == 1


def test_a_message_under_two_arrivals_counts_once(box: Box) -> None:
    box.message(1)
    box.message(1, arrival=40_000)
    assert box.total() == 1


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({"archived": True}, 0),
        ({"blocked": True}, 0),
        ({"pinned": True}, 1),
        ({"mentions": False}, 1),
        ({"muted_until": 0}, 1),
    ],
)
def test_what_is_put_away_does_not_count(box: Box, values: dict[str, int | bool], total: int) -> None:
    box.message(1)
    box.set(**values)
    assert box.total() == total


def test_a_mute_ends_by_itself(box: Box) -> None:
    box.message(1)
    box.set(muted_until=box.now + 60_000)
    assert box.total() == 0
    box.world.clock.advance(60_000)
    assert box.total() == 1


def test_a_group_that_was_left_does_not_count(box: Box) -> None:
    box.message(3, CHATS[2])
    box.world.memberships.begin("bob", CHATS[2], box.at(1), box.world.fence())
    assert box.total() == 1
    box.world.memberships.end("bob", CHATS[2], box.at(4), box.world.fence())
    assert box.total() == 0


def test_what_an_earlier_stay_has_left_unread_does_not_count(box: Box) -> None:
    """As in the list of conversations, which shows the latest stay."""
    box.message(1, CHATS[2])
    box.world.memberships.begin("bob", CHATS[2], box.at(0), box.world.fence())
    box.world.memberships.end("bob", CHATS[2], box.at(2), box.world.fence())
    box.world.memberships.begin("bob", CHATS[2], box.at(4), box.world.fence())
    assert box.total() == 0
    box.message(5, CHATS[2])
    assert box.total() == 1


def test_what_was_taken_back_or_deleted_does_not_count_and_changes_never_do(box: Box) -> None:
    for number in range(3):
        box.message(number)
    chat = CHATS[0]
    others = [
        Unsend(chat, box.at(10), "ann", "u", box.at(0), box.at(10)),
        Hidden(chat, box.at(11), box.at(1), box.at(11)),
        GroupChange(CHATS[2], box.at(12), "ann", "g", Change.CREATED, arrival=box.at(12)),
    ]
    box.world.mailboxes.put([("bob", event) for event in others], box.world.fence())
    assert box.total() == 1


def test_counting_ends(box: Box) -> None:
    for number in range(LATEST + 50):
        box.message(number)
    assert box.total() == MOST
    box.mark(ReceiptKind.READ, LATEST + 40)
    assert box.total() == 9


def test_only_the_latest_events_are_looked_at(box: Box) -> None:
    box.message(0)
    for number in range(1, LATEST + 1):
        box.message(number, CHATS[1], sender="bob")
    assert box.total() == 0


def test_the_read_position_is_that_of_either_mark(box: Box) -> None:
    assert read_up_to(Membership(CHATS[0])) == ""
    box.mark(ReceiptKind.READ, 1)
    box.mark(ReceiptKind.SEEN, 4)
    box.mark(ReceiptKind.DELIVERED, 9)
    row = box.world.memberships.get("bob", CHATS[0])
    assert row is not None
    assert read_up_to(row) == box.at(4)


@settings(max_examples=100, deadline=None)
@given(
    sent=st.lists(st.tuples(st.sampled_from(CHATS), st.sampled_from(("ann", "bob", "cid"))), max_size=40),
    marks=st.lists(
        st.tuples(st.sampled_from(CHATS), st.sampled_from(list(ReceiptKind)), st.integers(0, 40)), max_size=8
    ),
)
def test_the_total_is_what_no_mark_covers(
    sent: list[tuple[str, str]], marks: list[tuple[str, ReceiptKind, int]]
) -> None:
    box = Box()
    for number, (chat, sender) in enumerate(sent):
        box.message(number, chat, sender)
    for chat, kind, number in marks:
        box.mark(kind, number, chat)
    expected = 0
    for number, (chat, sender) in enumerate(sent):
        row = box.world.memberships.get("bob", chat) or Membership(chat)
        assert counts(row, box.now)
        standing = tuple(row.marks.get(kind) for kind in READ)
        expected += sender != "bob" and not covered(standing, box.at(number), box.at(number))
    assert box.total() == expected
