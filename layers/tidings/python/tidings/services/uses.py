"""The use cases that may travel in one frame of messaging, by their command."""

from __future__ import annotations

from tidings.domain.events import ReceiptKind
from tidings.services.edit import EditMessage, Editor
from tidings.services.hide import HideMessage, Hider
from tidings.services.messaging import Use
from tidings.services.react import React, Reactor
from tidings.services.receipts import Confirm, Receipts
from tidings.services.send import Sender, SendMessage
from tidings.services.unsend import Unsender, UnsendMessage


def messaging_uses(sender: Sender, receipts: Receipts) -> dict[type, Use]:
    """What `Messaging` runs."""
    return {
        SendMessage: Use(sender.prepare),
        Confirm: Use(receipts.prepare, own=_reads, counts=False),
    }


def life_uses(editor: Editor, unsender: Unsender, reactor: Reactor, hider: Hider) -> dict[type, Use]:
    """And those of a message's life."""
    return {
        EditMessage: Use(editor.prepare),
        UnsendMessage: Use(unsender.prepare),
        React: Use(reactor.prepare),
        HideMessage: Use(hider.prepare),
    }


def _reads(command: Confirm) -> bool:
    """Only a read is told to the caller's other devices."""
    return command.kind is ReceiptKind.READ
