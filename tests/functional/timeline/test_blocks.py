"""Blocks through the real handlers: both timelines, the follows, the rows that messages ask, and what it costs."""

from typing import Any

import pytest

from tests.functional.timeline.conftest import Deployed, get_items
from tidings.storage import keys


def rows() -> dict[tuple[str, str], str]:
    """Whom each has blocked, as messages see it: (user id, conversation id) to the number."""
    return {
        (item["user_id"]["S"], item["conversation_id"]["S"]): item["blocked"]["N"]
        for item in get_items(keys.MEMBERSHIPS)
    }


def test_a_block_ends_follows_both_ways_and_hides_both(deployed: Deployed) -> None:
    ann, bob, cid = (deployed.join(name) for name in ("ann", "bob", "cid"))
    for reader, author in ((ann, "bob"), (bob, "ann"), (cid, "ann")):
        deployed.ask(reader, "follow", client_id="c-1", user=author)
    for author in (ann, bob):
        deployed.ask(author, "post", client_id="c-2", text=f"by {author.user_id}")
    deployed.settle()
    assert deployed.home(bob) == deployed.home(ann) == ["by bob", "by ann"]
    ack = deployed.ask(bob, "block", client_id="c-3", user="ann")
    assert (ack["type"], ack["client_id"], ack["at"]) == ("ack", "c-3", deployed.clock.now())
    assert (deployed.home(ann), deployed.home(bob), deployed.home(cid)) == (["by ann"], ["by bob"], ["by ann"])
    deployed.ask(ann, "post", client_id="c-4", text="later")
    deployed.settle()
    assert (deployed.home(ann), deployed.home(bob)) == (["later", "by ann"], ["by bob"])
    assert rows() == {("bob", "dm#ann#bob"): "1"}
    for one, other in ((ann, "bob"), (bob, "ann")):
        for action, fields in (("timeline.user", {}), ("follow", {"client_id": "c-5"})):
            assert deployed.ask(one, action, user=other, **fields)["code"] == "unknown_user"


def test_an_unblock_opens_again(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    deployed.ask(ann, "post", client_id="c-1", text="hello")
    deployed.ask(bob, "block", client_id="c-1", user="ann")
    deployed.settle()
    assert deployed.ask(bob, "unblock", client_id="c-2", user="ann")["type"] == "ack"
    assert rows() == {("bob", "dm#ann#bob"): "0"}
    assert len(deployed.ask(bob, "timeline.user", user="ann")["posts"]) == 1
    assert deployed.ask(bob, "follow", client_id="c-3", user="ann")["type"] == "ack"
    deployed.settle()
    assert deployed.home(bob) == ["hello"]


def test_the_list(deployed: Deployed) -> None:
    bob = deployed.join("bob")
    for number in range(5):
        deployed.join(f"user{number}")
        deployed.ask(bob, "block", client_id=f"c-{number}", user=f"user{number}")
    deployed.ask(bob, "unblock", client_id="c-9", user="user2")
    first = deployed.ask(bob, "blocks", limit=3)
    assert (first["type"], first["users"]) == ("blocks", ["user0", "user1", "user3"])
    rest = deployed.ask(bob, "blocks", after=first["after"], limit=3)
    assert (rest["users"], "after" in rest) == (["user4"], False)
    assert deployed.ask(deployed.join("ann"), "blocks")["users"] == []


def test_what_it_costs(deployed: Deployed) -> None:
    deployed.join("ann")
    bob = deployed.join("bob")
    deployed.forget()
    deployed.ask(bob, "block", client_id="c-1", user="ann")
    # Outbox and row, the register and a name on either side in a transaction; whether she exists, the register before
    # that, both registers and both edges.
    assert deployed.units == {"write": 2 + 2 * 3, "read": 5.5, "sqs": 1}
    deployed.forget()
    deployed.ask(bob, "timeline.user", user="ann")
    assert deployed.units == {"read": 1}
    deployed.forget()
    deployed.ask(bob, "follow", client_id="c-2", user="ann")
    assert deployed.units == {"read": 2}


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("block", {"client_id": "c-9", "user": "nobody"}, "unknown_user"),
        ("block", {"client_id": "c-9", "user": "ann"}, "invalid_request"),
        ("block", {"client_id": "c-9", "user": "a#b"}, "invalid_request"),
        ("block", {"user": "bob"}, "invalid_request"),
        ("unblock", {"client_id": "c-9", "user": "nobody"}, "unknown_user"),
        ("block", {"client_id": "c-1", "user": "bob"}, "conflict"),
        ("blocks", {"after": "a#b"}, "invalid_request"),
        ("blocks", {"limit": 101}, "invalid_request"),
    ],
)
def test_refusals_have_a_code_and_a_sentence(
    deployed: Deployed, action: str, fields: dict[str, Any], code: str
) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    deployed.ask(ann, "post", client_id="c-1", text="hello")
    reply = deployed.ask(ann, action, **fields)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert reply["message"].endswith(".")
    assert get_items(keys.GRAPH) == get_items(keys.MEMBERSHIPS) == []
