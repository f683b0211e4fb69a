"""What does not sound: mutes (but for mentions), blocks, what was taken back, and what never does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import watched
from tests.unit.connect.rig import Rig
from tidings.domain.conversation import direct_id
from tidings.domain.events import Change, Edit, GroupChange, Hidden, Message, Reaction, Receipt, ReceiptKind, Unsend
from tidings.domain.groups import Group
from tidings.domain.notice import may_sound
from tidings.services.notices import LOOK_MS, PAGE

GROUP = "g#aaaaaaaaaaaaaaaa"
DM = direct_id("ann", "bob")
FOREVER = 2**42


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.world.groups.create(Group(GROUP, "p", "Family"), made.world.fence())
    for name in ("ann", "cid"):
        made.connections.open(made.caller(name))
    return made


@pytest.fixture
def phone(rig: Rig) -> str:
    return rig.phone("bob")


class TestMutes:
    def test_a_muted_conversation_is_silent_until_its_time_is_over(self, rig: Rig, phone: str) -> None:
        rig.set("bob", DM, muted_until=rig.clock.now() + 60_000)
        rig.notifier.notify([rig.incoming("ann", "bob", "early")])
        rig.clock.advance(60_000)
        rig.notifier.notify([rig.incoming("ann", "bob", "late")])
        assert rig.shown(phone) == [("Ann (2)", "late")], "both are unread"

    @pytest.mark.parametrize(("wanted", "sounds"), [(True, 1), (False, 0)])
    def test_a_mention_sounds_all_the_same_where_that_is_wanted(
        self, wanted: bool, sounds: int, rig: Rig, phone: str
    ) -> None:
        rig.set("bob", GROUP, muted_until=FOREVER, mentions=wanted)
        rig.notifier.notify([rig.incoming("ann", "bob", "all of you", group=GROUP, mentions=("cid",))])
        rig.notifier.notify([rig.incoming("ann", "bob", "bob!", group=GROUP, mentions=("cid", "bob"))])
        assert rig.shown(phone) == [("Family", "Ann: bob!")] * sounds

    def test_only_the_mention_of_a_muted_burst_is_told(self, rig: Rig, phone: str) -> None:
        rig.set("bob", GROUP, muted_until=FOREVER)
        mention = rig.incoming("ann", "bob", "bob!", group=GROUP, mentions=("bob",))
        rig.notifier.notify([mention, rig.incoming("cid", "bob", "chatter", group=GROUP)])
        assert rig.shown(phone) == [("Family", "Ann: bob!")]

    def test_being_added_to_a_muted_group_is_silent(self, rig: Rig, phone: str) -> None:
        rig.set("bob", GROUP, muted_until=FOREVER)
        rig.notifier.notify([rig.added("ann", ("bob",), GROUP)])
        assert rig.shown(phone) == []

    def test_an_archived_or_pinned_conversation_sounds_as_usual(self, rig: Rig, phone: str) -> None:
        rig.set("bob", DM, archived=True, pinned=True)
        rig.notifier.notify([rig.incoming("ann", "bob")])
        assert len(rig.shown(phone)) == 1

    def test_muted_while_we_wait(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", age=0)
        sleep = rig.clock.sleep

        def muted_meanwhile(ms: int) -> None:
            sleep(ms)
            rig.set("bob", DM, muted_until=FOREVER)

        rig.clock.sleep = muted_meanwhile  # type: ignore[method-assign]
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []


class TestBlocks:
    def test_a_blocked_sender_is_silent(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob")
        rig.set("bob", DM, blocked=True)
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []

    def test_also_in_a_group_and_with_a_mention(self, rig: Rig, phone: str) -> None:
        rig.set("bob", DM, blocked=True)
        rig.notifier.notify([rig.incoming("ann", "bob", group=GROUP, mentions=("bob",))])
        rig.notifier.notify([rig.added("ann", ("bob",), GROUP)])
        assert rig.shown(phone) == []
        rig.notifier.notify([rig.incoming("cid", "bob", "hi", group=GROUP), rig.incoming("ann", "bob", group=GROUP)])
        assert rig.shown(phone) == [("Family (3)", "Cid: hi")], "what the list of conversations counts, too"
        assert rig.world.push.phones[phone][0].data["messages"] == "1"

    def test_who_is_blocked_hears_of_the_blocker_as_before(self, rig: Rig) -> None:
        phone = rig.phone("ann")
        rig.set("bob", DM, blocked=True)
        rig.notifier.notify([rig.incoming("bob", "ann", "still here", group=GROUP)])
        assert rig.shown(phone) == [("Family", "still here")]

    def test_a_withheld_message_is_never_told(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob")
        key = (DM, incoming.event.position)
        entry = rig.world.log.entries[key]
        rig.world.log.entries[key] = type(entry)(
            entry.position, entry.sender, entry.client_id, entry.path, entry.event, withheld=True
        )
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []

    def test_a_group_that_was_left_is_silent(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", group=GROUP)
        rig.world.memberships.end("bob", GROUP, rig.position("bob"), rig.world.fence())
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []


class TestUnsent:
    def test_what_was_taken_back_in_time_is_not_told(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", "oops")
        rig.unsend(incoming)
        assert rig.notifier.notify([incoming]) == set()
        assert rig.shown(phone) == []

    def test_nor_when_it_is_taken_back_while_we_wait(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", "oops", age=0)
        sleep = rig.clock.sleep

        def unsent_meanwhile(ms: int) -> None:
            sleep(ms)
            rig.unsend(incoming)

        rig.clock.sleep = unsent_meanwhile  # type: ignore[method-assign]
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []

    @pytest.mark.parametrize("port", ["users", "devices"])
    def test_nor_at_the_last_read_before_the_look(self, port: str, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", "oops")
        hooked: Any = watched(getattr(rig.world, port), after=lambda _: rig.unsend(incoming))
        setattr(rig.world, port, hooked)
        rig.restart()
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == []

    @pytest.mark.parametrize(("taken_back", "left"), [(0, "b (2)"), (2, "b (2)"), (1, "c (2)")])
    def test_the_others_of_a_burst_are_told_and_counted_without_it(
        self, taken_back: int, left: str, rig: Rig, phone: str
    ) -> None:
        burst = [rig.incoming("ann", "bob", text) for text in ("a", "b", "c")]
        rig.unsend(burst[taken_back])
        rig.notifier.notify(burst)
        newest = {0: "c", 1: "c", 2: "b"}[taken_back]
        assert rig.shown(phone) == [("Ann (2)", newest)]

    def test_a_look_is_believed_for_a_second_and_no_longer(self, rig: Rig) -> None:
        """Three members of a group in one batch; the message is taken back after the second one's push."""
        phones = [rig.phone(name) for name in ("bob", "dan", "eve")]
        first = rig.incoming("ann", "bob", "hello all", group=GROUP)
        batch = [first, rig.arrived(first.event, "dan"), rig.arrived(first.event, "eve")]
        looks: list[str] = []
        rig.world.log = watched(rig.world.log, before=looks.append)

        def slowly(_: str) -> None:
            if rig.shown(phones[1]):
                rig.unsend(first)
                rig.clock.sleep(LOOK_MS + 1)

        rig.world.push = watched(rig.world.push, after=slowly)
        rig.restart()
        rig.notifier.notify(batch)
        assert [len(rig.shown(each)) for each in phones] == [1, 1, 0]
        assert looks.count("get") == 2, "one look serves the members whose turn comes within a second"

    @given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 2 * PAGE))
    def test_any_of_them_however_much_lies_between(self, unsent: list[bool], others: int) -> None:
        rig = Rig()
        phone = rig.phone("bob")
        burst = [rig.incoming("ann", "bob", "first", group=GROUP)]
        for _ in range(others):
            rig.incoming("cid", "dan", "for somebody else", group=GROUP)
        burst += [rig.incoming("ann", "bob", f"line {number}", group=GROUP) for number in range(1, len(unsent))]
        for incoming, gone in zip(burst, unsent, strict=True):
            if gone:
                rig.unsend(incoming)
        rig.notifier.notify(burst)
        standing = [each for each, gone in zip(burst, unsent, strict=True) if not gone]
        told = rig.world.push.phones.get(phone, [])
        assert len(told) == bool(standing)
        if standing:
            assert told[0].data["position"] == standing[-1].event.position
            assert told[0].count == len(standing)


@pytest.mark.parametrize(
    ("event", "sounds"),
    [
        (Message(DM, "p", "ann", "c", "t"), True),
        (Message(DM, "p", "bob", "c", "t"), False),
        (GroupChange(GROUP, "p", "ann", "c", Change.ADDED, ("bob", "cid")), True),
        (GroupChange(GROUP, "p", "ann", "c", Change.CREATED, ("bob",)), True),
        (GroupChange(GROUP, "p", "ann", "c", Change.ADDED, ("cid",)), False),
        (GroupChange(GROUP, "p", "bob", "c", Change.CREATED, ("bob", "cid")), False),
        (GroupChange(GROUP, "p", "ann", "c", Change.REMOVED, ("bob",)), False),
        (GroupChange(GROUP, "p", "ann", "c", Change.ROLE, ("bob",)), False),
        (GroupChange(GROUP, "p", "ann", "c", Change.UPDATED), False),
        (Edit(DM, "p", "ann", "c", "t", "x"), False),
        (Unsend(DM, "p", "ann", "c", "t"), False),
        (Reaction(DM, "p", "ann", "c", "t", "x"), False),
        (Receipt(DM, "p", "ann", ReceiptKind.READ, 1), False),
        (Hidden(DM, "p", "t"), False),
    ],
)
def test_what_may_sound_bobs_phone(event: Any, sounds: bool) -> None:
    assert may_sound(event, "bob") is sounds
