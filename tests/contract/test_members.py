"""`Members`: who is or was in a group.  A change, its count and its event are one; who has a place keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.engines import FULL, Stores
from tests.contract.made import changed, group, position
from tidings.domain.errors import InvalidRequest, RetryLater
from tidings.domain.events import Change, Path
from tidings.domain.groups import MOVES, Group, Member, Move, Role, Stay

MOST = 1_000


class Party:
    """One group under test, in which everything happens in order."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.chat = group(stores).conversation_id
        self.turn = 0
        stores.groups.create(group(stores, self.chat), stores.fence())

    @property
    def group(self) -> Group:
        found = self.stores.groups.get(self.chat, strong=True)
        assert found is not None
        return found

    def at(self) -> str:
        self.turn += 1
        return position(self.stores.clock.now() + self.turn)

    def change(self, *moves: Move, at: str = "", as_of: Group | None = None, most: int = MOST) -> bool:
        event = changed(self.chat, at or self.at(), Change.ADDED, tuple(move.after.user_id for move in moves))
        return self.stores.members.change(as_of or self.group, moves, event, Path.CHUNK, most, self.stores.fence())

    def join(self, *users: str, role: Role = Role.MEMBER) -> list[Member]:
        at = self.at()
        before = self.stores.members.many(self.group, users)
        moves = []
        for user_id in users:
            stays = before[user_id].stays if user_id in before else ()
            moves.append(Move(before.get(user_id), Member(user_id, (*stays, Stay(at)), role, at)))
        assert self.change(*moves, at=at)
        return [move.after for move in moves]

    def leave(self, user_id: str) -> Member:
        before = self.stores.members.get(self.group, user_id)
        assert before is not None
        at = self.at()
        ended = replace(before.stays[-1], left=self.stores.clock.now() + 8_000, left_at=at)
        after = Member(user_id, (*before.stays[:-1], ended))
        assert self.change(Move(before, after), at=at)
        return after

    def everybody(self, shard: int = 0, after: str | None = None) -> list[Member]:
        pages = self.stores.members.audience(self.chat, shard, after)
        return [member for _, page in pages for member in page]

    def present(self, limit: int = 100) -> list[str]:
        found: list[str] = []
        after: str | None = None
        while True:
            page, after = self.stores.members.page(self.group, after, limit)
            assert len(page) <= limit
            found += [member.user_id for member in page]
            if after is None:
                return found


@pytest.fixture
def party(stores: Stores) -> Party:
    return Party(stores)


class TestMembers:
    def test_nobody_is_in_a_new_group(self, party: Party) -> None:
        assert party.stores.members.get(party.group, "ann") is None
        assert party.stores.members.many(party.group, ["ann"]) == {}
        assert party.stores.members.few(party.chat, 10) == []
        assert party.present() == party.everybody() == []

    def test_who_joins_is_there_and_counted(self, party: Party) -> None:
        joined = party.join("ann", "bob")
        assert party.group.members == 2
        assert [party.stores.members.get(party.group, each.user_id) for each in joined] == joined
        assert party.stores.members.many(party.group, ["ann", "bob", "cid"]) == {each.user_id: each for each in joined}
        assert party.stores.members.few(party.chat, 2) == party.everybody() == joined
        assert party.present() == ["ann", "bob"]

    def test_roles_come_back(self, party: Party) -> None:
        (ann,) = party.join("ann", role=Role.OWNER)
        found = party.stores.members.get(party.group, "ann")
        assert found is not None
        assert (found.role, found.role_at) == (Role.OWNER, ann.role_at)
        assert party.change(Move(found, replace(found, role=Role.MEMBER, role_at="")))
        assert party.stores.members.get(party.group, "ann") == replace(ann, role=Role.MEMBER)
        assert party.group.members == 1

    def test_stays_come_back_however_many(self, party: Party) -> None:
        for _ in range(3):
            party.join("ann")
            gone = party.leave("ann")
            found = party.stores.members.get(party.group, "ann")
            assert found == gone
            assert party.group.members == 0
        (ann,) = party.join("ann")
        assert len(ann.stays) == 4
        assert party.everybody() == [ann]
        assert party.group.members == 1

    def test_who_left_is_in_the_audience_and_on_no_page(self, party: Party) -> None:
        party.join("ann", "bob", "cid")
        gone = party.leave("bob")
        assert party.present() == ["ann", "cid"]
        assert gone in party.everybody()

    def test_the_event_is_logged_with_the_change(self, party: Party) -> None:
        at = party.at()
        assert party.change(Move(None, Member("ann", (Stay(at),))), at=at)
        entry = party.stores.log.get(party.chat, at, strong=True)
        assert entry is not None
        assert (entry.path, entry.event) == (Path.CHUNK, changed(party.chat, at, Change.ADDED, ("ann",)))

    @pytest.mark.parametrize("what", ["position", "member", "role", "full", "stale"])
    def test_all_of_a_change_or_nothing(self, party: Party, what: str) -> None:
        (ann,) = party.join("ann", role=Role.ADMIN)
        taken, at, before = party.at(), party.at(), party.group
        party.change(at=taken)
        new = Move(None, Member("bob", (Stay(at),)))
        stays = {
            "position": lambda: party.change(new, at=taken),
            "member": lambda: party.change(new, Move(replace(ann, stays=(Stay(at),)), ann), at=at),
            "role": lambda: party.change(new, Move(replace(ann, role_at=at), ann), at=at),
            "full": lambda: party.change(new, at=at, most=1),
            "stale": lambda: party.change(new, Move(None, ann), at=at),
        }
        assert not stays[what]()
        assert party.everybody() == [ann]
        assert party.group == before
        assert party.stores.log.get(party.chat, at, strong=True) is None

    def test_the_last_place_can_be_taken(self, party: Party) -> None:
        party.join("ann")
        assert party.change(Move(None, Member("bob", (Stay(party.at()),))), most=2)
        assert party.group.members == 2
        assert party.change(Move(*[party.stores.members.get(party.group, "bob")] * 2), most=1)  # type: ignore[arg-type]

    def test_an_owner_without_an_heir_leaves_nobody_behind(self, party: Party) -> None:
        (ann,) = party.join("ann", role=Role.OWNER)

        def leave(*heirs: Move) -> bool:
            at = party.at()
            ended = Member("ann", (replace(ann.stays[0], left=party.stores.clock.now() + 8_000, left_at=at),))
            return party.change(Move(ann, ended), *heirs, at=at)

        (bob,) = party.join("bob")
        assert not leave()
        assert party.present() == ["ann", "bob"]
        assert leave(Move(bob, replace(bob, role=Role.OWNER, role_at=party.at())))
        assert (party.present(), party.group.members) == (["bob"], 1)

    def test_the_last_one_may_go(self, party: Party) -> None:
        party.join("ann", role=Role.OWNER)
        party.leave("ann")
        assert party.group.members == 0

    def test_a_passed_fence_writes_nothing(self, party: Party) -> None:
        stores, at = party.stores, party.at()
        event = changed(party.chat, at, Change.ADDED, ("ann",))
        with pytest.raises(RetryLater):
            stores.members.change(
                party.group, [Move(None, Member("ann", (Stay(at),)))], event, Path.CHUNK, MOST, stores.stale()
            )
        assert party.everybody() == []
        assert stores.log.get(party.chat, at, strong=True) is None

    def test_as_many_as_a_transaction_takes(self, party: Party) -> None:
        """With the log, the count and the number of shards: the group grows by it."""
        users = [f"user-{n:02d}" for n in range(MOVES)]
        party.join(*users)
        assert party.group.members == MOVES
        assert sorted(party.present()) == users

    def test_few_are_counted_with_those_who_left(self, party: Party) -> None:
        party.join("ann", "bob")
        party.leave("bob")
        assert party.stores.members.few(party.chat, 1) is None
        assert len(party.stores.members.few(party.chat, 2) or ()) == 2


class TestGrowing:
    def test_a_growing_group_keeps_everybody(self, party: Party) -> None:
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for start in range(0, len(users), 2):
            party.join(*users[start : start + 2])
        assert party.group.members == len(users)
        found = [party.stores.members.get(party.group, user_id) for user_id in users]
        assert [member and member.user_id for member in found] == users
        assert party.stores.members.many(party.group, users).keys() == set(users)
        assert sorted(member.user_id for member in party.everybody()) == users
        for limit in (1, 5, 100):
            assert sorted(party.present(limit)) == users

    def test_they_are_found_whatever_the_growth_raced_with(self, party: Party) -> None:
        early = party.group
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for user_id in users:
            party.join(user_id)
        assert all(party.stores.members.get(early, user_id) is not None for user_id in users)
        assert party.stores.members.get(early, "nobody") is None

    def test_who_comes_back_comes_back_to_their_place(self, party: Party) -> None:
        party.join("ann")
        party.leave("ann")
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for user_id in users:
            party.join(user_id)
        party.join("ann")
        (ann,) = [member for member in party.everybody() if member.user_id == "ann"]
        assert len(ann.stays) == 2

    def test_an_audience_goes_on_where_it_was_left(self, party: Party) -> None:
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for user_id in users:
            party.join(user_id)
        whole = [
            (shard, member.user_id)
            for shard, page in party.stores.members.audience(party.chat, 0, None)
            for member in page
        ]
        for index, (shard, user_id) in enumerate(whole):
            rest = [member.user_id for member in party.everybody(shard, user_id)]
            assert rest == [each for _, each in whole[index + 1 :]]

    def test_an_admin_is_an_heir_wherever_they_are(self, party: Party) -> None:
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for user_id in users:
            party.join(user_id)
        heirs = party.stores.members.heirs
        for user_id in (users[0], users[-1]):
            found = party.stores.members.get(party.group, user_id)
            assert found is not None
            assert party.change(Move(found, replace(found, role=Role.ADMIN, role_at=party.at())))
            assert user_id in [each.user_id for each in heirs(party.chat, "somebody")]
        assert users[0] not in [each.user_id for each in heirs(party.chat, users[0])]

    def test_whoever_is_left_is_an_heir(self, party: Party) -> None:
        users = [f"user-{n:02d}" for n in range(4 * FULL * 2)]
        for user_id in users:
            party.join(user_id)
        for user_id in users:
            others = party.stores.members.heirs(party.chat, user_id)
            assert {each.user_id for each in others} <= set(users[users.index(user_id) + 1 :])
            assert bool(others) == (user_id != users[-1])
            party.leave(user_id)

    @pytest.mark.parametrize("after", ["", "x", "1", ".ann", "-1.ann", "0."])
    def test_a_page_goes_on_after_a_page(self, party: Party, after: str) -> None:
        with pytest.raises(InvalidRequest):
            party.stores.members.page(party.group, after, 10)

    def test_a_page_of_those_who_were_there(self, party: Party) -> None:
        party.join("ann", "bob", "cid")
        party.leave("bob")
        then = party.at()
        party.stores.clock.advance(60_000)
        party.join("dot")
        page = party.stores.members.page
        found, following = page(party.group, None, 10, lambda member: member.received(then))
        assert ([member.user_id for member in found], following) == (["ann", "bob", "cid"], None)
        first, following = page(party.group, None, 2, lambda member: member.received(then))
        rest, end = page(party.group, following, 2, lambda member: member.received(then))
        assert [member.user_id for member in (*first, *rest)] == ["ann", "bob", "cid"]
        assert end is None
