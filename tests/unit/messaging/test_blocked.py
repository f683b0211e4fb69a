"""1:1 rooms: the first contact begins both rows, and whom somebody has blocked is acked as ever and heard by nobody."""

from itertools import product

import pytest

from tests.contract.made import position
from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Forbidden, NotFound, RetryLater, UnknownUser
from tidings.services.send import SendMessage, Sent

F, T = 15_000, 30_000
CHAT = "dm#ann#bob"


def block(rig: Rig, blocked: bool = True) -> None:
    """bob blocks ann, or ends it."""
    now = rig.clock.advance(1)
    rig.world.memberships.set("bob", CHAT, {"blocked": blocked}, position(now), rig.world.fence())


def begun(rig: Rig) -> set[str]:
    rows = {user: rig.world.memberships.get(user, CHAT) for user in ("ann", "bob")}
    return {user for user, row in rows.items() if row is not None and row.since}


def withheld(rig: Rig) -> dict[str, bool]:
    return {entry.client_id: entry.withheld for entry in rig.world.log.entries.values()}


def test_the_first_contact_begins_both_rows_at_the_position_of_the_message(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    rig.send("bob", "ann")
    for user in ("ann", "bob"):
        row = rig.world.memberships.get(user, CHAT)
        assert row is not None
        assert row.since == sent.position


@pytest.mark.parametrize("later", [0, F + 1, T + 1])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_whatever_dies_at_the_first_contact_a_message_in_the_log_has_both_rows(edge: str, later: int) -> None:
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.person("ann")
        rig.person("bob")
        dying = DieAt(number)
        setattr(rig, edge, dying)
        try:
            rig.send("ann", "bob")
        except Crash:
            pass
        else:
            assert number > 7
            return
        rig.before = rig.after = None
        assert not rig.world.log.entries or begun(rig) == {"ann", "bob"}
        rig.clock.advance(later)
        _until_acked(rig)
        assert begun(rig) == {"ann", "bob"}


def test_a_blocked_sender_is_acked_and_mailed_to_nobody_but_their_own_devices(rig: Rig) -> None:
    rig.person("ann", "phone", "laptop")
    for who in ("bob", "ann"):
        rig.online(who, "laptop")
    rig.send("ann", "bob", client_id="before")
    block(rig)
    sent = rig.send("ann", "bob", client_id="during")
    block(rig, False)
    rig.send("ann", "bob", client_id="after")
    assert sent.position in {message.position for message in rig.messages("ann")}
    assert [message.client_id for message in rig.messages("bob")] == ["before", "after"]
    assert [event.position == sent.position for event in rig.world.sockets.seen("bob-laptop")] == [False, False]
    assert len(rig.world.sockets.seen("ann-laptop")) == 3
    assert withheld(rig) == {"before": False, "during": True, "after": False}


def test_the_one_who_blocks_may_still_write(rig: Rig) -> None:
    block(rig)
    rig.send("bob", "ann")
    assert len(rig.messages("ann")) == 1
    assert withheld(rig) == {"c-1": False}


def test_whoever_was_blocked_before_the_first_contact_has_met_the_other_all_the_same(rig: Rig) -> None:
    block(rig)
    rig.send("ann", "bob")
    assert begun(rig) == {"ann", "bob"}
    assert rig.rooms.of(rig.caller("ann"), CHAT).withheld
    block(rig, False)
    rig.send("ann", "bob", client_id="c-2")
    assert [message.client_id for message in rig.messages("bob")] == ["c-2"]


def test_a_block_before_any_contact_does_not_make_a_conversation(rig: Rig) -> None:
    with pytest.raises(NotFound):
        rig.rooms.of(rig.caller("ann"), CHAT)
    block(rig)
    with pytest.raises(NotFound):
        rig.rooms.of(rig.caller("ann"), CHAT)


def test_a_room_of_others_stays_closed(rig: Rig) -> None:
    rig.send("ann", "bob")
    rig.person("cid")
    with pytest.raises(Forbidden):
        rig.rooms.of(rig.caller("cid"), CHAT)
    with pytest.raises(UnknownUser):
        rig.messaging.one(rig.caller("cid"), SendMessage("c-1", None, "hi", "dm#cid#nobody"), Sent)


def test_a_first_message_may_name_the_conversation(rig: Rig) -> None:
    sent = rig.messaging.one(rig.caller("ann"), SendMessage("c-1", None, "hi", CHAT), Sent)
    assert sent.conversation_id == CHAT
    assert begun(rig) == {"ann", "bob"}


@pytest.mark.parametrize(("first", "again"), list(product([True, False], repeat=2)))
@pytest.mark.parametrize("edge", ["before", "after"])
@pytest.mark.parametrize("later", [0, T + 1])
def test_a_resend_obeys_what_the_log_says_and_else_the_block_that_stands(
    first: bool, again: bool, edge: str, later: int
) -> None:
    """The first try dies anywhere, and a block begins or ends before the resend."""
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.person("ann", "phone", "laptop")
        rig.person("bob", "phone")
        rig.send("ann", "bob", client_id="before")
        block(rig, first)
        dying = DieAt(number)
        setattr(rig, edge, dying)
        try:
            rig.send("ann", "bob")
        except Crash:
            pass
        else:
            return
        rig.before = rig.after = None
        logged = withheld(rig).get("c-1")
        block(rig, again)
        rig.clock.advance(later)
        _until_acked(rig)
        expected = again if logged is None else logged
        assert withheld(rig)["c-1"] is expected
        assert len([each for each in rig.messages("bob") if each.client_id == "c-1"]) == (0 if expected else 1)
        assert len([each for each in rig.messages("ann") if each.client_id == "c-1"]) == 1


def _until_acked(rig: Rig) -> Sent:
    while True:
        try:
            return rig.send("ann", "bob")
        except RetryLater as error:
            rig.clock.advance(error.retry_after_ms or 1_000)
