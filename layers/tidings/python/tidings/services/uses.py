"""The use cases that may travel in one frame of messaging, by their command."""

from __future__ import annotations

from tidings.domain.events import ReceiptKind
from tidings.services.messaging import Use
from tidings.services.receipts import Confirm, Receipts
from tidings.services.send import Sender, SendMessage


def messaging_uses(sender: Sender, receipts: Receipts) -> dict[type, Use]:
    """What `Messaging` runs."""
    return {
        SendMessage: Use(sender.prepare, others=_recipient),
        Confirm: Use(receipts.prepare, own=_reads),
    }


def _recipient(command: SendMessage) -> tuple[str, ...]:
    return () if command.to is None else (command.to,)


def _reads(command: Confirm) -> bool:
    """Only a read is told to the caller's other devices."""
    return command.kind is ReceiptKind.READ
