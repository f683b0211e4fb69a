"""Replies, quotes, likes, reposts and mentions through the deployed functions' own handlers, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.events import Socket
from tests.functional.timeline.conftest import Deployed
from tidings.bootstrap import clients
from tidings.domain.profile import ProfileChange
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys
from tidings.storage.profiles import ProfileStore


def write(deployed: Deployed, socket: Socket, text: str, **fields: Any) -> dict[str, str]:
    """A post; its name."""
    reply = deployed.ask(socket, "post", client_id=f"p{deployed.clock.now()}", text=text, **fields)
    assert reply["type"] == "ack", reply
    return {"author": socket.user_id, "position": reply["position"]}


def do(deployed: Deployed, socket: Socket, action: str, post: dict[str, str]) -> dict[str, Any]:
    reply = deployed.ask(socket, action, client_id=f"d{deployed.clock.now()}", **post)
    assert reply["type"] == "ack", reply
    return reply


def test_a_thread(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    first = write(deployed, ann, "tea?")
    answer = write(deployed, bob, "yes! #tea", reply_to=first)
    write(deployed, ann, "@nobody said so", reply_to=answer, quote=first)
    thread = deployed.ask(ann, "post.get", **answer)
    assert (thread["type"], thread["post"]["text"], thread["post"]["reply_to"]) == ("thread", "yes! #tea", first)
    assert thread["post"]["entities"] == [{"kind": "tag", "start": 5, "end": 9}]
    assert [post["text"] for post in thread["ancestors"]] == ["tea?"]
    assert [(post["text"], post["quote"]) for post in thread["replies"]] == [("@nobody said so", first)]
    assert {name: thread["counts"][name] for name in ("likes", "replies", "liked")} == {
        "likes": 0,
        "replies": 1,
        "liked": False,
    }
    assert [post["text"] for post in deployed.ask(ann, "post.replies", **first)["posts"]] == ["yes! #tea"]
    assert deployed.ask(bob, "post.delete", position=answer["position"])["type"] == "ack"
    assert deployed.ask(ann, "post.replies", **first)["posts"] == []
    assert deployed.ask(ann, "post.get", **answer)["code"] == "not_found"


def test_likes_and_reposts_are_counted(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    post, other = write(deployed, ann, "one"), write(deployed, ann, "two")
    do(deployed, bob, "like", post)
    repost = do(deployed, bob, "repost", post)["position"]
    assert do(deployed, bob, "repost", {"author": "bob", "position": repost})["position"] == repost
    found = deployed.ask(bob, "post.counts", posts=[post, other])["counts"]
    assert [(each["likes"], each["reposts"], each["liked"], each["reposted"]) for each in found] == [
        (1, 1, True, True),
        (0, 0, False, False),
    ]
    [shown] = deployed.ask(ann, "timeline.user", user="bob")["posts"]
    assert (shown["position"], shown["text"], shown["repost_of"]) == (repost, "", post)
    do(deployed, bob, "unlike", post)
    do(deployed, bob, "unrepost", post)
    [found] = deployed.ask(ann, "post.counts", posts=[post])["counts"]
    assert (found["likes"], found["reposts"]) == (0, 0)
    assert deployed.ask(ann, "timeline.user", user="bob")["posts"] == []


def test_whoever_is_mentioned_is_told(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    handle(deployed, "bob", "Robert")
    write(deployed, ann, "hello @robert")
    deployed.settle()
    reply = deployed.ask(bob, "timeline.mentions")
    assert [post["text"] for post in reply["posts"]] == ["hello @robert"]
    assert "since" in reply
    assert deployed.ask(ann, "timeline.mentions")["posts"] == []


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("like", {"client_id": "c-9", "author": "ann", "position": "x"}, "invalid_request"),
        ("like", {"author": "ann", "position": "1800000000000-aaaaaaaa-aaaaaaab-00"}, "invalid_request"),
        (
            "repost",
            {"client_id": "c-9", "author": "ann", "position": "1800000000000-aaaaaaaa-aaaaaaab-00"},
            "not_found",
        ),
        ("unlike", {"client_id": "c-9", "author": "a#b", "position": "1"}, "invalid_request"),
        ("post.get", {"author": "ann", "position": "1800000000000-aaaaaaaa-aaaaaaab-00"}, "not_found"),
        ("post.counts", {"posts": []}, "invalid_request"),
        ("post.counts", {"posts": 51 * [{"author": "a", "position": "1"}]}, "invalid_request"),
        ("post", {"client_id": "c-9", "text": "x", "reply_to": {"author": "ann"}}, "invalid_request"),
        ("timeline.mentions", {"before": "b1.x"}, "invalid_request"),
    ],
)
def test_refusals(deployed: Deployed, action: str, fields: dict[str, Any], code: str) -> None:
    ann = deployed.join("ann")
    reply = deployed.ask(ann, action, **fields)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert reply["message"].endswith(".")


def test_what_it_costs(deployed: Deployed) -> None:
    """The budgets of docs/architecture.md."""
    ann, bob = deployed.join("ann"), deployed.join("bob")
    post = write(deployed, ann, "tea? " * 100)
    within(deployed, lambda: do(deployed, bob, "like", post), write=5, read=3)
    within(deployed, lambda: do(deployed, bob, "unlike", post), write=5, read=2)
    within(deployed, lambda: do(deployed, bob, "repost", post), write=7, read=4)
    within(deployed, lambda: do(deployed, bob, "unrepost", post), write=7, read=2)
    within(deployed, lambda: write(deployed, bob, "yes", reply_to=post), write=7, read=2.5)
    refs = [write(deployed, ann, f"{number}") for number in range(20)]
    within(deployed, lambda: deployed.ask(ann, "post.counts", posts=refs), write=0, read=30)
    within(deployed, lambda: deployed.ask(ann, "post.get", **post), write=0, read=5)


def within(deployed: Deployed, act: Callable[[], Any], *, write: float, read: float) -> None:
    """What `act` does costs at most so many write and read units."""
    deployed.forget()
    act()
    assert deployed.units.get("write", 0) <= write
    assert deployed.units.get("read", 0) <= read


def handle(deployed: Deployed, user: str, text: str) -> None:
    """Give a user a handle."""
    store = ProfileStore(clients.dynamodb(), keys.USERS.name, deployed.clock)
    now = deployed.clock.now()
    store.set(user, ProfileChange(handle=text), f"{now}-aaaaaaaa-aaaaaaaa-00", Fence(now, Times(), deployed.clock.now))
