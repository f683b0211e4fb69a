"""Posting, liking and following too fast: told when to come back; what takes something back goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events import Socket
from tests.functional.timeline.conftest import Deployed
from tidings.services.limits import FREE, LEASE

BURST = 20
ALLOWED = FREE + BURST


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that lets one action a second through."""
    for kind in ("POST", "ENGAGE"):
        monkeypatch.setenv(f"TIDINGS_{kind}_RATE", "1")
        monkeypatch.setenv(f"TIDINGS_{kind}_BURST", str(BURST))


@pytest.fixture
def strict(slow: None, deployed: Deployed) -> Deployed:
    """The functions of such a deployment."""
    return deployed


def post(strict: Deployed, who: Socket, number: int, **fields: Any) -> dict[str, Any]:
    return strict.ask(who, "post", client_id=f"p{number}", text=f"{number}", **fields)


def test_who_posts_too_fast_is_told_when_to_come_back(strict: Deployed) -> None:
    ann, bob = strict.join("ann"), strict.join("bob")
    first = post(strict, ann, 0)
    strict.forget()
    ref = {"author": "ann", "position": first["position"]}
    kinds: list[dict[str, Any]] = [{}, {"reply_to": ref}, {"quote": ref}]
    answers = [post(strict, ann, number, **kinds[number % 3]) for number in range(1, ALLOWED)]
    assert {each["type"] for each in answers} == {"ack"}
    refused = post(strict, ann, ALLOWED)
    assert (refused["code"], refused["retryable"]) == ("rate_limited", True)
    assert 0 < refused["retry_after_ms"] <= LEASE * 1_000
    writes = strict.units["write"]
    repost = strict.ask(ann, "repost", client_id="r", **ref)
    assert repost["code"] == "rate_limited", "a post like any other"
    assert strict.units["write"] == writes, "a refusal costs nothing"

    assert post(strict, bob, 0)["type"] == "ack", "others are not held up"
    assert strict.ask(ann, "like", client_id="l", **ref)["type"] == "ack", "likes are counted apart"
    assert strict.ask(ann, "post.delete", position=first["position"])["type"] == "ack", "and so is what is taken back"
    strict.clock.advance(refused["retry_after_ms"])
    assert post(strict, ann, ALLOWED)["type"] == "ack"


def test_what_is_wrong_or_taken_back_is_not_held_up_by_likes_and_follows(strict: Deployed) -> None:
    ann = strict.join("ann")
    strict.join("bob")
    position = post(strict, ann, 0)["position"]
    ref = {"author": "ann", "position": position}
    for number in range(ALLOWED):
        action, fields = ("like", ref) if number % 2 else ("follow", {"user": "bob"})
        assert strict.ask(ann, action, client_id=f"l{number}", **fields)["type"] == "ack"
    assert strict.ask(ann, "like", client_id="more", **ref)["code"] == "rate_limited"
    assert strict.ask(ann, "follow", client_id="more", user="bob")["code"] == "rate_limited"
    assert strict.ask(ann, "follow", client_id="more")["code"] == "invalid_request", "what is wrong is said first"
    assert strict.ask(ann, "unlike", client_id="u", **ref)["type"] == "ack"
    assert strict.ask(ann, "unfollow", client_id="v", user="bob")["type"] == "ack"
    assert strict.ask(ann, "block", client_id="w", user="bob")["type"] == "ack"
    assert post(strict, ann, 1)["type"] == "ack"


def test_takings_back_are_counted(strict: Deployed) -> None:
    ann = strict.join("ann")
    strict.join("bob")
    answers = [strict.ask(ann, "mute", client_id=f"m{number}", user="bob") for number in range(ALLOWED + 1)]
    assert {each["type"] for each in answers[:-1]} == {"ack"}
    assert (answers[-1]["code"], answers[-1]["retryable"]) == ("rate_limited", True)


def test_counting_is_within_a_tenth_of_a_unit(strict: Deployed) -> None:
    ann = strict.join("ann")
    strict.forget()
    post(strict, ann, 0)
    alone = strict.units["write"]
    strict.forget()
    for number in range(1, ALLOWED):
        post(strict, ann, number)
    extra = strict.units["write"] - alone * (ALLOWED - 1)
    assert extra == BURST / LEASE
    assert extra <= 0.1 * ALLOWED
