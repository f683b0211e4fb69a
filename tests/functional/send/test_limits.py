"""Too much, too fast: told with a code and when to come back; and what the counting costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events import Socket
from tests.functional.send.conftest import Deployed
from tidings.services.limits import FREE, LEASE
from tidings.storage import keys

BURST = 40


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that lets two messages a second through."""
    monkeypatch.setenv("TIDINGS_SEND_RATE", "2")
    monkeypatch.setenv("TIDINGS_SEND_BURST", str(BURST))


@pytest.fixture
def strict(slow: None, deployed: Deployed) -> Deployed:
    """The function of such a deployment."""
    return deployed


def text(number: int) -> dict[str, Any]:
    return {"action": "send", "id": str(number), "client_id": f"c{number}", "to": "bob", "text": "hello"}


def batch(deployed: Deployed, sender: Socket, start: int, count: int) -> list[dict[str, Any]]:
    """The results of so many messages, in frames of 25."""
    results: list[dict[str, Any]] = []
    for first in range(start, start + count, 25):
        actions = [text(number) for number in range(first, min(first + 25, start + count))]
        results += deployed.ask(sender, {"action": "batch", "id": "b", "actions": actions})["results"]
    return results


def test_a_flood_is_told_when_to_come_back(strict: Deployed) -> None:
    ann = strict.join("ann")
    strict.join("bob")
    results = batch(strict, ann, 0, FREE + BURST + 5)
    assert [each["type"] for each in results] == ["ack"] * (FREE + BURST) + ["error"] * 5
    refused, left = results[FREE + BURST], results[-1]
    assert (refused["code"], refused["retryable"]) == ("rate_limited", True)
    assert refused["retry_after_ms"] == LEASE * 1_000 // 2
    assert left["code"] == "not_attempted"
    alone = strict.ask(ann, text(FREE + BURST))
    assert (alone["code"], alone["retry_after_ms"]) == ("rate_limited", refused["retry_after_ms"])
    strict.clock.advance(refused["retry_after_ms"])
    again = batch(strict, ann, FREE + BURST, 5)
    assert [each["type"] for each in again] == ["ack"] * 5
    entries = [item for item in strict.items(keys.OUTBOX) if item["client_id"]["S"] != keys.RATE]
    assert len(entries) == FREE + BURST + 5


def test_changes_of_groups_count(strict: Deployed) -> None:
    ann = strict.join("ann")
    create = {"action": "group.create", "title": "us"}
    answers = [
        strict.ask(ann, create | {"id": f"{number}", "client_id": f"g{number}"}) for number in range(FREE + BURST + 1)
    ]
    assert {each["type"] for each in answers[:-1]} == {"ack"}
    assert (answers[-1]["code"], answers[-1]["retryable"]) == ("rate_limited", True)


def test_counting_is_within_a_tenth_of_a_unit(strict: Deployed) -> None:
    ann = strict.join("ann")
    strict.join("bob")
    strict.forget()
    count = FREE + BURST
    batch(strict, ann, 0, count)
    assert strict.units["write"] == 2 + 3 * count + BURST / LEASE, "and once the rows of both"
    strict.forget()
    batch(strict, ann, count, 25)
    assert strict.units == {"read": 0.5}, "the sender's devices: the refusal itself costs nothing"
