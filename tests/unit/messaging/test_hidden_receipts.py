"""`ack` in a 1:1 of somebody who hides what they read, or has blocked the other side."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.contract.made import position
from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import NotFound
from tidings.domain.events import Message, Path, ReceiptKind
from tidings.domain.watermark import Watermark
from tidings.services.send import Sent

CHAT = "dm#ann#bob"
DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN


@pytest.fixture
def sent(rig: Rig) -> Sent:
    """A message from ann to bob, who has two devices, a second ago."""
    rig.person("bob", "phone", "laptop")
    message = rig.send("ann", "bob")
    rig.clock.advance(1_000)
    return message


def marks(rig: Rig) -> dict[ReceiptKind, Watermark]:
    return dict(rig.world.memberships.watermarks("bob", CHAT))


def kinds(rig: Rig, user_id: str) -> list[ReceiptKind]:
    return [receipt.kind for receipt in rig.receipts(user_id)]


def block(rig: Rig, blocked: bool = True) -> str:
    """bob blocks ann, or no longer; the position of it."""
    at = position(rig.clock.advance(1_000))
    rig.world.memberships.set("bob", CHAT, {"blocked": blocked}, at, rig.world.fence())
    rig.clock.advance(1_000)
    return at


def withheld(rig: Rig, client_id: str = "w") -> Sent:
    """A message of ann's that bob never gets."""
    at = position(rig.clock.advance(1_000))
    rig.world.log.append(Message(CHAT, at, "ann", client_id, "hello?"), Path.INLINE, rig.world.fence(), withheld=True)
    return Sent(client_id, CHAT, at)


class TestPrivacy:
    def test_a_hidden_read_moves_its_own_mark_and_tells_of_the_delivery_only(self, rig: Rig, sent: Sent) -> None:
        rig.tell("bob", read_receipts=False)
        confirmed = rig.ack("bob", sent, READ)
        assert marks(rig) == {SEEN: confirmed.mark}
        assert kinds(rig, "ann") == [DELIVERED]
        assert kinds(rig, "bob") == [SEEN], "the laptop clears its badge"

    def test_what_is_known_to_be_delivered_is_not_told_again(self, rig: Rig, sent: Sent) -> None:
        rig.tell("bob", read_receipts=False)
        now = rig.clock.now()
        rig.ack("bob", sent, DELIVERED, now)
        rig.ack("bob", sent, READ, now)
        assert kinds(rig, "ann") == [DELIVERED]
        assert marks(rig) == {DELIVERED: Watermark(sent.position, now), SEEN: Watermark(sent.position, now)}

    def test_a_delivery_that_a_read_has_told_of_is_not_told(self, rig: Rig, sent: Sent) -> None:
        now = rig.clock.now()
        rig.ack("bob", sent, READ, now)
        rig.ack("bob", sent, DELIVERED, now)
        assert kinds(rig, "ann") == [READ]

    def test_a_sender_who_hides_reads_learns_of_deliveries_only(self, rig: Rig) -> None:
        rig.tell("ann", read_receipts=False)
        sent = rig.send("ann", "bob")
        rig.clock.advance(1_000)
        mark = rig.ack("bob", sent, READ).mark
        assert marks(rig) == {READ: mark}
        assert kinds(rig, "ann") == [DELIVERED]
        rig.ack("ann", rig.send("bob", "ann", client_id="b"), READ)
        assert kinds(rig, "bob") == [DELIVERED], "nor does bob learn it of ann"

    def test_a_delivery_is_told_as_ever(self, rig: Rig, sent: Sent) -> None:
        rig.tell("bob", read_receipts=False)
        rig.ack("bob", sent, DELIVERED)
        assert (kinds(rig, "ann"), kinds(rig, "bob")) == ([DELIVERED], [])

    @pytest.mark.parametrize("number", range(1, 7))
    def test_a_hidden_read_that_died_is_completed_by_its_resend(self, number: int, rig: Rig, sent: Sent) -> None:
        rig.tell("bob", read_receipts=False)
        taken_at = rig.clock.now()
        rig.after = DieAt(number)
        with suppress(Crash):
            rig.ack("bob", sent, READ, taken_at)
        rig.after = None
        rig.ack("bob", sent, READ, taken_at)
        assert set(kinds(rig, "ann")) == {DELIVERED}
        assert set(kinds(rig, "bob")) == {SEEN}


class TestBlocked:
    def test_nobody_is_told_and_only_what_is_hidden_moves(self, rig: Rig, sent: Sent) -> None:
        block(rig)
        assert rig.ack("bob", sent, DELIVERED).mark.position == sent.position
        assert marks(rig) == {}
        mark = rig.ack("bob", sent, READ).mark
        assert marks(rig) == {SEEN: mark}
        assert (kinds(rig, "ann"), kinds(rig, "bob")) == ([], [SEEN])

    @pytest.mark.parametrize("kind", [DELIVERED, READ])
    def test_what_was_withheld_cannot_be_confirmed(self, kind: ReceiptKind, rig: Rig, sent: Sent) -> None:
        block(rig)
        hidden = withheld(rig)
        for blocked in (True, False):
            block(rig, blocked)
            with pytest.raises(NotFound):
                rig.ack("bob", hidden, kind)
        assert marks(rig) == {}

    def test_after_it_a_confirmation_covers_nothing_of_before(self, rig: Rig, sent: Sent) -> None:
        block(rig)
        withheld(rig)
        until = block(rig, blocked=False)
        later = rig.send("ann", "bob", client_id="c-2")
        rig.ack("bob", later, READ)
        (receipt,) = rig.receipts("ann")
        assert (receipt.kind, receipt.position, receipt.after) == (READ, later.position, until)
        rig.world.mailboxes.boxes["ann"].clear()
        rig.ack("bob", later, READ)
        assert len(rig.receipts("ann")) == 1

    def test_after_it_a_confirmation_of_before_tells_nothing(self, rig: Rig, sent: Sent) -> None:
        block(rig)
        block(rig, blocked=False)
        rig.ack("bob", sent, READ)
        assert (kinds(rig, "ann"), kinds(rig, "bob")) == ([], [READ])

    def test_the_sender_may_confirm_their_own_and_nobody_hears_of_it(self, rig: Rig, sent: Sent) -> None:
        block(rig)
        assert rig.ack("ann", withheld(rig), READ).mark
        assert kinds(rig, "bob") == []
