"""The messaging services on fakes, with a hook before and after every call to a port."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from tests.fakes import FakeWorld, watched
from tests.fakes.watch import Hook
from tidings.domain.events import Event, LogEntry, Message, Receipt, ReceiptKind
from tidings.domain.identity import Caller, Connection, Identity
from tidings.ports import User
from tidings.services.claim import Claims
from tidings.services.conversations import Conversations
from tidings.services.deliver import Deliverer
from tidings.services.direct import Meetings
from tidings.services.edit import EditMessage, Editor
from tidings.services.facts import Facts
from tidings.services.group_rooms import GroupRooms
from tidings.services.hide import HideMessage, Hider
from tidings.services.history import Histories, HistoryPage
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.messaging import Messaging, Use
from tidings.services.metas import Metas
from tidings.services.own_rows import OwnRows
from tidings.services.people import People
from tidings.services.preferences import Preferences, SetConversation
from tidings.services.pulls import Pulls
from tidings.services.react import React, Reactor
from tidings.services.receipts import Confirm, Confirmed, Receipts
from tidings.services.rooms import Rooms
from tidings.services.send import Sender, SendMessage, Sent
from tidings.services.sync import Syncs
from tidings.services.tallies import Tallies
from tidings.services.targets import Targets
from tidings.services.threads import Threads
from tidings.services.unsend import Unsender, UnsendMessage
from tidings.services.uses import life_uses, messaging_uses
from tidings.services.views import Views

RETENTION_MS = 30 * 86_400_000
MAX_DEVICES = 10
HOUR = 3_600_000
EDIT_WINDOW = 15 * 60_000
UNSEND_WINDOW = 48 * HOUR


class Crash(Exception):
    """The worker dies."""


class Rig:
    """The services, and what tests do with them."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.clock = self.world.clock
        self.before: Hook | None = None
        self.after: Hook | None = None
        self._frames = count(1)
        self.build()

    def build(self) -> None:
        """Make the services anew, as a cold start does."""
        world = self.world
        outbox = watched(world.outbox, before=self._before, after=self._after)
        log = watched(world.log, before=self._before, after=self._after)
        mailboxes = watched(world.mailboxes, before=self._before, after=self._after)
        memberships = watched(world.memberships, before=self._before, after=self._after)
        registry = watched(world.registry, before=self._before, after=self._after)
        sockets = watched(world.sockets, before=self._before, after=self._after)
        users = watched(world.users, before=self._before, after=self._after)
        self.claims = Claims(outbox, self.clock, world.times)
        self.live = Live(registry, sockets, self.clock, world.meter)
        self.facts = Facts(self.claims, log, LateArrivals(self.claims, log, mailboxes))
        groups = watched(world.groups, before=self._before, after=self._after)
        members = watched(world.members, before=self._before, after=self._after)
        tallies = watched(world.tallies, before=self._before, after=self._after)
        rows = OwnRows(groups, members, memberships)
        receipts = Receipts(self.claims, log, memberships, rows, tallies)
        reactions = watched(world.reactions, before=self._before, after=self._after)
        people = People(users)
        self.meetings, metas = Meetings(memberships, people), Metas(groups, self.clock)
        self.group_rooms = GroupRooms(metas, members, self.clock, world.times)
        self.rooms = rooms = Rooms(self.meetings, self.group_rooms)
        targets, views = Targets(log), Views(metas, members)
        self.uses = messaging_uses(Sender(self.facts, rooms, targets), receipts)
        self.uses |= life_uses(
            Editor(self.claims, self.facts, rooms, log, EDIT_WINDOW),
            Unsender(self.claims, self.facts, rooms, log, UNSEND_WINDOW),
            Reactor(self.claims, self.facts, rooms, targets, reactions),
            Hider(self.claims, views, targets, memberships),
        )
        self.uses[SetConversation] = Use(Preferences(self.claims, memberships, rows).prepare)
        self.messaging = Messaging(people, Deliverer(mailboxes, self.live), self.uses)
        pulls = Pulls(log, world.groups, world.members, world.times, RETENTION_MS)
        self.syncs = Syncs(mailboxes, registry, world.users, self.clock, world.times, RETENTION_MS, MAX_DEVICES, pulls)
        self.conversations = Conversations(log, memberships, groups, mailboxes, self.clock, Threads(1))
        self.histories = Histories(views, log, memberships, Tallies(reactions))

    def _before(self, name: str) -> None:
        if self.before is not None:
            self.before(name)

    def _after(self, name: str) -> None:
        if self.after is not None:
            self.after(name)

    def person(self, user_id: str, *devices: str) -> None:
        """A user with registered devices."""
        self.world.users.users[user_id] = User(user_id, devices=frozenset(devices))

    def online(self, user_id: str, device_id: str = "phone", age: int = HOUR) -> Connection:
        """Enter a connection that is `age` ms old."""
        connection = Connection(device_id, f"{user_id}-{device_id}", self.clock.now() - age)
        self.world.registry.register(user_id, connection, self.clock.now(), MAX_DEVICES)
        return connection

    def caller(self, user_id: str, device_id: str = "phone", stamp: int | None = None) -> Caller:
        """The sender of a new frame that the gateway took now, or at `stamp`."""
        connection = Connection(device_id, f"{user_id}-{device_id}", self.clock.now() - HOUR)
        taken = self.clock.now() if stamp is None else stamp
        return Caller(Identity(user_id, device_id, 4_102_444_800), connection, taken, f"frame-{next(self._frames)}")

    def send(self, sender: str, to: str, text: str = "hello", client_id: str = "c-1", device: str = "phone") -> Sent:
        """One message in a frame of its own."""
        return self.messaging.one(self.caller(sender, device), SendMessage(client_id, to, text), Sent)

    def set(self, user_id: str, conversation_id: str, client_id: str = "s-1", **values: int | bool) -> Sent:
        """One change of a conversation's settings in a frame of its own."""
        return self.messaging.one(self.caller(user_id), SetConversation(client_id, conversation_id, values), Sent)

    def edit(self, sender: str, sent: Sent, text: str, client_id: str = "e-1", device: str = "phone") -> Sent:
        """An edit of a message, in a frame of its own."""
        command = EditMessage(client_id, sent.conversation_id, sent.position, text)
        return self.messaging.one(self.caller(sender, device), command, Sent)

    def unsend(self, sender: str, sent: Sent, client_id: str = "u-1", device: str = "phone") -> Sent:
        """An unsend."""
        command = UnsendMessage(client_id, sent.conversation_id, sent.position)
        return self.messaging.one(self.caller(sender, device), command, Sent)

    def react(self, sender: str, sent: Sent, emoji: str, client_id: str = "r-1", device: str = "phone") -> Sent:
        """A reaction; an empty one takes it back."""
        command = React(client_id, sent.conversation_id, sent.position, emoji)
        return self.messaging.one(self.caller(sender, device), command, Sent)

    def hide(self, sender: str, sent: Sent, client_id: str = "h-1", device: str = "phone") -> Sent:
        """A message deleted for the sender of this only."""
        command = HideMessage(client_id, sent.conversation_id, sent.position)
        return self.messaging.one(self.caller(sender, device), command, Sent)

    def entry(self, sent: Sent) -> LogEntry:
        """What stands in the log."""
        return self.world.log.entries[sent.conversation_id, sent.position]

    def history(self, reader: str, sent: Sent, before: str | None = None, limit: int = 50) -> HistoryPage:
        """A page of a conversation."""
        return self.histories.page(self.caller(reader), sent.conversation_id, before, limit)

    def ack(
        self, reader: str, sent: Sent, kind: ReceiptKind = ReceiptKind.DELIVERED, taken_at: int | None = None
    ) -> Confirmed:
        """One receipt in a frame of its own."""
        command = Confirm(sent.conversation_id, kind, sent.position, taken_at)
        return self.messaging.one(self.caller(reader), command, Confirmed)

    def bury(self, at: str, conversation_id: str = "dm#ann#bob") -> None:
        """What an unsend does to a log item: leave a tombstone."""
        self.world.log.tombstone(conversation_id, at, at, self.world.fence())

    def box(self, user_id: str) -> list[Event]:
        """A mailbox, in order of arrival."""
        return [event for _, event in sorted(self.world.mailboxes.boxes.get(user_id, {}).items())]

    def messages(self, user_id: str) -> list[Message]:
        """The messages in a mailbox."""
        return [event for event in self.box(user_id) if isinstance(event, Message)]

    def receipts(self, user_id: str) -> list[Receipt]:
        """The receipts in a mailbox."""
        return [event for event in self.box(user_id) if isinstance(event, Receipt)]

    def tell(self, user_id: str, **privacy: Any) -> None:
        """Change privacy settings."""
        user = self.world.users.users[user_id]
        self.world.users.users[user_id] = replace(user, privacy=replace(user.privacy, **privacy))

    def nothing_written(self) -> bool:
        """Whether no store was written to."""
        world = self.world
        return not (world.outbox.entries or world.log.entries or world.mailboxes.boxes or world.memberships.marks)


class DieAt:
    """A hook that dies at the n-th call, 1 for the first.  `calls` is how many there were."""

    def __init__(self, number: int) -> None:
        self.calls = 0
        self._number = number

    def __call__(self, _name: str) -> None:
        self.calls += 1
        if self.calls == self._number:
            raise Crash
