"""The conversation list of a user, and what makes something happen in it."""

from __future__ import annotations

from collections.abc import Callable

from tests.contract.made import position
from tests.fakes import FakeLog, FakeMailboxes
from tests.unit.messaging.rig import Rig
from tidings.domain.events import LogEntry, Message, ReceiptKind
from tidings.domain.listing import LOOKED_UP
from tidings.services.conversations import Conversations, Listed, ListPage
from tidings.services.facts import Sent
from tidings.services.threads import Threads

CHAT = "dm#ann#bob"


def page(rig: Rig, user: str = "bob", before: str | None = None, limit: int = 20) -> ListPage:
    return rig.conversations.page(rig.caller(user), before, limit)


def every(rig: Rig, user: str = "bob", limit: int = 20) -> list[Listed]:
    found: list[Listed] = []
    before: str | None = None
    while True:
        part = page(rig, user, before, limit)
        assert (part.unread is not None) == (before is None)
        found += part.conversations
        before = part.before
        if before is None:
            return found


def only(rig: Rig, user: str = "bob") -> Listed:
    (found,) = page(rig, user).conversations
    return found


def texts(rig: Rig, user: str = "bob") -> list[str]:
    return [each.last.text for each in every(rig, user) if isinstance(each.last, Message)]


def say(rig: Rig, sender: str, to: str, text: str = "hello") -> Sent:
    rig.clock.advance(1)
    return rig.send(sender, to, text, client_id=f"c-{rig.clock.now()}")


def read(rig: Rig, reader: str, sent: Sent, kind: ReceiptKind = ReceiptKind.READ) -> None:
    rig.clock.advance(1)
    rig.ack(reader, sent, kind)


def block(rig: Rig, blocked: bool) -> None:
    at = position(rig.clock.advance(1))
    rig.world.memberships.set("bob", CHAT, {"blocked": blocked}, at, rig.world.fence())


class ShortSighted(FakeLog):
    """Each look at a log sees a bounded number of entries, as the store's does."""

    def __init__(self, log: FakeLog) -> None:
        self.entries = log.entries

    def page(
        self, conversation_id: str, before: str, limit: int, show: Callable[[LogEntry], bool], *, after: str = ""
    ) -> tuple[list[LogEntry], str | None]:
        looked_at = self._between(conversation_id, after, before)[::-1][: 2 * limit]
        shown = [entry for entry in looked_at if entry.event is not None and show(entry)]
        return shown[:limit], looked_at[-1].position if looked_at else None


def listing_of(rig: Rig, log: FakeLog, mailboxes: FakeMailboxes | None = None, most: int = LOOKED_UP) -> Conversations:
    """The service, on a log of the test's own."""
    world = rig.world
    return Conversations(
        log, world.memberships, world.groups, mailboxes or world.mailboxes, rig.clock, Threads(1), most=most
    )
