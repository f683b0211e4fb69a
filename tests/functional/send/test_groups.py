"""Groups through the real handler: what clients see, what is refused to whom, what it costs; and all of it once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.send.conftest import Deployed
from tests.functional.send.test_kills import Killed, Killer
from tidings.storage import keys

C, F, T = 8_000, 15_000, 30_000


class Party:
    """ann's group with bob and cid in it; dan stands outside."""

    def __init__(self, deployed: Deployed, number: int = 0) -> None:
        self.deployed = deployed
        self.sockets = {name: deployed.join(name) for name in ("ann", "bob", "cid", "dan")}
        self.number = number
        self.created = self.ask("ann", "group.create", title="Team", members=["bob", "cid"])
        self.chat: str = self.created["conversation"]

    def ask(self, who: str, action: str, *, client_id: str = "", **fields: Any) -> dict[str, Any]:
        """The reply to a request of somebody's, with a client id where it needs one."""
        self.number += 1
        self.deployed.clock.advance(1)
        if action not in ("group.info", "group.members", "history", "sync"):
            fields["client_id"] = client_id or f"c-{self.number}"
        return self.deployed.ask(self.sockets[who], {"action": action, "id": str(self.number), **fields})

    def group(self, who: str, action: str, **fields: Any) -> dict[str, Any]:
        """The reply to a request about the group."""
        return self.ask(who, action, conversation=self.chat, **fields)

    def members(self) -> dict[str, str]:
        """Who is in it, as what."""
        return {each["user"]: each["role"] for each in self.group("ann", "group.members")["members"]}

    def live(self, who: str) -> list[Any]:
        """What came to a socket: texts."""
        frames = self.deployed.posted(self.sockets[who])
        return [event["text"] for frame in frames for event in frame["events"]]

    def history(self, who: str) -> list[Any]:
        """Oldest first: texts, or what changed."""
        reply = self.group(who, "history")
        assert reply["type"] == "history", reply
        return [event.get("text") or event["change"] for event in reply["events"][::-1]]


@pytest.fixture
def party(deployed: Deployed) -> Party:
    return Party(deployed)


def test_a_group_is_made_and_shown(party: Party) -> None:
    assert party.created == {
        "type": "ack",
        "id": "1",
        "client_id": "c-1",
        "conversation": party.chat,
        "position": party.created["position"],
        "at": int(party.created["position"][:13]),
    }
    info = party.group("bob", "group.info")
    assert info == {
        "type": "group",
        "id": "2",
        "conversation": party.chat,
        "title": "Team",
        "who_posts": "members",
        "who_adds": "admins",
        "history": "join",
        "members": 3,
        "role": "member",
        "live": True,
    }
    page = party.group("cid", "group.members", limit=2)
    assert page["members"][0] == {"user": "ann", "role": "owner", "joined": party.created["at"]}
    rest = party.group("cid", "group.members", limit=2, after=page["after"])
    assert ([each["user"] for each in rest["members"]], rest.get("after")) == (["cid"], None)


def test_what_it_is_can_be_changed(party: Party) -> None:
    fields = {"title": "Ours", "picture": "https://example.com/p", "description": "What we do", "who_posts": "admins"}
    assert party.group("ann", "group.update", **fields)["type"] == "ack"
    info = party.group("bob", "group.info")
    assert {name: info[name] for name in fields} == fields
    assert party.group("ann", "group.update", picture="")["type"] == "ack"
    assert "picture" not in party.group("bob", "group.info")
    assert party.group("ann", "group.update")["code"] == "invalid_request"
    for title in ("two\nlines", "\x1b[2J", "  ", ""):
        assert party.group("ann", "group.update", title=title)["code"] == "invalid_request", title


def test_a_message_reaches_everybody_at_once(party: Party) -> None:
    ack = party.group("bob", "send", text="hello all")
    assert (ack["type"], ack["conversation"]) == ("ack", party.chat)
    assert [party.live(who) for who in ("ann", "bob", "cid", "dan")] == [["hello all"], [], ["hello all"], []]
    synced = party.ask("cid", "sync")["events"]
    assert {event["text"] for event in synced if event["kind"] == "message"} == {"hello all"}
    assert party.history("ann") == ["created", "hello all"]


def test_people_come_and_go(party: Party) -> None:
    party.group("ann", "send", text="before")
    assert party.group("ann", "group.add", members=["dan"])["type"] == "ack"
    party.group("dan", "send", text="I am here")
    assert party.group("ann", "group.remove", member="bob")["type"] == "ack"
    party.deployed.clock.advance(C)
    party.group("ann", "send", text="without bob")
    assert party.members() == {"ann": "owner", "cid": "member", "dan": "member"}
    assert party.live("bob") == ["before", "I am here"]
    assert party.history("bob") == ["created", "before", "added", "I am here", "removed"]
    assert party.history("dan") == ["added", "I am here", "removed", "without bob"]


def test_the_owner_hands_over(party: Party) -> None:
    party.group("ann", "group.role", member="cid", role="admin")
    assert party.group("ann", "group.leave")["type"] == "ack"
    reply = party.group("cid", "group.members")
    assert {each["user"]: each["role"] for each in reply["members"]} == {"bob": "member", "cid": "owner"}


def test_nobody_is_put_anywhere_by_somebody_they_have_blocked(party: Party) -> None:
    row = {"user_id": {"S": "dan"}, "conversation_id": {"S": "dm#ann#dan"}, "blocked": {"N": "1"}}
    party.deployed.put(keys.MEMBERSHIPS, row)
    assert party.group("ann", "group.add", members=["dan"])["not_added"] == ["dan"]
    assert "dan" not in party.members()
    assert party.group("ann", "group.add", members=["zoe"])["code"] == "unknown_user"


REQUESTS: dict[str, dict[str, Any]] = {
    "group.update": {"title": "Mine"},
    "group.add": {"members": ["dan"]},
    "group.remove": {"member": "bob"},
    "group.leave": {},
    "group.role": {"member": "bob", "role": "admin"},
    "group.info": {},
    "group.members": {},
    "send": {"text": "let me in"},
}
FOR_ADMINS = ("group.update", "group.add", "group.remove", "group.role")


@pytest.mark.parametrize("action", [*REQUESTS, "history"])
def test_strangers_are_refused(party: Party, action: str) -> None:
    before = party.deployed.items(keys.CONVERSATIONS)
    reply = party.group("dan", action, **REQUESTS.get(action, {}))
    assert (reply["type"], reply["code"]) == ("error", "not_found")
    assert party.deployed.items(keys.CONVERSATIONS) == before


@pytest.mark.parametrize("action", REQUESTS)
def test_who_was_removed_is_refused_at_once(party: Party, action: str) -> None:
    party.group("ann", "group.role", member="cid", role="admin")
    party.group("cid", "send", text="still here")
    assert party.group("ann", "group.remove", member="cid")["type"] == "ack"
    before = party.deployed.items(keys.CONVERSATIONS)
    reply = party.group("cid", action, **REQUESTS[action])
    assert (reply["type"], reply["code"]) == ("error", "forbidden")
    assert party.deployed.items(keys.CONVERSATIONS) == before


@pytest.mark.parametrize("action", FOR_ADMINS)
def test_plain_members_are_refused_what_admins_may(party: Party, action: str) -> None:
    before = party.deployed.items(keys.CONVERSATIONS)
    assert party.group("cid", action, **REQUESTS[action])["code"] == "forbidden"
    assert party.deployed.items(keys.CONVERSATIONS) == before
    party.group("ann", "group.role", member="cid", role="admin")
    assert party.group("cid", action, **REQUESTS[action])["type"] == "ack"


def test_only_admins_post_where_the_group_says_so(party: Party) -> None:
    party.group("ann", "group.update", who_posts="admins")
    assert party.group("bob", "send", text="?")["code"] == "forbidden"
    assert party.group("ann", "send", text="!")["type"] == "ack"


def test_the_cap(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDINGS_MAX_MEMBERS", "3")
    deployed.restart()
    party = Party(deployed)
    assert party.group("ann", "group.add", members=["dan"])["code"] == "too_many_members"
    party.group("bob", "group.leave")
    assert party.group("ann", "group.add", members=["dan"])["type"] == "ack"


@pytest.mark.parametrize("later_ms", [0, T + 1])
@pytest.mark.parametrize("action", ["group.add", "group.remove", "group.leave", "group.update", "group.role"])
def test_a_resend_is_answered_alike(party: Party, action: str, later_ms: int) -> None:
    who = "bob" if action == "group.leave" else "ann"
    first = party.group(who, action, client_id="again", **REQUESTS[action])
    before = party.deployed.items(keys.CONVERSATIONS)
    party.deployed.clock.advance(later_ms)
    party.deployed.restart()
    again = party.group(who, action, client_id="again", **REQUESTS[action])
    assert {**first, "id": ""} == {**again, "id": ""}
    assert party.deployed.items(keys.CONVERSATIONS) == before


@pytest.mark.parametrize("edge", ["before", "after"])
@pytest.mark.parametrize("action", ["group.create", "group.add", "group.remove", "group.leave"])
def test_a_worker_that_dies_anywhere(deployed: Deployed, action: str, edge: str) -> None:
    deaths = 0
    for number in range(1, 25):
        party = Party(deployed, number * 100)
        fields: dict[str, Any] = {"title": "Other", "members": ["dan"]}
        if action != "group.create":
            fields = {"conversation": party.chat, **REQUESTS[action]}
        name = f"again-{number}"
        try:
            with Killer(edge, number) as killer:
                party.ask("ann", action, client_id=name, **fields)
        except Killed:
            deaths += 1
        party.deployed.clock.advance(T + 1)
        party.deployed.restart()
        done = party.ask("ann", action, client_id=name, **fields)
        assert done["type"] == "ack", done
        logged = [item for item in deployed.items(keys.CONVERSATIONS) if item.get("client_id") == {"S": name}]
        assert len(logged) == 1
        changed = done["conversation"]
        (meta,) = [item for item in deployed.items(keys.CONVERSATIONS) if _is_meta(item, changed)]
        expected = {"group.create": 2, "group.add": 4, "group.remove": 2, "group.leave": 2}[action]
        assert meta["members"] == {"N": str(expected)}
        if killer.calls < number:
            break
    assert deaths >= 5


def _is_meta(item: dict[str, Any], chat: str) -> bool:
    return item["conversation_id"] == {"S": chat} and item["item"] == {"S": keys.META}


def test_what_a_message_to_a_small_group_costs(party: Party) -> None:
    party.group("ann", "send", text="warm")
    party.deployed.forget()
    party.group("ann", "send", text="hello")
    assert party.deployed.units["write"] == 2 + 2, "outbox, log, and two mailboxes"
    assert party.deployed.units["read"] <= 2 + 2, "the members, the sender's devices, and two connections"
