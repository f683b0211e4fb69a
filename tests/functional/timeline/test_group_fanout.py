"""Events of a group through the planner's and the worker's handlers: chunks, those who are called by name, watchers,
crossings, and the redrive of what failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.made import changed, message, position
from tests.functional.timeline.conftest import Deployed, get_items
from tests.functional.timeline.test_redrive import KEY, Operator, operator
from tidings.bootstrap import clients
from tidings.domain.events import Change, Path
from tidings.domain.groups import REMEMBERED_MS, Group, Member, Move, Role, Stay
from tidings.domain.identity import Connection
from tidings.domain.stamp import Fence, Times
from tidings.ports import Watcher
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.groups import GroupStore
from tidings.storage.log import LogStore
from tidings.storage.members import MemberStore
from tidings.storage.watchers import WatcherStore

__all__ = ["operator"]

GROUP = "g#aaaaaaaaaaaaaaaa"
NAMES = tuple(f"m-{number:02d}" for number in range(30))


class Party:
    """Thirty members, and what the stream of `Conversations` shows."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        client, clock = clients.dynamodb(), deployed.clock
        self.groups = GroupStore(client, keys.CONVERSATIONS.name, clock)
        self.members = MemberStore(client, keys.MEMBERS.name, keys.CONVERSATIONS.name, clock)
        self.log = LogStore(client, keys.CONVERSATIONS.name)
        self.watchers = WatcherStore(client, keys.WATCHERS.name, clock)
        at = position(clock.now(), 1)
        self.groups.create(Group(GROUP, at, "party"), self.fence())
        moves = [Move(None, Member(name, (Stay(at),), Role.MEMBER, at)) for name in NAMES]
        assert self.members.change(
            self.group, moves, changed(GROUP, at, Change.CREATED, NAMES), Path.CHUNK, 100, self.fence()
        )
        self.number = 1

    def fence(self) -> Fence:
        return Fence(self.deployed.clock.now(), Times(), self.deployed.clock.now)

    @property
    def group(self) -> Group:
        found = self.groups.get(GROUP, strong=True)
        assert found is not None
        return found

    def say(self, path: Path = Path.CHUNK) -> str:
        self.number += 1
        at = position(self.deployed.clock.now(), self.number)
        self.log.append(message(GROUP, "m-00", at, client_id=f"c{self.number}"), path, self.fence())
        return at

    def record(self, item: str, event: str = "INSERT") -> dict[str, Any]:
        """What the stream shows of an item."""
        (image,) = [each for each in get_items(keys.CONVERSATIONS) if each["item"]["S"] == item]
        names = (keys.CONVERSATIONS.partition, keys.CONVERSATIONS.sort)
        change = {"Keys": {name: image[name] for name in names}, "NewImage": image, "SequenceNumber": "1"}
        return {"eventName": event, "eventSource": "aws:dynamodb", "dynamodb": change}


@pytest.fixture
def party(deployed: Deployed) -> Party:
    return Party(deployed)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Twenty-five are pushed to."""
    monkeypatch.setenv("TIDINGS_PUSH_MEMBERS", "25")
    yield


def boxes() -> dict[str, list[str]]:
    """The arrivals of each mailbox's events."""
    found: dict[str, list[str]] = {}
    for item in get_items(keys.MAILBOXES):
        if item["arrival"]["S"] != keys.PULLED:
            found.setdefault(item["user_id"]["S"], []).append(item["arrival"]["S"])
    return found


def test_a_message_reaches_every_mailbox_by_chunks(deployed: Deployed, party: Party) -> None:
    at = party.say()
    assert deployed.plan([party.record(keys.log_item(at))]) == []
    assert deployed.work() == []
    assert boxes() == {name: [at] for name in NAMES}


def test_what_the_sender_delivers_and_what_is_claimed_is_not_planned(deployed: Deployed, party: Party) -> None:
    inline, at = party.say(Path.INLINE), party.say()
    assert deployed.plan([party.record(keys.log_item(inline)), party.record(keys.log_item(at), "MODIFY")]) == []
    assert deployed.queued() == []


def test_watchers_of_a_pulled_group_get_one_frame(deployed: Deployed, party: Party) -> None:
    now = deployed.clock.now()
    registry = ConnectionStore(clients.dynamodb(), keys.CONNECTIONS.name, deployed.clock)
    for name in ("m-00", "m-01", "m-02"):
        registry.register(name, Connection("phone", f"{name}-phone", now - 3_600_000), now, 3)
        if name != "m-02":
            party.watchers.add(keys.watched_conversation(GROUP), Watcher(name, "phone"), now + 60_000)
    records = [party.record(keys.log_item(party.say(Path.PULL))) for _ in range(3)]
    assert deployed.plan(records) == []
    assert [job["kind"] for job in deployed.queued("live")] == ["live"] * 3
    deployed.forget()
    assert deployed.work() == []
    assert deployed.calls.count("BatchGetItem") == 2, "members and connections, once for all"
    assert boxes() == {}


def test_a_failed_batch_of_conversations_is_planned_anew(operator: Operator, party: Party) -> None:
    at, pulled = party.say(), party.say(Path.PULL)
    operator.fail(KEY, [party.record(keys.log_item(at)), party.record(keys.log_item(pulled))])
    done = operator.build().run()
    assert (done.planned, done.kept, operator.kept()) == (1, [], []), "a live frame is long stale"
    party.deployed.settle()
    assert set(boxes()) == set(NAMES)


@pytest.mark.usefixtures("few")
def test_a_group_that_has_outgrown_pushing_goes_over(party: Party) -> None:
    deployed = party.deployed
    assert deployed.plan([party.record(keys.META, "MODIFY")]) == []
    deployed.settle()
    group = party.group
    assert group.path is Path.PULL
    marks = [item for item in get_items(keys.MAILBOXES) if item["arrival"]["S"] == keys.PULLED]
    assert {item["user_id"]["S"] for item in marks} == set(NAMES)
    assert all(keys.pulled_span(GROUP, group.pulled_from) in item for item in marks)
    assert deployed.clock.now() >= group.pulled_from + 30_000 + REMEMBERED_MS
