"""Changes of one profile at once, one of them refused, in every order of their calls: nobody gets lost, and what is
left behind is found by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import permutations, product
from random import Random

import pytest

from tests.fakes import FakeWorld, watched
from tests.unit.timelines.turns import Pause, orders, play
from tidings.domain.errors import HandleTaken
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.names import entries
from tidings.domain.profile import ProfileChange
from tidings.ports import User
from tidings.services.claim import Claims
from tidings.services.people_search import PeopleSearch
from tidings.services.profile import ProfileSettings

REFUSED = ProfileChange("taken", "Ann")
CALLS = 3
"""Of a change: in go its words, it is made, out go others or its own."""
SOME = 400


class Town:
    """Somebody with several devices, and the owner of a handle."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.world.users.users |= {user: User(user) for user in ("u", "owner")}
        self.change(self.caller("owner"), ProfileChange("taken"))

    def caller(self, user: str) -> Caller:
        self.world.clock.advance(1)
        now = self.world.clock.now()
        return Caller(Identity(user, "phone", 4_102_444_800), Connection("phone", user, now), now, f"frame-{now}")

    def change(self, caller: Caller, change: ProfileChange, pause: Pause = lambda _name: None) -> None:
        world = self.world
        profiles, index = watched(world.profiles, before=pause), watched(world.people_index, before=pause)
        ProfileSettings(Claims(world.outbox, world.clock, world.times), profiles, index).change(caller, change)

    def find(self, text: str) -> list[str]:
        world = self.world
        finder = PeopleSearch(world.people_index, world.users, world.graph, world.blocks)
        return [user.user_id for user in finder.search(self.caller("owner"), text, None, 20)[0]]


def check(town: Town, told: list[BaseException | None], changes: tuple[ProfileChange, ...]) -> None:
    for change, error in zip(changes, told, strict=True):
        assert isinstance(error, HandleTaken) if change is REFUSED else error is None, (change, error)
    stands = entries("u", town.world.profiles.get("u"))
    assert stands <= town.world.people_index.entries.keys()
    for text in ("ann", "bo"):
        assert town.find(text) == (["u"] if any(entry.word == text for entry in stands) else [])
    assert town.find("taken") == ["owner"]


def play_out(before: str | None, changes: tuple[ProfileChange, ...], sent: Sequence[int], order: Sequence[int]) -> None:
    town = Town()
    if before:
        town.change(town.caller("u"), ProfileChange(name=before))
    callers = {number: town.caller("u") for number in sent}
    acts = [partial(town.change, callers[number], change) for number, change in enumerate(changes)]
    check(town, play(acts, order), changes)


@pytest.mark.parametrize("before", [None, "Ann", "Bo"])
@pytest.mark.parametrize("other", [*(ProfileChange(name=name) for name in ("Ann", "Bo", "")), REFUSED])
def test_a_refused_change_and_another_in_every_order(before: str | None, other: ProfileChange) -> None:
    for sent in ((0, 1), (1, 0)):
        for order in orders((CALLS, CALLS)):
            play_out(before, (REFUSED, other), sent, order)


@pytest.mark.parametrize("before", [None, "Bo"])
@pytest.mark.parametrize("last", [ProfileChange(name="Bo"), REFUSED])
def test_a_refused_change_and_two_more(before: str | None, last: ProfileChange) -> None:
    """Some of the ten thousand orders, always the same ones."""
    changes = (REFUSED, ProfileChange(name="Ann"), last)
    every = list(product(permutations(range(3)), orders((CALLS,) * 3)))
    for sent, order in Random(1).sample(every, SOME):
        play_out(before, changes, sent, order)
