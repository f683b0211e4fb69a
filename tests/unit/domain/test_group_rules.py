"""Groups: who may do what, and that changes which cross leave what their log tells, in its order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given as holds
from hypothesis import strategies as st

from tidings.domain import group_rules as rules
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound, RetryLater, TidingsError
from tidings.domain.events import Change
from tidings.domain.group_rules import Turn
from tidings.domain.groups import MOVES, Group, Member, Role, Seen, Stay, Who
from tidings.domain.position import stamped
from tidings.protocol.groups import MAX_ADDED

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
GROUP = Group("g#aaaaaaaaaaaaaaaa", "", "Team")


def at(number: int) -> str:
    return str(stamped(1_000 + number, "somebody", "phone", "frame"))


def someone(name: str, role: Role = MEMBER, joined: int = 0) -> Member:
    return Member(name, (Stay(at(joined)),), role)


def gone(name: str) -> Member:
    return Member(name, (Stay(at(0), 1_001, at(1)),))


class TestWhoMay:
    def test_only_who_is_there_may_anything(self) -> None:
        assert rules.present(someone("ann")) == someone("ann")
        with pytest.raises(NotFound):
            rules.present(None)
        with pytest.raises(Forbidden):
            rules.present(gone("ann"))

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("who", Who)
    def test_post_and_add_go_by_the_settings(self, role: Role, who: Who) -> None:
        group, me = replace(GROUP, who_posts=who, who_adds=who), someone("ann", role)
        for check in (rules.check_post, rules.check_add):
            if who is Who.ADMINS and role is MEMBER:
                with pytest.raises(Forbidden):
                    check(group, me)
            else:
                check(group, me)

    def test_update_is_for_admins(self) -> None:
        rules.check_update(someone("ann", OWNER))
        rules.check_update(someone("ann", ADMIN))
        with pytest.raises(Forbidden):
            rules.check_update(someone("ann"))

    @pytest.mark.parametrize("mine", Role)
    @pytest.mark.parametrize("theirs", [ADMIN, MEMBER])
    def test_one_removes_those_below(self, mine: Role, theirs: Role) -> None:
        me, them = someone("ann", mine), someone("bob", theirs)
        if (mine, theirs) in ((OWNER, ADMIN), (OWNER, MEMBER), (ADMIN, MEMBER)):
            (move,) = rules.removed(me, them, at(5)).moves
            assert move.after == Member("bob", (Stay(at(0), 1_005, at(5)),))
        else:
            with pytest.raises(Forbidden):
                rules.removed(me, them, at(5))

    def test_nobody_removes_the_owner_nor_themselves(self) -> None:
        with pytest.raises(Forbidden):
            rules.removed(someone("ann", ADMIN), someone("bob", OWNER), at(5))
        with pytest.raises(InvalidRequest):
            rules.removed(someone("ann", ADMIN), someone("ann", ADMIN), at(5))

    @pytest.mark.parametrize("target", [None, gone("bob")])
    def test_who_is_not_there_is_neither_removed_nor_given_a_role(self, target: Member | None) -> None:
        with pytest.raises(NotFound):
            rules.removed(someone("ann", OWNER), target, at(5))
        with pytest.raises(NotFound):
            rules.given(someone("ann", OWNER), target, ADMIN, at(5))

    @pytest.mark.parametrize("mine", Role)
    @pytest.mark.parametrize("theirs", [ADMIN, MEMBER])
    @pytest.mark.parametrize("role", Role)
    def test_roles_are_given_by_the_owner_and_admins_are_made_by_admins(
        self, mine: Role, theirs: Role, role: Role
    ) -> None:
        me, them = someone("ann", mine), someone("bob", theirs)
        if mine is OWNER or (mine, theirs, role) == (ADMIN, MEMBER, ADMIN):
            turn = rules.given(me, them, role, at(5))
            assert turn.users == (("bob",) if role is not theirs else ())
        else:
            with pytest.raises(Forbidden):
                rules.given(me, them, role, at(5))

    def test_an_admin_may_resign_and_the_owner_has_to_name_an_heir(self) -> None:
        admin, owner = someone("ann", ADMIN), someone("ann", OWNER)
        (move,) = rules.given(admin, admin, MEMBER, at(5)).moves
        assert (move.after.role, move.after.role_at) == (MEMBER, at(5))
        with pytest.raises(InvalidRequest):
            rules.given(owner, owner, MEMBER, at(5))
        with pytest.raises(Forbidden):
            rules.given(admin, admin, OWNER, at(5))


class TestHandingOver:
    def test_giving_the_group_away_makes_one_an_admin(self) -> None:
        turn = rules.given(someone("ann", OWNER), someone("bob"), OWNER, at(5))
        assert {move.after.user_id: move.after.role for move in turn.moves} == {"ann": ADMIN, "bob": OWNER}
        assert (turn.users, turn.details) == (("bob",), (("role", "owner"),))

    def test_the_longest_standing_admin_takes_over(self) -> None:
        others = [someone("bob", joined=0), someone("cid", ADMIN, 3), someone("dan", ADMIN, 2), gone("eve")]
        turn = rules.departed(someone("ann", OWNER), others, at(9))
        assert turn.users == ("ann",)
        assert turn.details == (("owner", "dan"),)
        assert [move.after.role for move in turn.moves] == [MEMBER, OWNER]

    def test_else_the_longest_standing_member(self) -> None:
        others = [someone("bob", joined=4), someone("cid", joined=3)]
        assert rules.departed(someone("ann", OWNER), others, at(9)).details == (("owner", "cid"),)

    def test_the_last_one_leaves_nobody(self) -> None:
        turn = rules.departed(someone("ann", OWNER), [gone("bob")], at(9))
        assert (len(turn.moves), turn.details) == (1, ())

    def test_who_is_no_owner_hands_nothing_over(self) -> None:
        turn = rules.departed(someone("ann", ADMIN), [someone("bob", OWNER)], at(9))
        assert (len(turn.moves), turn.details) == (1, ())

    def test_an_heir_of_a_later_position_has_to_be_waited_for(self) -> None:
        with pytest.raises(RetryLater):
            rules.departed(someone("ann", OWNER), [someone("bob", joined=10)], at(9))


def test_a_transaction_takes_as_many_as_a_frame_names() -> None:
    assert MAX_ADDED + 1 <= MOVES


class TestEnding:
    def test_only_what_the_change_ends_ends_then(self) -> None:
        before = Member("bob", (Stay(at(0), 1_001, at(1)), Stay(at(2))))
        (move,) = rules.ending(rules.removed(someone("ann", OWNER), before, at(5)).moves, at(5), 9_000)
        assert move.after.stays == (Stay(at(0), 1_001, at(1)), Stay(at(2), 9_000, at(5)))
        joins = rules.added({}, ["bob"], at(5)).moves
        assert rules.ending(joins, at(5), 9_000) == list(joins)


class TestWhatMembersSee:
    def test_from_the_join_on_or_everything(self) -> None:
        twice = Member("ann", (Stay(at(3), 1_005, at(5)), Stay(at(8))))
        assert [twice.sees(at(n), Seen.JOIN) for n in range(10)] == [3 <= n < 5 or n >= 8 for n in range(10)]
        assert all(twice.sees(at(n), Seen.ALL) for n in range(10))
        left = replace(twice, stays=twice.stays[:1])
        assert [left.sees(at(n), Seen.ALL) for n in range(10)] == [n < 5 for n in range(10)]


NAMES = ("ann", "bob", "cid", "dan")


@dataclass
class Party:
    """A group as its members' items say, and its log."""

    members: dict[str, Member] = field(default_factory=dict)
    log: dict[str, Turn] = field(default_factory=dict)

    def apply(self, turn: Turn, position: str) -> None:
        if not turn.moves:
            return
        for move in turn.moves:
            assert self.members.get(move.after.user_id) == move.before
            self.members[move.after.user_id] = move.after
        self.log[position] = turn

    def roles(self) -> dict[str, Role]:
        return {name: member.role for name, member in self.members.items() if member.present}

    def told(self) -> dict[str, Role]:
        """Who is there, as a reader of the log finds out in its order."""
        there: dict[str, Role] = {}
        for _, turn in sorted(self.log.items()):
            details = dict(turn.details)
            if turn.change in (Change.CREATED, Change.ADDED):
                there |= dict.fromkeys(turn.users[:1], OWNER if turn.change is Change.CREATED else MEMBER)
                there |= dict.fromkeys(turn.users[1:], MEMBER)
            elif turn.change in (Change.REMOVED, Change.LEFT):
                there = {user_id: role for user_id, role in there.items() if user_id not in turn.users}
                if "owner" in details:
                    there[details["owner"]] = OWNER
            elif turn.users[0] in there:
                if details["role"] == OWNER:
                    there = {user_id: ADMIN if role is OWNER else role for user_id, role in there.items()}
                there[turn.users[0]] = Role(details["role"])
        return there


acts = st.tuples(
    st.sampled_from(["add", "remove", "leave", *Role]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(1, 40),
)


def act(party: Party, what: str, by: str, whom: str, number: int) -> None:
    """One request, if it is allowed; its position may be older than what was done before it."""
    position, known = at(number), party.members
    if position in party.log:
        return
    try:
        me = rules.present(known.get(by))
        if what == "add":
            turn = rules.added(known, [whom], position)
        elif what == "remove":
            turn = rules.removed(me, known.get(whom), position)
        elif what == "leave":
            turn = rules.departed(me, list(known.values()), position)
        else:
            turn = rules.given(me, known.get(whom), Role(what), position)
    except TidingsError:
        return
    party.apply(turn, position)


@holds(st.lists(acts, max_size=30))
def test_the_log_in_its_order_tells_who_is_there(requests: list[tuple[str, str, str, int]]) -> None:
    party = Party()
    party.apply(rules.founded("ann", ["bob"], at(0), ()), at(0))
    for request in requests:
        act(party, *request)
        roles = party.roles()
        assert party.told() == roles
        assert list(roles.values()).count(OWNER) == bool(roles)


@holds(st.lists(acts, max_size=30))
def test_stays_are_apart_and_in_order(requests: list[tuple[str, str, str, int]]) -> None:
    party = Party()
    party.apply(rules.founded("ann", ["bob"], at(0), ()), at(0))
    for request in requests:
        act(party, *request)
    for member in party.members.values():
        bounds = [bound for stay in member.stays for bound in (stay.joined, stay.left_at)][
            : -1 if member.present else None
        ]
        assert bounds == sorted(set(bounds))
        assert all(stay.left is not None for stay in member.stays[:-1])
