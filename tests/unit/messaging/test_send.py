"""`send`: what is written, in which order, and what refuses to be."""

import pytest

from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Conflict, InvalidRequest, RetryLater, Unavailable, UnknownUser
from tidings.domain.events import Message, Path
from tidings.domain.position import ms_of
from tidings.services.send import SendMessage, Sent

F, T = 15_000, 30_000


def test_a_message_is_logged_mailed_and_acked_at_the_gateways_stamp(rig: Rig) -> None:
    caller = rig.caller("ann", stamp=rig.clock.now() - 40)
    sent = rig.messaging.one(caller, SendMessage("c-1", "bob", "hello"), Sent)
    assert sent.conversation_id == "dm#ann#bob"
    assert ms_of(sent.position) == caller.stamp
    entry = rig.world.log.entries[sent.conversation_id, sent.position]
    assert (entry.sender, entry.client_id, entry.path) == ("ann", "c-1", Path.INLINE)
    assert rig.box("bob") == [Message("dm#ann#bob", sent.position, "ann", "c-1", "hello", sent.position)]
    assert rig.box("ann") == []


def test_both_sides_share_one_conversation(rig: Rig) -> None:
    assert rig.send("ann", "bob").conversation_id == rig.send("bob", "ann").conversation_id


def test_the_order_of_writes_is_outbox_log_mailboxes_then_lookup_then_post(rig: Rig) -> None:
    rig.online("bob")
    calls: list[str] = []
    rig.before = calls.append
    rig.send("ann", "bob")
    assert calls == ["get", "get", "get", "claim", "begin", "begin", "append", "put", "lookup", "post"]
    calls.clear()
    rig.send("ann", "bob", client_id="c-2")
    assert calls == ["get", "get", "claim", "append", "put", "lookup", "post"]


def test_an_own_copy_and_a_live_event_only_for_another_registered_device(rig: Rig) -> None:
    rig.person("ann", "phone", "laptop")
    for device in ("phone", "laptop"):
        rig.online("ann", device)
    sent = rig.send("ann", "bob")
    assert [event.position for event in rig.box("ann")] == [sent.position]
    assert rig.world.sockets.seen("ann-laptop") == rig.box("ann")
    assert rig.world.sockets.seen("ann-phone") == []


def test_an_unregistered_device_is_another_one_when_the_only_registered_one_is_not_the_callers(rig: Rig) -> None:
    rig.send("ann", "bob", device="borrowed")
    assert len(rig.box("ann")) == 1


def test_a_stranger_is_refused_before_anything_is_written(rig: Rig) -> None:
    with pytest.raises(UnknownUser):
        rig.send("ann", "nobody")
    assert rig.nothing_written()


def test_oneself_is_refused_before_anything_is_written(rig: Rig) -> None:
    with pytest.raises(InvalidRequest):
        rig.send("ann", "ann")
    assert rig.nothing_written()


def test_somebody_who_connects_later_is_known_then(rig: Rig) -> None:
    with pytest.raises(UnknownUser):
        rig.send("ann", "new")
    rig.person("new")
    assert rig.send("ann", "new").position


def test_another_content_under_the_same_client_id_is_a_conflict_that_writes_nothing(rig: Rig) -> None:
    sent = rig.send("ann", "bob", "hello")
    with pytest.raises(Conflict):
        rig.send("ann", "bob", "HELLO")
    rig.person("carol")
    with pytest.raises(Conflict):
        rig.send("ann", "carol", "hello")
    assert list(rig.world.log.entries) == [(sent.conversation_id, sent.position)]
    assert len(rig.box("bob")) == 1
    assert rig.box("carol") == []


def test_two_users_may_use_the_same_client_id(rig: Rig) -> None:
    assert rig.send("ann", "bob", "a").position != rig.send("bob", "ann", "b").position
    assert len(rig.world.log.entries) == 2


@pytest.mark.parametrize("after", [1, F])
def test_within_the_fence_a_resend_keeps_position_and_keys(rig: Rig, after: int) -> None:
    first = rig.send("ann", "bob")
    rig.clock.advance(after)
    assert rig.send("ann", "bob") == first
    assert len(rig.box("bob")) == len(rig.world.log.entries) == len(rig.world.mailboxes.pushes) == 1


@pytest.mark.parametrize("after", [F + 1, T])
def test_between_fence_and_settling_a_resend_waits_and_says_how_long(rig: Rig, after: int) -> None:
    first = rig.send("ann", "bob")
    rig.clock.advance(after)
    with pytest.raises(RetryLater) as caught:
        rig.send("ann", "bob")
    assert caught.value.retry_after_ms == T - after + 1
    rig.clock.advance(caught.value.retry_after_ms or 0)
    assert rig.send("ann", "bob") == first


@pytest.mark.parametrize("after", [T + 1, 24 * 3_600_000])
def test_past_settling_a_finished_message_is_acked_again_and_nothing_is_written(rig: Rig, after: int) -> None:
    first = rig.send("ann", "bob")
    rig.clock.advance(after)
    writes: list[str] = []
    rig.before = writes.append
    assert rig.send("ann", "bob") == first
    assert not {"append", "put", "claim_late", "reclaim"} & set(writes)
    assert len(rig.box("bob")) == 1


def test_past_settling_what_was_never_logged_gets_a_new_position(rig: Rig) -> None:
    rig.before = lambda name: _die(name == "append")
    with pytest.raises(Crash):
        rig.send("ann", "bob")
    rig.before = None
    rig.clock.advance(T + 1)
    sent = rig.send("ann", "bob")
    assert ms_of(sent.position) == rig.clock.now()
    assert list(rig.world.log.entries) == [("dm#ann#bob", sent.position)]
    assert rig.world.outbox.entries["ann", "c-1"].position == sent.position
    rig.clock.advance(T + 1)
    assert rig.send("ann", "bob") == sent


def test_a_message_unsent_meanwhile_is_acked_and_mailed_to_nobody(rig: Rig) -> None:
    for after in (0, T + 1):
        rig.before = lambda name: _die(name == "put")
        with pytest.raises(Crash):
            rig.send("ann", "bob", client_id=f"c{after}")
        rig.before = None
        ((_, position),) = rig.world.log.entries
        rig.bury(position)
        rig.clock.advance(after)
        assert rig.send("ann", "bob", client_id=f"c{after}").position == position
        assert rig.box("bob") == []
        rig.world.log.entries.clear()


def test_an_event_of_somebody_else_at_our_position_loses_nothing(rig: Rig) -> None:
    caller = rig.caller("ann")
    theirs = rig.messaging.one(caller, SendMessage("c-1", "bob", "mine"), Sent)
    rig.world.outbox.entries.clear()
    command = SendMessage("c-2", "bob", "collides")
    with pytest.raises(RetryLater):
        rig.messaging.one(caller, command, Sent)
    rig.clock.advance(T + 1)
    sent = rig.messaging.one(rig.caller("ann"), command, Sent)
    assert sent.position > theirs.position
    assert [message.text for message in rig.messages("bob")] == ["mine", "collides"]


def test_a_frame_that_waited_past_the_fence_is_sent_again_so_that_order_stays_the_gateways(rig: Rig) -> None:
    caller = rig.caller("ann", stamp=rig.clock.now() - F - 1)
    with pytest.raises(RetryLater):
        rig.messaging.one(caller, SendMessage("c-1", "bob", "slow"), Sent)
    assert rig.nothing_written()
    assert ms_of(rig.send("ann", "bob", "slow").position) == rig.clock.now()


@pytest.mark.parametrize("name", ["append", "put"])
def test_nothing_is_written_with_a_stamp_past_its_fence(rig: Rig, name: str) -> None:
    def throttled(call: str) -> None:
        if call == name:
            rig.clock.advance(F + 1)

    rig.before = throttled
    with pytest.raises(RetryLater):
        rig.send("ann", "bob")
    assert rig.box("bob") == []
    assert len(rig.world.log.entries) == (1 if name == "put" else 0)


@pytest.mark.parametrize("name", ["get", "claim", "append", "put"])
def test_a_busy_table_is_told_to_the_client_and_the_resend_succeeds(rig: Rig, name: str) -> None:
    def busy(call: str) -> None:
        if call == name:
            raise Unavailable("The database is busy.")

    rig.before = busy
    with pytest.raises(Unavailable):
        rig.send("ann", "bob")
    rig.before = None
    rig.send("ann", "bob")
    assert len(rig.box("bob")) == len(rig.world.log.entries) == 1


@pytest.mark.parametrize("later", [0, F + 1, T + 1, 40 * T])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_a_worker_that_dies_at_any_call_loses_and_repeats_nothing(edge: str, later: int) -> None:
    number = 0
    while True:
        number += 1
        rig = _pair_with_laptop()
        dying = DieAt(number)
        setattr(rig, edge, dying)
        try:
            rig.send("ann", "bob")
        except Crash:
            pass
        else:
            assert dying.calls == number - 1 >= 6
            return
        rig.before = rig.after = None
        rig.clock.advance(later)
        sent = _until_acked(rig)
        assert list(rig.world.log.entries) == [(sent.conversation_id, sent.position)]
        for owner in ("bob", "ann"):
            assert {message.client_id for message in rig.messages(owner)} == {"c-1"}
            assert len(rig.messages(owner)) == 1


def _pair_with_laptop() -> Rig:
    rig = Rig()
    rig.person("ann", "phone", "laptop")
    rig.person("bob", "phone")
    rig.online("ann", "laptop")
    rig.online("bob")
    return rig


def _until_acked(rig: Rig) -> Sent:
    while True:
        try:
            return rig.send("ann", "bob")
        except RetryLater as error:
            rig.clock.advance(error.retry_after_ms or 1_000)


def _die(now: bool) -> None:
    if now:
        raise Crash
