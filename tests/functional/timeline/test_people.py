"""Profiles, people, private accounts and mutes: the frames, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.timeline.conftest import Deployed


def posts(deployed: Deployed, reader: Any) -> list[str]:
    return [post["text"] for post in deployed.ask(reader, "timeline.home")["posts"]]


class TestProfile:
    def test_a_profile_is_set_and_seen(self, deployed: Deployed) -> None:
        ann, bob = deployed.join("ann"), deployed.join("bob")
        assert deployed.ask(ann, "profile") == {"type": "profile", "id": "r1", "user": "ann", "private": False}
        said = {"handle": "Ann_1", "name": " Ann ", "bio": "two\nlines", "avatar": "https://example.org/a.png"}
        reply = deployed.ask(ann, "profile", client_id="c1", **said)
        expected = {"type": "profile", "user": "ann", **said, "name": "Ann", "private": False}
        assert {name: value for name, value in reply.items() if name != "id"} == expected
        (person,) = deployed.ask(bob, "people", handle="ANN_1")["people"]
        assert person == {
            "user": "ann",
            **said,
            "name": "Ann",
            "private": False,
            "followers": 0,
            "follows": 0,
            "relation": dict.fromkeys(("following", "requested", "followed_by", "blocked", "muted"), False),
        }
        assert deployed.ask(bob, "profile", client_id="c1", handle="aNN_1")["code"] == "handle_taken"
        deployed.ask(ann, "profile", client_id="c2", handle="", bio="", avatar="", name="")
        (person,) = deployed.ask(bob, "people", users=["ann"])["people"]
        assert not {"handle", "name", "bio", "avatar"} & person.keys()
        assert deployed.ask(bob, "people", handle="Ann_1")["code"] == "unknown_user"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"handle": "x" * 16},
            {"handle": "a b"},
            {"handle": "@ann"},
            {"name": "x" * 51},
            {"name": "two\nlines"},
            {"bio": "x" * 161},
            {"avatar": "http://example.org/a.png"},
            {"avatar": "javascript:alert(1)"},
            {"private": "yes"},
        ],
    )
    def test_what_cannot_be_said(self, deployed: Deployed, wrong: dict[str, Any]) -> None:
        ann = deployed.join("ann")
        assert deployed.ask(ann, "profile", client_id="c1", **wrong)["code"] == "invalid_request"
        assert deployed.ask(ann, "people")["code"] == "invalid_request"
        assert deployed.ask(ann, "people", users=["ann"], handle="ann")["code"] == "invalid_request"

    def test_what_it_costs(self, deployed: Deployed) -> None:
        ann, bob = deployed.join("ann"), deployed.join("bob")
        deployed.forget()
        deployed.ask(ann, "profile", client_id="c1", bio="hello")
        assert deployed.units == {"write": 1, "read": 1}
        deployed.forget()
        deployed.ask(ann, "profile", client_id="c2", handle="first")
        assert deployed.units == {"write": 1 + 2 * 2, "read": 1}, "a word; two items in a transaction"
        deployed.forget()
        deployed.ask(ann, "profile", client_id="c3", handle="second")
        assert deployed.units == {"write": 2 + 2 * 3, "read": 1}, "a word comes and a word goes; the old handle, too"
        deployed.forget()
        deployed.ask(ann, "profile", client_id="c4", name="Ann Lee")
        assert deployed.units == {"write": 2 + 1, "read": 1}
        deployed.forget()
        assert len(deployed.ask(bob, "people.search", q="le")["people"]) == 1
        # Whom she must not see (nothing), one hit, its profile.
        assert deployed.units == {"read": 1 + 0.5 + 0.5}
        deployed.ask(bob, "follow", client_id="c4", user="ann")
        deployed.forget()
        deployed.ask(bob, "people", users=["ann"])
        # Blocks of either side, mute, profile, two counts, follows of either side; whom she follows needs no asking.
        assert deployed.units == {"read": 4}


class TestPrivate:
    def test_from_the_request_to_the_timeline(self, deployed: Deployed) -> None:
        ann, bob, cid = (deployed.join(name) for name in ("ann", "bob", "cid"))
        deployed.ask(ann, "profile", client_id="c1", private=True)
        deployed.ask(ann, "post", client_id="c2", text="secret")
        assert "requested" not in deployed.ask(ann, "follow", client_id="c3", user="bob")
        for user in (bob, cid):
            assert deployed.ask(user, "follow", client_id="c4", user="ann")["requested"] is True
        deployed.settle()
        assert (posts(deployed, bob), posts(deployed, cid)) == ([], [])
        for action in ("timeline.user", "followers", "following"):
            assert deployed.ask(bob, action, user="ann")["code"] == "forbidden"
        page = deployed.ask(ann, "follow.requests", limit=1)
        assert (page["users"], page["after"]) == (["bob"], "bob")
        assert deployed.ask(ann, "follow.requests", after="bob")["users"] == ["cid"]
        assert deployed.ask(ann, "follow.accept", client_id="c5", user="bob")["type"] == "ack"
        assert deployed.ask(ann, "follow.decline", client_id="c6", user="cid")["type"] == "ack"
        assert deployed.ask(ann, "follow.accept", client_id="c7", user="cid")["code"] == "not_found"
        deployed.settle()
        assert (posts(deployed, bob), posts(deployed, cid)) == (["secret"], [])
        assert deployed.ask(bob, "followers", user="ann")["users"] == ["bob"]
        assert deployed.ask(ann, "following")["users"] == ["bob"]
        (person,) = deployed.ask(bob, "people", users=["ann"])["people"]
        assert (person["followers"], person["follows"], person["private"]) == (1, 1, True)
        assert [name for name, holds in person["relation"].items() if holds] == ["following", "followed_by"]

    def test_what_an_answer_costs(self, deployed: Deployed) -> None:
        ann, bob = deployed.join("ann"), deployed.join("bob")
        deployed.ask(ann, "profile", client_id="c1", private=True)
        deployed.forget()
        deployed.ask(bob, "follow", client_id="c2", user="ann")
        assert deployed.units["write"] == 1 + 2 * 2, "outbox; register and request in a transaction"
        deployed.forget()
        deployed.ask(ann, "follow.accept", client_id="c3", user="bob")
        assert deployed.units["write"] == 1 + 2 * 6, "those, the other half, two counts, a removal"


class TestMutes:
    def test_home_without_whom_somebody_has_muted(self, deployed: Deployed) -> None:
        ann, bob, cid = (deployed.join(name) for name in ("ann", "bob", "cid"))
        for author in ("ann", "cid"):
            deployed.ask(bob, "follow", client_id=f"c-{author}", user=author)
        deployed.ask(ann, "post", client_id="c1", text="loud")
        deployed.ask(cid, "post", client_id="c2", text="calm")
        deployed.settle()
        assert deployed.ask(bob, "mute", client_id="c3", user="ann")["type"] == "ack"
        assert posts(deployed, bob) == ["calm"]
        assert deployed.ask(bob, "mutes")["users"] == ["ann"]
        assert [post["text"] for post in deployed.ask(bob, "timeline.user", user="ann")["posts"]] == ["loud"]
        deployed.ask(bob, "unmute", client_id="c4", user="ann")
        assert posts(deployed, bob) == ["calm", "loud"]
        assert deployed.ask(bob, "mute", client_id="c5", user="bob")["code"] == "invalid_request"
        assert deployed.ask(bob, "mute", client_id="c6", user="nobody")["code"] == "unknown_user"
