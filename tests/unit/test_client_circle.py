"""Profiles and follows: library and command, frames out and lines in."""

from __future__ import annotations

from typing import Any

import pytest

from client import Client, Person, Profile
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import serve
from tests.unit.test_client_api import QUICK
from tests.unit.test_client_chat import answers

__all__ = ["clean"]

RELATION = dict.fromkeys(("following", "requested", "followed_by", "blocked", "muted"), False)
BOB = {"user": "bob", "handle": "Bob", "private": True, "followers": 3, "follows": 1, "relation": RELATION}


def pages(*users: str) -> Any:
    """A page for each user, of whatever list is asked for."""

    def answer(action: dict[str, Any]) -> dict[str, Any] | None:
        if action["action"] not in ("followers", "following", "follow.requests", "mutes"):
            return None
        place = int(action.get("after", "0"))
        more = {"after": str(place + 1)} if place + 1 < len(users) else {}
        return {"type": "users", "users": [users[place]], **more}

    return answer


async def test_profiles_and_people() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        said = {"type": "profile", "user": "alice", "handle": "Alice", "private": False}
        known = BOB | {"relation": RELATION | {"following": True}}
        rig.model.refuse = answers(profile=said, people={"type": "people", "people": [known]})
        assert await client.people.profile() == Profile("alice", "Alice")
        await client.people.profile(bio="", private=True)
        first, second = (frame for _, frame in rig.model.heard if frame["action"] == "profile")
        assert "client_id" not in first
        assert (second["bio"], second["private"], bool(second["client_id"])) == ("", True, True)
        bob = Person(Profile("bob", "Bob", private=True), 3, 1, following=True)
        assert await client.people.look_up(["bob", "nobody"]) == {"bob": bob}
        assert await client.people.by_handle("@bob") == bob
        one, two = (frame for _, frame in rig.model.heard if frame["action"] == "people")
        assert (one["users"], two["handle"]) == (["bob", "nobody"], "bob")


async def test_lists_come_in_pages() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        rig.model.refuse = pages("bob", "carol", "dan")
        people = client.people
        for users in (people.followers("eve"), people.following(), people.requests(), people.mutes()):
            assert [each async for each in users] == ["bob", "carol", "dan"]
        heard = [frame for _, frame in rig.model.heard if frame["action"] in ("followers", "following")]
        assert [frame.get("user") for frame in heard] == ["eve"] * 3 + [None] * 3


async def test_a_follow_may_have_to_wait() -> None:
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        rig.model.refuse = answers(follow={"type": "ack", "requested": True})
        assert (await client.follow("bob")).requested
        rig.model.refuse = answers(follow={"type": "ack"})
        assert not (await client.follow("bob")).requested


async def test_the_profile_command(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        said = {"user": "alice", "handle": "Alice", "name": "A\x1b[2J", "private": False}
        rig.model.refuse = answers(profile={"type": "profile", **said})
        assert await run(rig, "profile", "--handle", "Alice", "--bio", "", "--private", "off") == 0
        assert asked(rig) == [{"action": "profile", "handle": "Alice", "bio": "", "private": False}]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["user    alice", "handle  @Alice"]
    assert lines[-1] == "posts   for everybody"
    assert "\x1b" not in "".join(lines)


async def test_people_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        known = BOB | {"relation": RELATION | {"requested": True, "muted": True}}
        rig.model.refuse = answers(people={"type": "people", "people": [known]})
        assert await run(rig, "people", "show", "bob", "@Bob") == 0
        assert await run(rig, "people", "show", "nobody") == 1
        assert [{**frame} for frame in asked(rig)] == [
            {"action": "people", "users": ["bob"]},
            {"action": "people", "handle": "Bob"},
            {"action": "people", "users": ["nobody"]},
        ]
    person = [
        "user    bob",
        "handle  @Bob",
        "posts   for followers only",
        "        3 followers, follows 1",
        "        you asked, muted",
    ]
    said = capsys.readouterr()
    assert said.out.splitlines() == [*person, "", *person]
    assert said.err.splitlines() == ["tidings: There is nobody called nobody."]


async def test_who_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        found = [{"user": "ada", "handle": "Ada_L", "name": "Ada", "private": False}, {"user": "eve", "private": True}]
        rig.model.refuse = answers(people_search={"type": "found", "people": found})
        assert await run(rig, "people", "find", "a", "love") == 0
        assert await run(rig, "people", "find", "a", "--limit", "1") == 0
        assert [frame["q"] for frame in asked(rig)] == ["a love", "a"]
    first = "ada  @Ada_L  Ada"
    assert capsys.readouterr().out.splitlines() == [first, "eve", first, "(there is more: --limit N)"]


async def test_lists_and_answers(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = pages("bob")
        for words in (["followers"], ["followers", "eve"], ["following"], ["requests"], ["mutes"]):
            assert await run(rig, "people", *words) == 0
        rig.model.refuse = answers(follow={"type": "ack", "requested": True})
        for words in (["accept", "bob"], ["decline", "bob"], ["mute", "bob"], ["unmute", "bob"]):
            assert await run(rig, "people", *words) == 0
        assert await run(rig, "follow", "bob") == 0
        frames = asked(rig)
        assert [frame["action"] for frame in frames[:5]] == [
            "followers",
            "followers",
            "following",
            "follow.requests",
            "mutes",
        ]
        assert frames[1]["user"] == "eve"
        assert frames[5:] == [
            {"action": action, "user": "bob"}
            for action in ("follow.accept", "follow.decline", "mute", "unmute", "follow")
        ]
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["bob"] * 5
    assert printed.err == "bob is private: you follow when they accept.\n"
