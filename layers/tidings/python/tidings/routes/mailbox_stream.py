"""The stream of `Mailboxes`: from its records to the push use case, and back to what Lambda shall deliver again.

Lambda starts again at the lowest sequence number that is reported, so everything behind a failure comes twice;
`tidings.services.push` says what follows from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidings.domain.events import Event
from tidings.domain.notice import may_sound
from tidings.services.push import Incoming, Notifier

Item = Mapping[str, Any]


class MailboxStream:
    """Answers batches.  `decode` reads a mailbox item; `mark` is the attribute of items that may sound a phone."""

    def __init__(
        self, decode: Callable[[Item], Event], mark: str, notifier: Notifier, report: Callable[[Exception], None]
    ) -> None:
        self._decode = decode
        self._mark = mark
        self._notifier = notifier
        self._report = report

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Push what the batch asks for; the answer names the records to deliver again."""
        failed: set[str] = set()
        batch: list[Incoming] = []
        for record in event["Records"]:
            key = record["dynamodb"]["SequenceNumber"]
            try:
                incoming = self._incoming(key, record)
            except Exception as error:
                self._report(error)
                failed.add(key)
                continue
            if incoming is not None:
                batch.append(incoming)
        failed |= self._notifier.notify(batch)
        return {"batchItemFailures": [{"itemIdentifier": key} for key in sorted(failed, key=int)]}

    def _incoming(self, key: str, record: Mapping[str, Any]) -> Incoming | None:
        """None for a record that never pushes; the event source's filter lets few of those through."""
        image = record["dynamodb"].get("NewImage", {})
        if record["eventName"] != "INSERT" or self._mark not in image:
            return None
        event = self._decode(image)
        user_id: str = image["user_id"]["S"]
        return Incoming(key, user_id, event) if may_sound(event, user_id) else None
