"""A worker that dies before or after any AWS call it makes: what was acked is there, what is resent is there once.

The kill points are the calls that a run is seen making, never a list.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.events import Socket
from tests.functional.send.conftest import Deployed
from tidings.bootstrap import clients

F, T = 15_000, 30_000


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Killer:
    """Kills at the n-th AWS call, before or after it, once."""

    def __init__(self, edge: str, number: int) -> None:
        self.calls = 0
        self._number = number
        self._event = f"{edge}-call.*.*"

    def __enter__(self) -> Killer:
        for client in (clients.dynamodb(), clients.management()):
            client.meta.events.register_first(self._event, self._count)
        return self

    def __exit__(self, *_: object) -> None:
        for client in (clients.dynamodb(), clients.management()):
            client.meta.events.unregister(self._event, self._count)

    def _count(self, **_: Any) -> None:
        self.calls += 1
        if self.calls == self._number:
            raise Killed


def batch(recipient: str) -> dict[str, Any]:
    texts = [
        {"action": "send", "id": str(number), "client_id": f"c{number}", "to": recipient, "text": f"text {number}"}
        for number in range(2)
    ]
    return {"action": "batch", "id": "r", "actions": texts}


def until_acked(deployed: Deployed, sender: Socket, frame: dict[str, Any]) -> None:
    """Resend what is not acked, when told to."""
    for _ in range(5):
        results = deployed.ask(sender, frame)["results"]
        rest = [action for action, result in zip(frame["actions"], results, strict=True) if result["type"] != "ack"]
        if not rest:
            return
        frame = {**frame, "actions": rest}
        deployed.clock.advance(max(result.get("retry_after_ms", 1) for result in results))
    raise AssertionError("never acked")


@pytest.mark.parametrize("later", [1, F + 1, T + 1])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_send(deployed: Deployed, edge: str, later: int) -> None:
    number = 0
    while True:
        number += 1
        ann, bob = deployed.join(f"ann{number}"), deployed.join(f"bob{number}")
        deployed.join(f"ann{number}", "laptop", online=False)
        frame = batch(bob.user_id)
        with Killer(edge, number) as killer:
            try:
                deployed.ask(ann, frame)
            except Killed:
                pass
            else:
                assert killer.calls == number - 1 >= 8
                return
        cursor = deployed.ask(bob, {"action": "sync", "id": "s"})["cursor"]
        deployed.clock.advance(later)
        until_acked(deployed, ann, frame)
        where = {"conversation": f"dm#ann{number}#bob{number}"}
        log = deployed.ask(ann, {"action": "history", "id": "h", **where})["events"]
        assert [event["text"] for event in log] == ["text 1", "text 0"]
        for reader in (bob, Socket(ann.user_id, "laptop", connected_at=ann.connected_at)):
            synced = deployed.ask(reader, {"action": "sync", "id": "s", "cursor": cursor})["events"]
            assert {event["client_id"]: event["position"] for event in synced} == {
                event["client_id"]: event["position"] for event in log
            }
            assert len(synced) == 2
