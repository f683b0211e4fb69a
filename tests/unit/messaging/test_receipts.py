"""`ack`: watermarks that only move forward, told to the other side."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound
from tidings.domain.events import LogEntry, Receipt, ReceiptKind
from tidings.domain.position import ms_of, parse
from tidings.domain.watermark import Watermark, covered
from tidings.services.receipts import SKEW_MS, Confirm, Confirmed
from tidings.services.send import SendMessage, Sent

DELIVERED, READ = TOLD = ReceiptKind.DELIVERED, ReceiptKind.READ


@pytest.fixture
def sent(rig: Rig) -> Sent:
    """A message from ann to bob, a second ago."""
    message = rig.send("ann", "bob")
    rig.clock.advance(1_000)
    return message


def marks(rig: Rig, reader: str = "bob") -> dict[ReceiptKind, Watermark]:
    return dict(rig.world.memberships.watermarks(reader, "dm#ann#bob"))


@pytest.mark.parametrize("kind", TOLD)
def test_the_other_side_learns_of_it_in_the_mailbox_and_live(rig: Rig, sent: Sent, kind: ReceiptKind) -> None:
    rig.online("ann")
    confirmed = rig.ack("bob", sent, kind)
    now = rig.clock.now()
    assert confirmed.mark == marks(rig)[kind] == Watermark(sent.position, now)
    (receipt,) = rig.receipts("ann")
    assert receipt == Receipt("dm#ann#bob", sent.position, "bob", kind, now, receipt.arrival)
    assert ms_of(receipt.arrival) == now
    assert rig.world.sockets.seen("ann-phone") == [receipt]
    assert rig.receipts("bob") == []


def test_the_order_is_check_watermark_mailboxes_lookup_post(rig: Rig, sent: Sent) -> None:
    rig.online("ann")
    calls: list[str] = []
    rig.before = calls.append
    rig.ack("bob", sent)
    assert calls == ["get", "advance", "put", "lookup", "post"]


def test_reading_is_copied_to_the_readers_other_devices_and_delivery_is_not(rig: Rig, sent: Sent) -> None:
    rig.person("bob", "phone", "laptop")
    rig.ack("bob", sent, DELIVERED)
    assert rig.receipts("bob") == []
    rig.ack("bob", sent, READ)
    assert [receipt.kind for receipt in rig.receipts("bob")] == [READ]
    assert [receipt.kind for receipt in rig.receipts("ann")] == [DELIVERED, READ]


def test_a_later_mark_moves_it_and_an_older_one_is_answered_with_what_stands(rig: Rig, sent: Sent) -> None:
    second = rig.send("ann", "bob", client_id="c-2")
    newer = rig.ack("bob", second).mark
    told = len(rig.receipts("ann"))
    assert rig.ack("bob", sent).mark == newer
    assert marks(rig)[DELIVERED] == newer
    assert len(rig.receipts("ann")) == told


def test_the_same_mark_again_is_told_again(rig: Rig, sent: Sent) -> None:
    rig.before = _die_before_put
    with pytest.raises(Crash):
        rig.ack("bob", sent, taken_at=rig.clock.now())
    rig.before = None
    taken_at = marks(rig)[DELIVERED].taken_at
    rig.clock.advance(60_000)
    assert rig.ack("bob", sent, taken_at=taken_at).mark == Watermark(sent.position, taken_at)
    assert [receipt.taken_at for receipt in rig.receipts("ann")] == [taken_at]


def test_delivered_and_read_are_marks_of_their_own_and_reading_covers_delivery(rig: Rig, sent: Sent) -> None:
    rig.ack("bob", sent, READ)
    assert set(marks(rig)) == {READ}
    both = (marks(rig).get(DELIVERED), marks(rig).get(READ))
    assert covered(both, sent.position, sent.position)


def test_a_view_is_never_newer_than_the_frame(rig: Rig, sent: Sent) -> None:
    now = rig.clock.now()
    assert rig.ack("bob", sent, taken_at=now + 3_600_000).mark.taken_at == now


def test_an_older_view_is_kept_so_that_it_covers_nothing_that_came_later(rig: Rig, sent: Sent) -> None:
    mark = rig.ack("bob", sent, taken_at=ms_of(sent.position)).mark
    assert mark.covers(sent.position, sent.position)
    late = str(parse(sent.position).at(ms_of(sent.position) + 1))
    assert not mark.covers(sent.position, late)


def test_a_position_from_a_gateway_a_little_ahead_is_confirmed_and_covered(rig: Rig) -> None:
    caller = rig.caller("ann", stamp=rig.clock.now() + 20)
    sent = rig.messaging.run(caller, [SendMessage("c-9", "bob", "from a gateway whose clock is ahead")])[0]
    assert isinstance(sent, Sent)
    assert rig.ack("bob", sent).mark.covers(sent.position, sent.position)


def test_a_position_in_the_future_is_refused(rig: Rig, sent: Sent) -> None:
    ahead = str(parse(sent.position).at(rig.clock.now() + SKEW_MS + 1))
    with pytest.raises(InvalidRequest):
        rig.ack("bob", Sent("", sent.conversation_id, ahead))
    assert marks(rig) == {}


def test_a_position_without_a_message_is_refused(rig: Rig, sent: Sent) -> None:
    invented = str(parse(sent.position).at(ms_of(sent.position) + 1))
    with pytest.raises(NotFound):
        rig.ack("bob", Sent("", sent.conversation_id, invented))
    assert marks(rig) == {}
    assert rig.receipts("ann") == []


def test_somebody_elses_conversation_is_refused(rig: Rig, sent: Sent) -> None:
    rig.person("eve", "phone")
    with pytest.raises(Forbidden):
        rig.ack("eve", sent)
    with pytest.raises(NotFound):
        rig.ack("eve", Sent("", "somewhere", sent.position))


def test_a_message_the_cheap_read_misses_is_looked_for_strongly(rig: Rig, sent: Sent) -> None:
    log = rig.world.log
    strengths: list[bool] = []

    def lagging(conversation_id: str, position: str, *, strong: bool) -> LogEntry | None:
        strengths.append(strong)
        return type(log).get(log, conversation_id, position, strong=True) if strong else None

    log.get = lagging  # type: ignore[method-assign]
    rig.build()
    assert rig.ack("bob", sent).mark.position == sent.position
    assert strengths == [False, True]


def test_an_unsent_message_can_still_be_confirmed(rig: Rig, sent: Sent) -> None:
    rig.bury(sent.position, sent.conversation_id)
    assert rig.ack("bob", sent).mark.position == sent.position


def _die_before_put(name: str) -> None:
    if name == "put":
        raise Crash


def test_a_receipt_is_one_command_of_the_service(rig: Rig, sent: Sent) -> None:
    command = Confirm(sent.conversation_id, READ, sent.position)
    assert rig.messaging.one(rig.caller("bob"), command, Confirmed).mark.position == sent.position


@pytest.mark.parametrize("later", [1, 15_001, 3_600_000])
@pytest.mark.parametrize("kind", TOLD)
def test_a_worker_that_dies_at_any_call_leaves_a_receipt_that_a_resend_completes(later: int, kind: ReceiptKind) -> None:
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.person("ann", "phone")
        rig.person("bob", "phone", "laptop")
        rig.online("ann")
        sent = rig.send("ann", "bob")
        taken_at = rig.clock.advance(5)
        dying = rig.after = DieAt(number)
        try:
            rig.ack("bob", sent, kind, taken_at)
        except Crash:
            pass
        else:
            assert dying.calls == number - 1 >= 5
            return
        rig.after = None
        rig.clock.advance(later)
        assert rig.ack("bob", sent, kind, taken_at).mark == marks(rig)[kind] == Watermark(sent.position, taken_at)
        assert {(receipt.position, receipt.taken_at) for receipt in rig.receipts("ann")} == {(sent.position, taken_at)}
        assert len(rig.receipts("bob")) >= (kind is READ)


@given(
    acks=st.lists(
        st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 4_000)), st.booleans(), st.integers(1, 20)),
        min_size=1,
        max_size=12,
    )
)
def test_marks_only_move_forward_and_the_other_side_learns_of_the_last(
    acks: list[tuple[int, int | None, bool, int]],
) -> None:
    """Acks in any order, of any age, some of which die before anybody is told and are sent again."""
    rig = Rig()
    rig.person("ann", "phone")
    rig.person("bob", "phone")
    messages = [rig.send("ann", "bob", client_id=f"c{number}") for number in range(4) if rig.clock.advance(1_000)]
    standing: Watermark | None = None
    for number, age, dies, wait in acks:
        rig.clock.advance(wait)
        taken_at = None if age is None else rig.clock.now() - age
        if dies:
            rig.before = _die_before_put
            with suppress(Crash):
                rig.ack("bob", messages[number], taken_at=taken_at)
            rig.before = None
        mark = rig.ack("bob", messages[number], taken_at=taken_at).mark
        assert mark == marks(rig)[DELIVERED]
        if standing is not None:
            assert mark.position >= standing.position
            assert mark.taken_at >= standing.taken_at
        standing = mark
    assert standing is not None
    assert (standing.position, standing.taken_at) in {(each.position, each.taken_at) for each in rig.receipts("ann")}
