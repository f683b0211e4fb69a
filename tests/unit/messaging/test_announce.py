"""The tally job: authors learn that everybody has received or read, once it holds and not before."""

from __future__ import annotations

import pytest

from tests.unit.messaging.party import DELIVERED, GROUP, READ, Party
from tests.unit.messaging.rig import Rig
from tidings.domain.events import Path, Receipt
from tidings.services.announce import PAGE, PAGES


@pytest.fixture
def party(rig: Rig) -> Party:
    """ann, bob and cid in a group."""
    return Party(rig, "ann", "bob", "cid")


def test_once_everybody_has_and_not_before(party: Party, rig: Rig) -> None:
    rig.online("ann")
    sent = party.say("ann")
    party.ack("bob", sent, DELIVERED)
    assert party.run() == 1
    assert party.told("ann") == []
    mark = party.ack("cid", sent, DELIVERED).mark
    party.run()
    (receipt,) = party.told("ann")
    earliest = min(mark.taken_at, party.world.memberships.watermarks("bob", GROUP)[DELIVERED].taken_at)
    assert receipt == Receipt(GROUP, sent.position, None, DELIVERED, earliest, receipt.arrival)
    assert rig.world.sockets.seen("ann-phone") == [receipt]
    assert party.told("bob") == party.told("cid") == []


def test_who_is_told_of_the_read_need_not_hear_of_the_delivery(party: Party) -> None:
    sent = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, sent, READ)
    party.run()
    assert party.news("ann") == [(READ, sent.position)]


def test_one_receipt_covers_many_messages_of_many_authors(party: Party) -> None:
    sent = [party.say(author) for author in ("ann", "bob", "ann", "bob")]
    for reader in ("ann", "bob", "cid"):
        party.ack(reader, sent[-1], READ)
    party.run()
    assert party.news("ann") == party.news("bob") == [(READ, sent[-1].position)]


def test_an_author_need_not_confirm_what_they_wrote(party: Party) -> None:
    first, second = party.say("ann"), party.say("bob")
    party.ack("bob", first)
    party.ack("cid", second)
    party.run()
    assert party.news("ann") == [(READ, first.position)]
    assert party.news("bob") == [], "ann has not read it"


def test_one_who_hides_reads_keeps_everybodys_from_being_announced(party: Party, rig: Rig) -> None:
    rig.tell("cid", read_receipts=False)
    sent = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, sent, READ)
    party.run()
    assert party.news("ann") == [(DELIVERED, sent.position)]


def test_an_author_who_hides_reads_learns_of_deliveries_only(party: Party, rig: Rig) -> None:
    rig.tell("ann", read_receipts=False)
    sent = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, sent, READ)
    party.run()
    assert party.news("ann") == [(DELIVERED, sent.position)]


class TestComingAndGoing:
    def test_one_who_is_offline_is_waited_for(self, party: Party) -> None:
        first, second = party.say("ann"), party.say("ann")
        party.ack("bob", second)
        party.ack("cid", first)
        party.run()
        assert party.news("ann") == [(READ, first.position)]
        party.ack("cid", second)
        party.run()
        assert party.news("ann") == [(READ, first.position), (READ, second.position)]

    def test_one_who_joins_later_is_not_waited_for(self, party: Party) -> None:
        sent = party.say("ann")
        party.join("dot")
        for reader in ("bob", "cid"):
            party.ack(reader, sent)
        party.run()
        assert party.news("ann") == [(READ, sent.position)]
        later = party.say("ann")
        for reader in ("bob", "cid"):
            party.ack(reader, later)
        party.run()
        assert len(party.news("ann")) == 1, "dot was there at this one"

    def test_one_who_leaves_is_no_longer_waited_for(self, party: Party) -> None:
        sent = party.say("ann")
        party.ack("bob", sent)
        party.run()
        party.leave("cid")
        party.finish()
        assert party.news("ann") == [(READ, sent.position)]

    def test_one_who_comes_back_starts_there(self, party: Party) -> None:
        sent = party.say("ann")
        party.leave("cid")
        party.join("cid")
        party.ack("bob", sent)
        party.run()
        assert party.news("ann") == [(READ, sent.position)]

    def test_an_author_who_has_left_is_not_told(self, party: Party) -> None:
        sent = party.say("ann")
        party.leave("ann")
        for reader in ("bob", "cid"):
            party.ack(reader, sent)
        party.run()
        assert party.told("ann") == []

    def test_a_message_that_was_taken_back_is_in_nobodys_way(self, party: Party) -> None:
        lost, sent = party.say("bob"), party.say("ann")
        party.ack("bob", sent)
        party.ack("cid", sent)
        party.run()
        assert party.news("ann") == [], "ann has not read bob's"
        party.take_back(lost)
        party.finish()
        assert party.news("ann") == [(READ, sent.position)]


class TestJobs:
    def test_twice_tells_nothing_more(self, party: Party) -> None:
        sent = party.say("ann")
        for reader in ("bob", "cid"):
            party.ack(reader, sent)
        party.run()
        told = party.told("ann")
        party.finish()
        assert party.told("ann") == told

    def test_a_pulled_group_and_one_that_is_not_there_are_left_alone(self, party: Party, rig: Rig) -> None:
        assert party.job().run("g#bbbbbbbbbbbbbbbb") is False
        party.world.groups.all[GROUP] = Party(Rig(), path=Path.PULL).world.groups.all[GROUP]
        assert party.job().run(GROUP) is False
        assert party.world.tallies.all == {}

    def test_a_long_log_is_walked_in_several_runs(self, party: Party) -> None:
        sent = [party.say("ann") for _ in range(PAGE * PAGES + 1)]
        for reader in ("bob", "cid"):
            party.ack(reader, sent[-1])
        assert party.run() == 2
        assert (READ, sent[-1].position) in party.news("ann")

    def test_after_a_message_few_confirmations_ask_for_a_job(self, rig: Rig) -> None:
        """Who is in the way is remembered: n confirmations cost about log n jobs, not n."""
        crowd = [f"u{number:02d}" for number in range(40)]
        party = Party(rig, "ann", *crowd)
        sent = party.say("ann")
        jobs = 0
        for reader in sorted(crowd, key=lambda name: name[::-1]):
            party.ack(reader, sent, DELIVERED)
            jobs += party.run()
        assert party.news("ann") == [(DELIVERED, sent.position)]
        assert jobs <= 20
