"""`ack` in a group: a mark moves, nobody is told, and a tally is asked for where it can change something."""

from __future__ import annotations

import pytest

from tests.unit.messaging.party import DELIVERED, GROUP, READ, SEEN, Party
from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Forbidden
from tidings.domain.events import Path, ReceiptKind
from tidings.domain.tally import DELAY_MS, LOST_MS, Tally
from tidings.domain.watermark import Watermark


@pytest.fixture
def party(rig: Rig) -> Party:
    """ann, bob and cid in a group."""
    return Party(rig, "ann", "bob", "cid")


def asked(party: Party) -> int:
    return len(party.world.tallies.asked)


def test_the_mark_moves_and_nobody_is_told(party: Party, rig: Rig) -> None:
    rig.online("ann")
    sent = party.say("ann")
    mark = party.ack("bob", sent, DELIVERED).mark
    assert party.world.memberships.watermarks("bob", GROUP) == {DELIVERED: mark}
    assert all(rig.box(user_id) == [] for user_id in ("ann", "bob", "cid"))
    assert rig.world.sockets.posted == []
    assert party.world.tallies.asked == [(GROUP, rig.clock.now() + DELAY_MS)]


def test_what_a_receipt_asks_of_the_stores(party: Party, rig: Rig) -> None:
    """Two writes, and reads of two units: the entry and the reader (half a unit each), the tally (strong: one)."""
    sent = party.say("ann")
    calls: list[str] = []
    rig.before = calls.append
    party.ack("bob", sent)
    assert calls == ["get", "get", "advance", "get", "ask"]
    calls.clear()
    party.ack("cid", sent)
    assert calls == ["get", "get", "advance", "get"]


@pytest.mark.parametrize(("kind", "copied"), [(DELIVERED, []), (READ, [READ])])
def test_only_reads_go_to_the_readers_other_devices(
    kind: ReceiptKind, copied: list[ReceiptKind], party: Party, rig: Rig
) -> None:
    rig.person("bob", "phone", "laptop")
    rig.online("bob", "laptop")
    party.ack("bob", party.say("ann"), kind)
    assert [receipt.kind for receipt in rig.receipts("bob")] == copied
    assert rig.world.sockets.posted == []


def test_a_hidden_read_is_a_mark_of_its_own(party: Party, rig: Rig) -> None:
    rig.person("bob", "phone", "laptop")
    rig.tell("bob", read_receipts=False)
    mark = party.ack("bob", party.say("ann")).mark
    assert party.world.memberships.watermarks("bob", GROUP) == {SEEN: mark}
    assert [receipt.kind for receipt in rig.receipts("bob")] == [SEEN]


def test_an_older_mark_is_answered_with_the_one_that_stands_and_asks_for_nothing(party: Party) -> None:
    first, second = party.say("ann"), party.say("ann")
    newer = party.ack("bob", second).mark
    party.world.tallies.begin(GROUP, "r", party.world.fence())
    assert party.ack("bob", first).mark == newer
    assert asked(party) == 1


class TestWhoMayConfirm:
    def test_whoever_was_never_there_may_not(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        rig.person("eve", "phone")
        with pytest.raises(Forbidden):
            party.ack("eve", sent)
        assert party.world.memberships.marks == {}
        assert asked(party) == 0

    def test_a_setting_of_their_own_makes_nobody_a_member(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        rig.person("eve", "phone")
        party.world.memberships.set("eve", GROUP, {"pinned": True}, sent.position, party.world.fence())
        with pytest.raises(Forbidden):
            party.ack("eve", sent)

    def test_whoever_has_left_may_still(self, party: Party) -> None:
        sent = party.say("ann")
        party.leave("bob")
        mark = party.ack("bob", sent).mark
        assert party.world.memberships.watermarks("bob", GROUP) == {READ: mark}

    def test_who_is_faster_than_what_follows_from_the_join(self, party: Party) -> None:
        joined = party.join("dot", begun=False)
        sent = party.say("ann")
        mark = party.ack("dot", sent).mark
        row = party.world.memberships.get("dot", GROUP, strong=True)
        assert row is not None
        assert (row.since, dict(row.marks)) == (joined, {READ: mark})


class TestAsking:
    def test_many_confirmations_ask_for_one_job(self, party: Party) -> None:
        sent = party.say("ann")
        for reader in ("ann", "bob", "cid"):
            party.ack(reader, sent)
        assert asked(party) == 1

    def test_a_job_that_may_be_lost_is_asked_for_again(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        party.ack("bob", sent)
        rig.clock.advance(DELAY_MS + LOST_MS - 1)
        party.ack("cid", sent, taken_at=rig.clock.now())
        assert asked(party) == 1
        rig.clock.advance(1)
        party.ack("cid", sent)
        assert asked(party) == 2

    def test_whoever_is_not_in_the_way_asks_for_nothing(self, party: Party) -> None:
        sent = party.say("ann")
        notes = Tally(laggards={DELIVERED: "cid", READ: "bob"})
        for reader, kind, more in (("bob", DELIVERED, 0), ("bob", READ, 1), ("cid", DELIVERED, 1), ("ann", READ, 0)):
            party.world.tallies.all[GROUP] = notes
            before = asked(party)
            party.ack(reader, sent, kind)
            assert asked(party) - before == more, (reader, kind)

    def test_a_pulled_group_has_no_tally(self, rig: Rig) -> None:
        party = Party(rig, "ann", "bob", path=Path.PULL)
        party.ack("bob", party.say("ann"))
        assert asked(party) == 0

    @pytest.mark.parametrize("number", range(1, 8))
    def test_a_receipt_that_died_asks_when_it_is_sent_again(self, number: int, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        taken_at = rig.clock.now()
        rig.after = DieAt(number)
        try:
            party.ack("bob", sent, READ, taken_at)
        except Crash:
            rig.after = None
            assert party.ack("bob", sent, READ, taken_at).mark == Watermark(sent.position, taken_at)
        assert asked(party) == 1
