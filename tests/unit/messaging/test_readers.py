"""`receipts`: who has received and read a message, for those who were there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.made import position
from tests.unit.messaging.party import DELIVERED, GROUP, READ, Party
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound
from tidings.domain.events import Message, Path
from tidings.services.readers import Reader, Readers, ReadersPage
from tidings.services.send import Sent

CHAT = "dm#ann#bob"


def ask(rig: Rig, user_id: str, sent: Sent, after: str | None = None, limit: int = 10) -> ReadersPage:
    world = rig.world
    readers = Readers(world.log, world.memberships, world.groups, world.members, world.users)
    return readers.page(rig.caller(user_id), sent.conversation_id, sent.position, after, limit)


def seen(rig: Rig, user_id: str, sent: Sent, **more: Any) -> dict[str, tuple[bool, bool]]:
    """Who has received it, and who has read it."""
    readers = ask(rig, user_id, sent, **more).readers
    return {each.user_id: (each.delivered_at is not None, each.read_at is not None) for each in readers}


class TestDirect:
    def test_both_sides_see_how_far_the_other_one_has_got(self, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        assert ask(rig, "ann", sent) == ReadersPage((Reader("bob"),))
        rig.clock.advance(1_000)
        delivered = rig.ack("bob", sent, DELIVERED).mark.taken_at
        rig.clock.advance(1_000)
        read = rig.ack("bob", sent, READ).mark.taken_at
        for user_id in ("ann", "bob"):
            assert ask(rig, user_id, sent) == ReadersPage((Reader("bob", delivered, read),))

    def test_a_read_is_a_delivery(self, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        read = rig.ack("bob", sent, READ).mark.taken_at
        assert ask(rig, "ann", sent).readers == (Reader("bob", read, read),)

    def test_what_came_later_is_not_covered(self, rig: Rig) -> None:
        first = rig.send("ann", "bob")
        rig.ack("bob", first, READ)
        rig.clock.advance(1_000)
        assert seen(rig, "ann", rig.send("ann", "bob", client_id="c-2")) == {"bob": (False, False)}

    @pytest.mark.parametrize("shy", ["ann", "bob"])
    def test_reads_are_hidden_both_ways(self, shy: str, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        rig.ack("bob", sent, READ)
        rig.tell(shy, read_receipts=False)
        assert seen(rig, "ann", sent) == {"bob": (True, False)}

    def test_a_hidden_read_is_a_delivery(self, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        rig.tell("bob", read_receipts=False)
        rig.ack("bob", sent, READ)
        rig.tell("bob", read_receipts=True)
        assert seen(rig, "ann", sent) == {"bob": (True, False)}

    def test_what_was_withheld_is_never_confirmed(self, rig: Rig) -> None:
        at = position(rig.clock.now())
        hidden = Message(CHAT, at, "ann", "w", "hello?")
        rig.world.log.append(hidden, Path.INLINE, rig.world.fence(), withheld=True)
        rig.clock.advance(1_000)
        rig.ack("bob", rig.send("ann", "bob"), READ)
        assert ask(rig, "ann", Sent("w", CHAT, at)).readers == (Reader("bob"),)
        with pytest.raises(NotFound):
            ask(rig, "bob", Sent("w", CHAT, at))

    def test_whoever_is_blocked_learns_nothing_more(self, rig: Rig) -> None:
        first = rig.send("ann", "bob")
        rig.clock.advance(1_000)
        second = rig.send("ann", "bob", client_id="c-2")
        rig.ack("bob", first, DELIVERED, taken_at=rig.clock.now())
        rig.world.memberships.set("bob", CHAT, {"blocked": True}, position(rig.clock.now(), 50), rig.world.fence())
        rig.ack("bob", second, READ)
        assert seen(rig, "ann", first) == {"bob": (True, False)}
        assert seen(rig, "ann", second) == {"bob": (False, False)}

    def test_nobody_else_may_ask(self, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        rig.person("eve", "phone")
        with pytest.raises(Forbidden):
            ask(rig, "eve", sent)

    def test_there_has_to_be_a_message(self, rig: Rig) -> None:
        sent = rig.send("ann", "bob")
        with pytest.raises(NotFound):
            ask(rig, "ann", Sent("", CHAT, position(rig.clock.now(), 9)))
        with pytest.raises(NotFound):
            ask(rig, "ann", Sent("", "somewhere", sent.position))


class TestGroups:
    @pytest.fixture
    def party(self, rig: Rig) -> Party:
        return Party(rig, "ann", "bob", "cid")

    def test_everybody_who_was_there_but_the_sender(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        party.join("dot")
        party.ack("bob", sent, DELIVERED)
        party.ack("cid", sent, READ)
        assert seen(rig, "ann", sent) == seen(rig, "bob", sent) == {"bob": (True, False), "cid": (True, True)}

    def test_who_has_left_since_is_among_them(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        party.ack("bob", sent, READ)
        party.leave("bob")
        rig.clock.advance(60_000)
        assert seen(rig, "ann", sent) == {"bob": (True, True), "cid": (False, False)}

    def test_reads_are_hidden_both_ways(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        for reader in ("bob", "cid"):
            party.ack(reader, sent, READ)
        rig.tell("cid", read_receipts=False)
        assert seen(rig, "ann", sent) == {"bob": (True, True), "cid": (True, False)}
        rig.tell("ann", read_receipts=False)
        assert seen(rig, "ann", sent) == {"bob": (True, False), "cid": (True, False)}

    def test_a_page_at_a_time(self, rig: Rig) -> None:
        crowd = [f"u{number:02d}" for number in range(25)]
        party = Party(rig, "ann", *crowd)
        sent = party.say("u03")
        found: list[str] = []
        after: str | None = None
        for _ in range(4):
            page = ask(rig, "ann", sent, after, 10)
            found += [each.user_id for each in page.readers]
            after = page.following
            if after is None:
                break
        assert found == sorted({"ann", *crowd} - {"u03"})
        with pytest.raises(InvalidRequest):
            ask(rig, "ann", sent, "nonsense")

    def test_who_may_ask(self, party: Party, rig: Rig) -> None:
        """Whoever is there and received it: not a stranger, not who came later, not who has gone."""
        sent = party.say("ann")
        party.join("dot")
        party.leave("cid")
        rig.person("eve", "phone")
        for user_id in ("eve", "dot", "cid"):
            with pytest.raises(Forbidden):
                ask(rig, user_id, sent)
        with pytest.raises(NotFound):
            ask(rig, "ann", Sent("", "g#bbbbbbbbbbbbbbbb", sent.position))
        with pytest.raises(NotFound):
            ask(rig, "ann", Sent("", GROUP, position(rig.clock.now(), 9)))

    def test_what_was_taken_back_is_no_message(self, party: Party, rig: Rig) -> None:
        sent = party.say("ann")
        party.take_back(sent)
        with pytest.raises(NotFound):
            ask(rig, "ann", sent)
