"""Profiles, people and lists as a caller sees them."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.fakes import FakeFollowLists
from tests.unit.timelines.rig import Rig
from tidings.domain.errors import Forbidden, HandleTaken, InvalidRequest, UnknownUser
from tidings.domain.profile import Profile, ProfileChange
from tidings.ports import Block, Counts, Mute
from tidings.services.claim import Claims
from tidings.services.directory import Directory, Relation
from tidings.services.profile import ProfileSettings
from tidings.services.visibility import Visibility


class Town:
    """People, and what is asked about them."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.rig.people("ann", "bob", "cid")
        self.world = world = self.rig.world
        lists = FakeFollowLists(self.rig.graph)
        self.profiles = ProfileSettings(
            Claims(world.outbox, world.clock, world.times), world.profiles, world.people_index
        )
        sees = Visibility(world.users, self.rig.graph, world.blocks)
        self.directory = Directory(world.users, world.profiles, self.rig.graph, lists, world.blocks, world.mutes, sees)

    def say(self, user: str, change: ProfileChange) -> Profile:
        self.rig.clock.advance(1)
        return self.profiles.change(self.rig.caller(user), change)

    def at(self, number: int) -> str:
        return position(self.rig.clock.now(), number)


@pytest.fixture
def town() -> Town:
    return Town()


class TestProfiles:
    def test_asking_changes_nothing(self, town: Town) -> None:
        said = town.say("ann", ProfileChange(handle="Ann", bio="Hi"))
        assert said == Profile("Ann", None, "Hi")
        assert town.say("ann", ProfileChange()) == said

    def test_an_older_frame_that_runs_late_changes_only_what_no_newer_one_has(self, town: Town) -> None:
        old = town.rig.caller("ann", town.rig.clock.now() - 5)
        town.say("ann", ProfileChange(name="new"))
        stands = town.profiles.change(old, ProfileChange(name="old", bio="old"))
        assert stands == Profile(name="new", bio="old")

    @pytest.mark.parametrize("handle", ["no spaces", "x" * 16, "é", "a-b", "@ann"])
    def test_what_is_no_handle(self, town: Town, handle: str) -> None:
        with pytest.raises(InvalidRequest):
            town.say("ann", ProfileChange(handle=handle))

    def test_a_handle_has_one_owner(self, town: Town) -> None:
        town.say("ann", ProfileChange(handle="it"))
        with pytest.raises(HandleTaken):
            town.say("bob", ProfileChange(handle="IT"))
        town.say("ann", ProfileChange(handle=""))
        assert town.say("bob", ProfileChange(handle="IT")).handle == "IT"


class TestPeople:
    def test_how_the_caller_stands_to_everybody(self, town: Town) -> None:
        town.rig.people("dan", "eve")
        town.rig.follow("ann", "bob")
        town.rig.follow("bob", "ann")
        town.say("cid", ProfileChange(private=True))
        town.rig.follow("ann", "cid")
        town.world.mutes.put("ann", Mute("bob", town.at(1)), town.world.fence())
        town.world.blocks.put("ann", Block("dan", town.at(1)), town.world.fence())
        town.world.blocks.put("eve", Block("ann", town.at(1)), town.world.fence())
        found = town.directory.people(town.rig.caller("ann"), ["cid", "ann", "bob", "nobody", "dan", "eve", "cid"])
        assert [(person.user.user_id, person.relation) for person in found] == [
            ("cid", Relation(requested=True)),
            ("ann", Relation()),
            ("bob", Relation(following=True, followed_by=True, muted=True)),
            ("dan", Relation(blocked=True)),
        ]
        assert {person.user.user_id: person.counts for person in found} == {
            "ann": Counts(1, 1),
            "bob": Counts(1, 1),
            "cid": Counts(),
            "dan": Counts(),
        }

    def test_by_handle(self, town: Town) -> None:
        town.say("bob", ProfileChange(handle="Bob_1", name="Bob"))
        (person,) = town.directory.named(town.rig.caller("ann"), "bOB_1")
        assert (person.user.user_id, person.user.name, person.user.profile.handle) == ("bob", "Bob", "Bob_1")
        for handle in ("nobody", "no handle at all"):
            with pytest.raises(UnknownUser):
                town.directory.named(town.rig.caller("ann"), handle)
        town.world.blocks.put("bob", Block("ann", town.at(1)), town.world.fence())
        with pytest.raises(UnknownUser):
            town.directory.named(town.rig.caller("ann"), "bob_1")


class TestLists:
    def test_pages_of_both_sides(self, town: Town) -> None:
        crowd = [f"f{number}" for number in range(5)]
        town.rig.people(*crowd)
        for user in crowd:
            town.rig.follow(user, "ann")
            town.rig.follow("ann", user)
        me, seen, after = town.rig.caller("bob"), list[str](), None
        while True:
            users, after = town.directory.followers(me, "ann", after, 2)
            seen += users
            if after is None:
                break
        assert sorted(seen) == crowd
        assert town.directory.following(me, "ann", None, 3) == (crowd[:3], "f2")
        assert town.directory.following(me, "ann", "f2", 3) == (crowd[3:], None)
        assert town.directory.followers(me, None, None, 3) == ([], None)

    def test_what_is_private_and_who_is_blocked(self, town: Town) -> None:
        town.rig.follow("cid", "ann")
        town.say("ann", ProfileChange(private=True))
        for ask in (town.directory.followers, town.directory.following):
            with pytest.raises(Forbidden):
                ask(town.rig.caller("bob"), "ann", None, 5)
            ask(town.rig.caller("cid"), "ann", None, 5)
            ask(town.rig.caller("ann"), "ann", None, 5)
            with pytest.raises(UnknownUser):
                ask(town.rig.caller("bob"), "nobody", None, 5)
        town.world.blocks.put("ann", Block("cid", town.at(1)), town.world.fence())
        with pytest.raises(UnknownUser):
            town.directory.followers(town.rig.caller("cid"), "ann", None, 5)

    @pytest.mark.parametrize("after", ["", "x", "1", "1.é", "1234.ann", "0.a b"])
    def test_cursors_that_nobody_gave(self, town: Town, after: str) -> None:
        with pytest.raises(InvalidRequest):
            town.directory.followers(town.rig.caller("ann"), None, after, 5)
