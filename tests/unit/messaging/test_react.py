"""`react`: one emoji a (message, user); history counts them."""

import pytest

from tests.unit.messaging.life import F, T, deaths, pair
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.events import Reaction
from tidings.domain.position import stamped
from tidings.services.facts import Sent
from tidings.services.react import React
from tidings.services.tallies import Tallies, Tally


@pytest.fixture
def sent(rig: Rig) -> Sent:
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    return sent


def counts(rig: Rig, reader: str, sent: Sent) -> tuple[Tally, ...]:
    return rig.history(reader, sent).reactions.get(sent.position, ())


def test_a_reaction_is_counted_and_is_an_event_of_its_own() -> None:
    rig = pair()
    rig.online("ann", "phone")
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    reaction = rig.react("bob", sent, "👍")
    event = Reaction(sent.conversation_id, reaction.position, "bob", "r-1", sent.position, "👍", reaction.position)
    assert rig.box("ann")[-1] == event
    assert rig.world.sockets.seen("ann-phone")[-1] == rig.world.sockets.seen("ann-laptop")[-1] == event
    assert counts(rig, "bob", sent) == (Tally("👍", 1, mine=True),)
    assert counts(rig, "ann", sent) == (Tally("👍", 1, mine=False),)


def test_the_order_of_writes_is_outbox_reaction_log_mailboxes(rig: Rig, sent: Sent) -> None:
    calls: list[str] = []
    rig.before = calls.append
    rig.react("bob", sent, "👍")
    assert calls == ["get", "get", "claim", "get", "put", "append", "put", "lookup"]


def test_the_later_one_stands_and_can_be_taken_back(rig: Rig, sent: Sent) -> None:
    rig.react("ann", sent, "👍", "r-0")
    slow = rig.caller("bob")
    rig.clock.advance(1)
    rig.react("bob", sent, "❤️", "r-2")
    rig.messaging.one(slow, React("r-1", sent.conversation_id, sent.position, "😡"), Sent)
    assert counts(rig, "bob", sent) == (Tally("❤️", 1, mine=True), Tally("👍", 1, mine=False))
    rig.clock.advance(1)
    rig.react("bob", sent, "", "r-3")
    assert counts(rig, "bob", sent) == (Tally("👍", 1, mine=False),)


def test_only_who_is_there_to_what_is_there(rig: Rig, sent: Sent) -> None:
    with pytest.raises(Forbidden):
        rig.react("eve", sent, "👍")
    reaction = rig.react("bob", sent, "👍")
    for number, gone in enumerate((sent.position[:-1] + "9", reaction.position)):
        with pytest.raises(NotFound):
            rig.react("bob", Sent("", sent.conversation_id, gone), "👍", f"r{number}")
    rig.unsend("ann", sent)
    with pytest.raises(NotFound):
        rig.react("bob", sent, "😡", "r-9")
    assert rig.react("bob", sent, "👍") == reaction
    assert rig.history("bob", sent).reactions == {}


@pytest.mark.parametrize("name", ["claim", "get", "append", "put"])
def test_a_reaction_that_races_with_an_unsend_loses(rig: Rig, sent: Sent, name: str) -> None:
    def meanwhile(call: str) -> None:
        if call == name:
            rig.after = None
            rig.unsend("ann", sent)

    rig.after = meanwhile
    try:
        rig.react("bob", sent, "👍")
    except NotFound:
        assert name in ("claim", "get")
    page = rig.history("bob", sent)
    assert (page.events, page.reactions) == ((), {})


@pytest.mark.parametrize("later", [0, F + 1, T + 1, 40 * T])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_a_worker_that_dies_at_any_call_loses_and_repeats_nothing(edge: str, later: int) -> None:
    count = 0
    for rig, sent, reaction in deaths(lambda rig, sent: rig.react("ann", sent, "👍"), edge, later):
        count += 1
        assert counts(rig, "bob", sent) == (Tally("👍", 1, mine=False),)
        for owner in ("ann", "bob"):
            (told,) = [event for event in rig.box(owner) if isinstance(event, Reaction)]
            assert (told.position, told.emoji, told.client_id) == (reaction.position, "👍", "r-1")
    assert count >= 6


def crowd(rig: Rig, sent: Sent, count: int, emoji: str = "👍") -> None:
    """Reactions of so many others."""
    for number in range(count):
        at = str(stamped(rig.clock.now(), f"user{number:03}", "phone", "frame"))
        reaction = Reaction(sent.conversation_id, at, f"user{number:03}", "r", sent.position, emoji)
        rig.world.reactions.put(reaction, rig.world.fence())


def test_a_page_ends_where_there_are_too_many_to_count(rig: Rig) -> None:
    sent = []
    for number in range(3):
        sent.append(rig.send("ann", "bob", client_id=f"c{number}"))
        rig.clock.advance(1)
        crowd(rig, sent[-1], 4)
    rig.histories._tallies = Tallies(rig.world.reactions, most=10)
    first = rig.history("bob", sent[0])
    assert [event.position for event in first.events] == [sent[2].position, sent[1].position]
    second = rig.history("bob", sent[0], first.before)
    assert [event.position for event in second.events] == [sent[0].position]
    assert second.before is None
    assert [tally.count for page in (first, second) for each in page.reactions.values() for tally in each] == [4, 4, 4]


def test_one_message_with_too_many_shows_the_callers_own_among_the_first(rig: Rig, sent: Sent) -> None:
    rig.react("ann", sent, "❤️")
    crowd(rig, sent, 30)
    rig.histories._tallies = Tallies(rig.world.reactions, most=10)
    page = rig.history("ann", sent)
    assert (len(page.events), page.before) == (1, None)
    assert page.reactions[sent.position] == (Tally("❤️", 1, mine=True), Tally("👍", 10, mine=False))


def test_a_message_shows_a_bounded_number_of_emojis_ones_own_first(rig: Rig, sent: Sent) -> None:
    rig.react("bob", sent, "🦤")
    for number in range(40):
        at = str(stamped(rig.clock.now(), f"user{number}", "phone", "frame"))
        made = Reaction(sent.conversation_id, at, f"user{number}", "r", sent.position, chr(0x1F400 + number))
        rig.world.reactions.put(made, rig.world.fence())
    shown = counts(rig, "bob", sent)
    assert len(shown) == 20
    assert shown[0] == Tally("🦤", 1, mine=True)
