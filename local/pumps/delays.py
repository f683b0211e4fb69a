"""SQS delays on the host's clock, so that a test skips half a minute by moving the clock instead of sleeping.

ministack would hold a message with `DelaySeconds` on the machine's clock, where nobody can hurry it. So the worker's
hook sends it at once, with the moment it is due (epoch ms of the host's clock) as a message attribute; the queue
pump receives it, keeps it invisible, hides the attribute again and delivers when the host's clock gets there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ATTRIBUTE = "DevelopmentHostDueAt"


def postpone(operation: str, params: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """The parameters to really send: `DelaySeconds` of each message turned into the attribute."""
    if operation == "SendMessage":
        return _marked(params, now_ms)
    if operation == "SendMessageBatch":
        return {**params, "Entries": [_marked(entry, now_ms) for entry in params.get("Entries", ())]}
    return dict(params)


def due_at(message: Mapping[str, Any]) -> int | None:
    """When a received message (the API's form) may be delivered, in epoch ms; None for one without a delay."""
    marked = (message.get("MessageAttributes") or {}).get(ATTRIBUTE)
    return int(marked["StringValue"]) if marked else None


def _marked(message: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    sent = dict(message)
    delay = sent.pop("DelaySeconds", 0)
    if delay:
        due = {"DataType": "Number", "StringValue": str(now_ms + 1000 * int(delay))}
        sent["MessageAttributes"] = {**sent.get("MessageAttributes", {}), ATTRIBUTE: due}
    return sent
