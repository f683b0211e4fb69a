"""People search: everybody who should be found is, once, whatever changes were under way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.made import position
from tests.fakes import FakeWorld, watched
from tidings.domain.errors import HandleTaken, InvalidRequest
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.names import entries, words
from tidings.domain.profile import ProfileChange
from tidings.ports import Block, User
from tidings.services.claim import Claims
from tidings.services.people_search import PeopleSearch
from tidings.services.profile import ProfileSettings

NAMES = ("Ann", "Anna Lee", "Lee Ann", "Bo Ann", "Ännchen", "", "Bo")


class Died(BaseException):
    """The worker is gone."""


class Town:
    """People who change their names, and search for each other."""

    def __init__(self, hook: Callable[[str], None] | None = None) -> None:
        self.world = world = FakeWorld()
        self._frames = count(1)
        self.claims = Claims(world.outbox, world.clock, world.times)
        act = hook or (lambda _name: None)
        profiles, index = (watched(port, before=act, after=act) for port in (world.profiles, world.people_index))
        self.settings = ProfileSettings(self.claims, profiles, index)
        self.finder = PeopleSearch(world.people_index, world.users, world.graph, world.blocks)

    def caller(self, user: str, device: str = "phone") -> Caller:
        self.world.users.users.setdefault(user, User(user))
        self.world.clock.advance(1)
        now = self.world.clock.now()
        identity = Identity(user, device, 4_102_444_800)
        return Caller(identity, Connection(device, f"{user}-{device}", now), now, f"frame-{next(self._frames)}")

    def say(self, user: str, name: str | None = None, handle: str | None = None) -> None:
        self.settings.change(self.caller(user), ProfileChange(handle, name))

    def find(self, text: str, limit: int = 20, by: str = "me") -> list[str]:
        """Everybody on all pages."""
        found: list[str] = []
        after: str | None = None
        for _ in range(200):
            users, after = self.finder.search(self.caller(by), text, after, limit)
            assert len(users) <= limit
            found += [user.user_id for user in users]
            if after is None:
                return found
        raise AssertionError("the pages never end")


def matches(town: Town, user: str, text: str) -> bool:
    """What the search promises, without an index."""
    stands = [entry.word for entry in entries(user, town.world.profiles.get(user))]
    asked = words(text)
    key = max(asked, key=len)
    hit = key in stands if len(key) == 1 and key.isascii() else any(word.startswith(key) for word in stands)
    return hit and all(any(word.startswith(each) for word in stands) for each in asked)


class TestSearch:
    def test_by_handle_and_by_any_word_of_the_name(self) -> None:
        town = Town()
        town.say("u1", "Ada Lovelace", "Ada_L")
        town.say("u2", "Charles Babbage")
        for text in ("ad", "ADA_l", "@ada", "love", "ada love", "lové", "lov ad"):
            assert town.find(text) == ["u1"], text
        for text in ("ace", "ada bab", "l", "zz"):
            assert town.find(text) == [], text
        town.say("u1", "Ada King")
        assert (town.find("love"), town.find("king")) == ([], ["u1"])
        town.say("u1", handle="")
        assert town.find("ada_l") == []

    def test_one_letter_is_a_whole_word(self) -> None:
        town = Town()
        town.say("u1", "X Ray")
        town.say("u2", "Xerxes")
        assert town.find("x") == ["u1"]

    def test_one_character_of_thousands_is_a_beginning(self) -> None:
        town = Town()
        for user, name in (("u1", "王小明"), ("u2", "小明 王"), ("u3", "김민준"), ("u4", "さとう"), ("u5", "小王")):
            town.say(user, name)
        for text, expected in (
            ("王", ["u1", "u2"]),
            ("王小", ["u1"]),
            ("小", ["u2", "u5"]),
            ("김", ["u3"]),
            ("サ", []),
        ):
            assert sorted(town.find(text)) == expected, text
        assert town.find("さ") == ["u4"]
        town.say("u6", "X 王力")
        assert (town.find("x 王"), town.find("王 x", 1)) == (["u6"], ["u6"])

    def test_who_has_blocked_whom_is_not_found(self) -> None:
        town = Town()
        for user in ("u1", "u2", "me"):
            town.say(user, "Ann")
        at = position(town.world.clock.now())
        town.world.blocks.put("u1", Block("me", at), town.world.fence())
        assert town.find("ann") == ["me", "u2"]
        assert town.find("ann", by="u1") == ["u1", "u2"]
        assert town.find("ann", by="u2") == ["me", "u1", "u2"]

    def test_what_is_no_search(self) -> None:
        town = Town()
        for text, after in (("!", None), ("ann", "x"), ("ann", "bob#u#name"), ("ann", "ann#u#bio")):
            with pytest.raises(InvalidRequest):
                town.finder.search(town.caller("me"), text, after, 5)

    def test_a_refused_handle_leaves_nothing_behind(self) -> None:
        town = Town()
        town.say("u1", handle="taken")
        town.say("u2", "Ann")
        with pytest.raises(HandleTaken):
            town.say("u2", "Other Ann", "Taken")
        assert town.find("taken") == ["u1"]
        assert (town.find("ann"), town.find("other")) == (["u2"], [])
        assert {entry for entry in town.world.people_index.entries if entry.user == "u2"} == entries(
            "u2", town.world.profiles.get("u2")
        )

    @given(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(NAMES)), max_size=14),
        st.sampled_from(["an", "ann", "le", "lee an", "bo", "b"]),
        st.integers(1, 4),
    )
    def test_pages_hold_everybody_once(self, said: list[tuple[str, str]], text: str, limit: int) -> None:
        town = Town()
        for user, name in said:
            town.say(user, name)
        expected = sorted(user for user in {user for user, _ in said} if matches(town, user, text))
        assert sorted(town.find(text, limit)) == expected


class TestChangesAtOnce:
    @pytest.mark.parametrize("seed", range(300))
    def test_no_name_gets_lost_between_two_devices(self, seed: int) -> None:
        """Changes run inside each other's calls, and some die; each is resent until it is done."""
        dice, depth = Random(seed), count()
        town: Town

        def meddle(_name: str) -> None:
            if dice.random() < 0.08:
                raise Died
            if dice.random() < 0.25 and next(depth) < 12:
                change(dice.choice(("phone", "laptop")))

        def change(device: str) -> None:
            name = dice.choice((None, *NAMES))
            handle = dice.choice((None, "", "ann", "bo", "other"))
            for _ in range(40):
                try:
                    town.settings.change(town.caller("u", device), ProfileChange(handle, name))
                except Died:
                    continue
                except HandleTaken:
                    assert handle == "bo"
                return
            raise AssertionError("never done")

        town = Town(meddle)
        town.world.profiles.owners["bo"] = "somebody"
        for _ in range(3):
            change("phone")
        stands = entries("u", town.world.profiles.get("u"))
        assert stands <= town.world.people_index.entries.keys()
        for text in ("ann", "anna", "lee", "bo", "other", "annchen"):
            assert town.find(text) == (["u"] if matches(town, "u", text) else []), text
