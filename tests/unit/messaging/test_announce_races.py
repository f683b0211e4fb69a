"""Tally jobs that die, come twice, stand still or are lost, while confirmations, joins and leaves go on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.unit.messaging.party import DELIVERED, GROUP, READ, Party
from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.events import ReceiptKind
from tidings.domain.position import ms_of
from tidings.domain.tally import DELAY_MS, LOST_MS
from tidings.services.send import Sent

CALLS = 13
"""More than a job makes."""


def party_of(*users: str) -> Party:
    return Party(Rig(), *users)


@pytest.mark.parametrize("number", range(1, CALLS))
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("noted", [False, True])
def test_a_confirmation_at_any_moment_of_a_job_is_announced(noted: bool, number: int, moment: str) -> None:
    """Of the last two readers one confirms while the job runs, and nothing happens after it but what it asks for.

    `noted`: the other one has been in the way so far.
    """
    party = party_of("ann", "bob", "cid")
    sent = party.say("ann")
    if noted:
        party.finish()
        assert set(party.world.tallies.get(GROUP).laggards.values()) == {"bob"}
    party.ack("bob", sent)
    calls = 0

    def meanwhile(_name: str) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            party.ack("cid", sent)

    party.rig.clock.advance(DELAY_MS)
    party.job(**{moment: meanwhile}).run(GROUP)
    if calls < number:
        party.ack("cid", sent)
    party.world.tallies.asked.pop(0)
    party.run()
    assert party.news("ann")[-1] == (READ, sent.position)


@pytest.mark.parametrize("number", range(1, CALLS))
@pytest.mark.parametrize("author", ["ann", "cid", "dot"])
def test_a_job_that_stands_still_while_others_run_spoils_nothing(author: str, number: int) -> None:
    """Its notes are old when it goes on: nobody must be taken for a laggard who is none any more."""
    party = party_of("ann", "bob", "cid", "dot")
    first = party.say("ann")
    party.ack("bob", first)
    calls = 0

    def others() -> None:
        for reader in ("cid", "dot"):
            party.ack(reader, first)
            party.run()

    def meanwhile(_name: str) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            others()

    party.rig.clock.advance(DELAY_MS)
    party.job(before=meanwhile).run(GROUP)
    if calls < number:
        others()
    second = party.say(author)
    for reader in sorted({"ann", "bob", "cid", "dot"} - {author}):
        party.ack(reader, second)
        party.run()
    assert party.news(author)[-1] == (READ, second.position)


@pytest.mark.parametrize("number", range(1, CALLS))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_job_that_dies_anywhere_and_is_delivered_again(number: int, moment: str) -> None:
    party = party_of("ann", "bob", "cid")
    sent = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, sent)
    party.rig.clock.advance(DELAY_MS)
    dying = DieAt(number)
    hooks: dict[str, Callable[[str], None]] = {moment: dying}
    with suppress(Crash):
        party.job(**hooks).run(GROUP)
    party.rig.clock.advance(60_000)
    party.finish()
    assert set(party.news("ann")) == {(READ, sent.position)}


@pytest.mark.parametrize("number", range(1, CALLS))
def test_a_job_that_dies_for_good_is_made_up_for_by_the_next_confirmation(number: int) -> None:
    party = party_of("ann", "bob", "cid")
    first = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, first)
    party.rig.clock.advance(DELAY_MS + LOST_MS)
    with suppress(Crash):
        party.job(before=DieAt(number)).run(GROUP)
    party.world.tallies.asked.clear()
    party.ack("bob", first)
    party.run()
    assert set(party.news("ann")) <= {(READ, first.position)}
    second = party.say("ann")
    for reader in ("bob", "cid"):
        party.ack(reader, second)
    party.run()
    assert party.news("ann")[-1] == (READ, second.position)


PEOPLE = ("ann", "bob", "cid", "dot")
SOMEBODY = st.sampled_from(PEOPLE)


class Confirmations(RuleBasedStateMachine):
    """A group in which everything happens in any order, and a reader of receipts who checks each."""

    @initialize(few=st.integers(1, 4))
    def begin(self, few: int) -> None:
        self.rig = Rig()
        self.party = Party(self.rig, *PEOPLE[:few])
        self.sent: dict[str, str] = {}

    def present(self, user_id: str) -> bool:
        member = self.party.members.get(user_id)
        return member is not None and member.present

    @rule(user_id=SOMEBODY)
    def say(self, user_id: str) -> None:
        if self.present(user_id):
            self.sent[self.party.say(user_id).position] = user_id

    @rule(user_id=SOMEBODY)
    def come_or_go(self, user_id: str) -> None:
        if self.present(user_id):
            self.party.leave(user_id)
            self.party.world.tallies.asked.append((GROUP, self.rig.clock.now() + DELAY_MS))
        else:
            self.party.join(user_id)

    @precondition(lambda self: self.sent)
    @rule(user_id=SOMEBODY, number=st.integers(0, 9), kind=st.sampled_from([DELIVERED, READ]), hides=st.booleans())
    def confirm(self, user_id: str, number: int, kind: ReceiptKind, hides: bool) -> None:
        member = self.party.members.get(user_id)
        received = [at for at in sorted(self.sent) if member is not None and member.received(at)]
        if received:
            at = received[number % len(received)]
            self.rig.tell(user_id, read_receipts=not hides)
            self.party.ack(user_id, Sent(at, GROUP, at), kind)
            self.rig.tell(user_id, read_receipts=True)

    @rule()
    def tally(self) -> None:
        self.party.run()
        for author in PEOPLE:
            for receipt in self.party.told(author):
                covered = [at for at, sender in self.sent.items() if sender == author and at <= receipt.position]
                assert all(ms_of(at) <= receipt.taken_at for at in covered)
                assert not any(self.missing(at, receipt.kind) for at in covered)

    def others(self, at: str) -> list[str]:
        """Who was there at a message, its sender aside, and still is."""
        members = self.party.members.items()
        there = [user_id for user_id, member in members if member.present and member.stays[-1].joined <= at]
        return [user_id for user_id in there if user_id != self.sent[at]]

    def missing(self, at: str, kind: ReceiptKind) -> list[str]:
        """Those of them who have not confirmed it."""
        wanted = (READ,) if kind is READ else tuple(ReceiptKind)
        marks = {each: self.party.world.memberships.watermarks(each, GROUP) for each in self.others(at)}
        return [
            user_id
            for user_id, mine in marks.items()
            if not any(mark.covers(at, at) for each, mark in mine.items() if each in wanted)
        ]

    def teardown(self) -> None:
        """In the end whatever holds for a message, and for all before it, has been announced."""
        if not hasattr(self, "party"):
            return
        self.tally()
        for kind in (DELIVERED, READ):
            for at, author in sorted(self.sent.items()):
                if self.missing(at, kind):
                    break
                if self.others(at) and len(self.party.members[author].stays) == 1 and self.present(author):
                    news = self.party.news(author)
                    assert any(position >= at and told in (kind, READ) for told, position in news), (kind, at, author)


TestConfirmations = Confirmations.TestCase
TestConfirmations.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
