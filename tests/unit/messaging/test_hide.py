"""`hide`: deleted for the caller only, on all their devices."""

import pytest

from tests.unit.messaging.life import F, T, deaths, pair
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Conflict, Forbidden, NotFound
from tidings.domain.events import Hidden
from tidings.services.facts import Sent
from tidings.services.hide import HideMessage


def test_it_is_gone_for_the_caller_only_and_other_devices_hear_of_it() -> None:
    rig = pair()
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    hide = rig.hide("ann", sent)
    event = Hidden(sent.conversation_id, hide.position, sent.position, hide.position)
    assert rig.box("ann")[-1] == rig.world.sockets.seen("ann-laptop")[-1] == event
    assert [message.position for message in rig.box("bob")] == [sent.position]
    assert rig.history("ann", sent).events == ()
    assert len(rig.history("bob", sent).events) == 1


def test_a_device_that_comes_later_finds_it_deleted(rig: Rig) -> None:
    """The message's copy is still in the mailbox that a first sync reads."""
    sent = rig.send("ann", "bob")
    rig.clock.advance(1)
    calls: list[str] = []
    rig.after = calls.append
    hide = rig.hide("bob", sent)
    assert "lookup" not in calls, "of those who are connected, nobody has to hear of it"
    message, hidden = rig.syncs.page(rig.caller("bob", "new"), None, None, 50).events
    assert message.position == sent.position
    assert hidden == Hidden(sent.conversation_id, hide.position, sent.position, hide.position)
    assert rig.history("bob", sent).events == ()


def test_what_is_left_of_a_page_is_shown_and_goes_on(rig: Rig) -> None:
    sent = []
    for number in range(4):
        sent.append(rig.send("ann", "bob", client_id=f"c{number}"))
        rig.clock.advance(1)
    for number in (1, 2, 3):
        rig.hide("ann", sent[number], f"h{number}")
    first = rig.history("ann", sent[0], limit=2)
    assert first.events == ()
    second = rig.history("ann", sent[0], first.before, limit=2)
    assert ([event.position for event in second.events], second.before) == ([sent[0].position], None)


def test_only_who_is_there_and_only_what_is_there(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    with pytest.raises(Forbidden):
        rig.hide("eve", sent)
    with pytest.raises(NotFound):
        rig.hide("bob", Sent("", sent.conversation_id, sent.position[:-1] + "9"))
    other = rig.send("ann", "bob", client_id="c-2")
    rig.clock.advance(1)
    hide = rig.hide("bob", other, "h-2")
    with pytest.raises(Conflict):
        rig.hide("bob", sent, "h-2")
    for each in (sent, other):
        rig.unsend("ann", each, f"u-{each.client_id}")
    with pytest.raises(NotFound):
        rig.hide("bob", sent, "h-3")
    assert rig.hide("bob", other, "h-2") == hide


def test_several_in_one_batch(rig: Rig) -> None:
    sent = [rig.send("ann", "bob", client_id=f"c{number}") for number in range(2)]
    commands = [HideMessage(f"h{number}", each.conversation_id, each.position) for number, each in enumerate(sent)]
    results = rig.messaging.run(rig.caller("bob"), commands)
    assert [type(result) for result in results] == [Sent, Sent]
    assert rig.history("bob", sent[0]).events == ()


@pytest.mark.parametrize("later", [0, F + 1, T + 1, 40 * T])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_a_worker_that_dies_at_any_call_leaves_what_a_resend_completes(edge: str, later: int) -> None:
    count = 0
    for rig, sent, hide in deaths(lambda rig, sent: rig.hide("ann", sent), edge, later):
        count += 1
        assert rig.history("ann", sent).events == ()
        told = [event for event in rig.box("ann") if isinstance(event, Hidden)]
        assert {event.target for event in told} == {sent.position}
        assert {event.position for event in told} == {hide.position}
        assert len(told) <= 2
    assert count >= 5
