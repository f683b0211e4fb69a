"""A group and its members at their phones."""

from __future__ import annotations

from itertools import count

from tests.unit.groups import rig as groups
from tests.unit.messaging import rig as messaging
from tidings.domain.events import Message, Path
from tidings.domain.groups import INLINE_MAILBOXES
from tidings.services.send import SendMessage, Sent

C = 8_000
PEOPLE = ("ann", "bob", "cid", "dan")
MANY = tuple(f"user-{n:02d}" for n in range(INLINE_MAILBOXES + 5))


class Party:
    """A group, and its members at their phones."""

    def __init__(self) -> None:
        self.rig = messaging.Rig()
        self.groups = groups.Rig(*PEOPLE, *MANY, world=self.rig.world, most=100)
        self.clock, self.world = self.rig.clock, self.rig.world
        self._ids = count(1)

    def send(self, by: str, chat: str, text: str = "hello", client_id: str = "") -> Sent:
        self.clock.advance(1)
        return self.command(by, SendMessage(client_id or f"m-{next(self._ids)}", None, text, chat))

    def command(self, by: str, command: object) -> Sent:
        return self.rig.messaging.one(self.rig.caller(by), command, Sent)

    def path(self, sent: Sent) -> Path:
        return self.world.log.entries[sent.conversation_id, sent.position].path

    def got(self, *users: str) -> list[list[str]]:
        """The texts in each mailbox."""
        return [[event.text for event in self.rig.messages(user_id)] for user_id in users]

    def history(self, user_id: str, chat: str, limit: int = 100) -> list[str]:
        """What a member can page through, oldest first: texts, and changes by name."""
        found: list[str] = []
        before: str | None = None
        while True:
            page = self.rig.histories.page(self.rig.caller(user_id), chat, before, limit)
            found += [event.text if isinstance(event, Message) else event.change for event in page.events]
            before = page.before
            if before is None:
                return found[::-1]
