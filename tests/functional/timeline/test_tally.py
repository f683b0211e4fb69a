"""A tally through the planner's and the worker's handlers: asked for, due a little later, told to the author."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.party import GROUP, make_group
from tests.functional.timeline.conftest import Deployed, get_items
from tidings.bootstrap import clients
from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence, Times
from tidings.domain.tally import DELAY_MS
from tidings.domain.watermark import Watermark
from tidings.storage import keys
from tidings.storage.memberships import MembershipStore
from tidings.storage.tally import TallyStore


class Party:
    """ann, bob and cid in a group; ann has said something, which bob and cid have read."""

    def __init__(self, deployed: Deployed) -> None:
        client, clock = clients.dynamodb(), deployed.clock
        fence = Fence(clock.now(), Times(), clock.now)
        for name in ("ann", "bob", "cid"):
            deployed.join(name)
        self.sent = make_group(clock, "ann", "bob", "cid")
        rows = MembershipStore(client, keys.MEMBERSHIPS.name, clock)
        for name in ("bob", "cid"):
            rows.advance(name, GROUP, ReceiptKind.READ, Watermark(self.sent, clock.now()), fence)
        self.due = clock.now() + DELAY_MS
        TallyStore(client, keys.CONVERSATIONS.name).ask(GROUP, 0, self.due, fence)

    def record(self) -> dict[str, Any]:
        """What the stream shows of the tally."""
        (item,) = [item for item in get_items(keys.CONVERSATIONS) if item["item"]["S"] == keys.TALLY]
        names = (keys.CONVERSATIONS.partition, keys.CONVERSATIONS.sort)
        change = {"Keys": {name: item[name] for name in names}, "NewImage": item, "SequenceNumber": "1"}
        return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


@pytest.fixture
def party(deployed: Deployed) -> Party:
    return Party(deployed)


def receipts() -> list[tuple[str, str, str, bool]]:
    """Receipts in mailboxes: owner, kind, position, and whether they name a reader."""
    found = [item for item in get_items(keys.MAILBOXES) if "receipt" in item]
    return [
        (item["user_id"]["S"], item["receipt"]["S"], item["position"]["S"], "reader" in item)
        for item in found
        if "conversation" in item
    ]


def test_the_author_is_told_once_it_is_due(deployed: Deployed, party: Party) -> None:
    assert deployed.plan([party.record()]) == []
    (job,) = deployed.take()
    assert (job["kind"], job["of"], job["owner"], job["due"]) == ("task", "tally", GROUP, party.due)
    assert deployed.work([job]) == []
    assert receipts() == [], "it is not due"
    deployed.take()
    deployed.clock.advance(DELAY_MS)
    assert deployed.work([job, job]) == []
    assert receipts() == [("ann", "read", party.sent, False)]
    assert deployed.queued() == []


def test_what_it_leaves_in_the_table(deployed: Deployed, party: Party) -> None:
    deployed.clock.advance(DELAY_MS)
    deployed.plan([party.record()])
    deployed.work()
    image = party.record()["dynamodb"]["NewImage"]
    assert set(image) == {"conversation_id", "item", "run", "delivered", "read"}
    assert image["read"] == image["delivered"] == {"S": party.sent}
    assert deployed.plan([party.record()]) == []
    assert deployed.queued() == [], "its own notes ask for nothing"
