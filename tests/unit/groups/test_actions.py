"""Making groups and changing them: what is written, what is refused, and that it happens once."""

from __future__ import annotations

import pytest

from tests.unit.groups.rig import EVERYBODY, MOST, Rig
from tidings.domain.errors import InvalidRequest, TooManyMembers, UnknownUser
from tidings.domain.events import Change
from tidings.domain.groups import Role, Seen, Who
from tidings.domain.pulled import BEGINNING, OPEN

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER


@pytest.fixture
def rig() -> Rig:
    return Rig(*EVERYBODY)


class TestCreate:
    def test_the_creator_owns_it(self, rig: Rig) -> None:
        chat = rig.create(
            "ann", "bob", "ann", "bob", picture="https://example.com/p", who_posts="admins", history="all"
        )
        assert rig.roles(chat) == {"ann": OWNER, "bob": MEMBER}
        group = rig.group(chat)
        assert (group.title, group.picture, group.description) == ("Team", "https://example.com/p", "")
        assert (group.who_posts, group.who_adds, group.history) == (Who.ADMINS, Who.ADMINS, Seen.ALL)
        assert group.members == 2

    def test_the_log_tells_of_it(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        (event,) = rig.told(chat)
        assert (event.change, event.sender, event.users) == (Change.CREATED, "ann", ("ann", "bob"))
        assert dict(event.details) == {"title": "Team"}
        assert event.position == rig.group(chat).created == rig.member(chat, "bob").stays[0].joined

    def test_the_creator_has_it_in_their_list_at_once(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        row = rig.world.memberships.get("ann", chat)
        assert row is not None
        assert row.since == rig.group(chat).created

    def test_members_are_told_before_that_it_may_be_so(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        at = rig.group(chat).created
        assert rig.noted(chat, "bob") == {at: BEGINNING}
        assert rig.noted(chat, "ann") == {at: OPEN}

    def test_who_has_blocked_the_creator_is_not_in_it(self, rig: Rig) -> None:
        rig.block("bob", "ann")
        done = rig.actions.create(rig.caller("ann"), "c", ["bob", "cid"], (("title", "Team"),))
        assert done.not_added == ("bob",)
        assert rig.roles(done.conversation_id) == {"ann": OWNER, "cid": MEMBER}

    def test_nobody_unknown_is_in_it(self, rig: Rig) -> None:
        with pytest.raises(UnknownUser):
            rig.create("ann", "zoe")
        assert not rig.world.outbox.entries

    def test_it_is_not_larger_than_allowed(self, rig: Rig) -> None:
        with pytest.raises(TooManyMembers):
            rig.create("ann", *EVERYBODY[4 : 4 + MOST])
        chat = rig.create("ann", *EVERYBODY[4 : 3 + MOST])
        assert rig.group(chat).members == MOST


class TestUpdate:
    def test_fields_change_and_the_log_tells(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.actions.update(rig.caller("ann"), "u", chat, (("description", "New"), ("who_adds", "members")))
        assert (rig.group(chat).description, rig.group(chat).who_adds) == ("New", Who.MEMBERS)
        event = rig.told(chat)[-1]
        assert (event.change, event.users, dict(event.details)) == (
            Change.UPDATED,
            (),
            {"description": "New", "who_adds": "members"},
        )

    def test_nothing_to_change_is_refused(self, rig: Rig) -> None:
        chat = rig.create("ann")
        with pytest.raises(InvalidRequest):
            rig.actions.update(rig.caller("ann"), "u", chat, ())


class TestAdd:
    def test_a_stay_begins(self, rig: Rig) -> None:
        chat = rig.create("ann")
        done = rig.add("ann", chat, "bob", "cid", "bob")
        assert done.not_added == ()
        assert rig.roles(chat) == {"ann": OWNER, "bob": MEMBER, "cid": MEMBER}
        assert rig.told(chat)[-1].users == ("bob", "cid")
        assert rig.member(chat, "bob").stays[-1].joined == done.position
        assert rig.group(chat).members == 3

    def test_who_is_in_it_stays_as_they_were(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        before = rig.member(chat, "bob")
        done = rig.add("ann", chat, "bob", "cid")
        assert done.not_added == ()
        assert rig.member(chat, "bob") == before
        assert rig.told(chat)[-1].users == ("cid",)

    def test_where_all_are_in_it_nothing_is_told(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        done = rig.add("ann", chat, "bob", "ann")
        assert done.not_added == ()
        assert len(rig.told(chat)) == 1
        assert rig.world.log.entries[chat, done.position].event is None

    def test_who_has_blocked_the_adder_is_silently_left_out(self, rig: Rig) -> None:
        chat = rig.create("ann", "cid")
        rig.block("bob", "ann")
        rig.block("cid", "ann")
        assert rig.add("ann", chat, "bob", "cid", "dan").not_added == ("bob",)
        assert set(rig.roles(chat)) == {"ann", "cid", "dan"}

    def test_the_cap_holds(self, rig: Rig) -> None:
        chat = rig.create("ann", *EVERYBODY[4 : 2 + MOST])
        with pytest.raises(TooManyMembers):
            rig.add("ann", chat, "bob", "cid")
        rig.add("ann", chat, "bob")
        with pytest.raises(TooManyMembers):
            rig.add("ann", chat, "cid")
        assert rig.add("ann", chat, "bob").not_added == ()

    def test_coming_back_begins_another_stay_as_a_plain_member(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.role("ann", chat, "bob", ADMIN)
        rig.leave("bob", chat)
        rig.clock.advance(10_000)
        rig.add("ann", chat, "bob")
        assert [stay.left is None for stay in rig.member(chat, "bob").stays] == [False, True]
        assert rig.roles(chat)["bob"] is MEMBER


class TestLeave:
    def test_a_stay_ends_after_the_longest_call(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        done = rig.leave("bob", chat)
        (stay,) = rig.member(chat, "bob").stays
        assert (stay.left, stay.left_at) == (rig.clock.now() + rig.world.times.call, done.position)
        assert rig.roles(chat) == {"ann": OWNER}
        assert rig.group(chat).members == 1
        row = rig.world.memberships.get("bob", chat)
        assert row is None or row.left

    def test_a_stay_holds_c_from_when_its_end_is_written_not_decided(self, rig: Rig) -> None:
        """Whoever sends in between, and reads the members before that is there, still finds the member in it."""
        chat, written = rig.create("ann", "bob"), 0

        def slow(name: str) -> None:
            nonlocal written
            if name in ("claim", "doubt"):
                rig.clock.advance(5_000)
            elif name == "change":
                written = rig.clock.now()

        rig.before = slow
        rig.actions.remove(rig.caller("ann"), rig.id(), chat, "bob")
        assert rig.member(chat, "bob").stays[-1].left == written + rig.world.times.call

    def test_an_owner_hands_over(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob", "cid")
        rig.role("ann", chat, "cid", ADMIN)
        rig.leave("ann", chat)
        assert rig.roles(chat) == {"bob": MEMBER, "cid": OWNER}
        event = rig.told(chat)[-1]
        assert (event.change, event.users, dict(event.details)) == (Change.LEFT, ("ann",), {"owner": "cid"})

    def test_the_last_one_shuts_the_door(self, rig: Rig) -> None:
        chat = rig.create("ann")
        rig.leave("ann", chat)
        assert rig.group(chat).members == 0

    def test_an_owner_leaves_nobody_behind_whom_another_device_adds_meanwhile(self, rig: Rig) -> None:
        chat = rig.create("ann")
        earlier = rig.caller("ann")

        def meanwhile(name: str) -> None:
            if name == "change":
                rig.before = None
                rig.actions.add(earlier, rig.id(), chat, ["bob"])

        rig.before = meanwhile
        rig.leave("ann", chat)
        assert rig.roles(chat) == {"bob": OWNER}

    def test_removed_is_left_by_somebody_elses_hand(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.remove("ann", chat, "bob")
        event = rig.told(chat)[-1]
        assert (event.change, event.sender, event.users) == (Change.REMOVED, "ann", ("bob",))
        assert rig.roles(chat) == {"ann": OWNER}

    def test_with_the_ack_their_list_of_conversations_ends_there(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.world.memberships.begin("bob", chat, rig.group(chat).created, rig.world.fence())
        done = rig.remove("ann", chat, "bob")
        row = rig.world.memberships.get("bob", chat)
        assert row is not None
        assert (row.left, row.left_at) == (True, done.position)


class TestRoles:
    def test_the_owner_gives_the_group_away(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.role("ann", chat, "bob", OWNER)
        assert rig.roles(chat) == {"ann": ADMIN, "bob": OWNER}
        event = rig.told(chat)[-1]
        assert (event.change, event.users, dict(event.details)) == (Change.ROLE, ("bob",), {"role": "owner"})

    def test_a_role_one_has_is_nothing_new(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.role("ann", chat, "bob", MEMBER)
        assert len(rig.told(chat)) == 1


class TestViews:
    def test_the_group_and_oneself_in_it(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        view = rig.views.info(rig.caller("bob"), chat)
        assert (view.group.title, view.group.members, view.me.role) == ("Team", 2, MEMBER)

    def test_who_is_in_it(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob", "cid")
        rig.leave("bob", chat)
        page, after = rig.views.members(rig.caller("cid"), chat, None, 1)
        assert [member.user_id for member in page] == ["ann"]
        page, after = rig.views.members(rig.caller("cid"), chat, after, 5)
        assert ([member.user_id for member in page], after) == (["cid"], None)
