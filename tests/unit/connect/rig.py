"""The connect and push services on fakes."""

from __future__ import annotations

from itertools import count

from tests.fakes import FakeWorld
from tidings.domain.conversation import direct_id
from tidings.domain.events import Change, GroupChange, Message, Path, ReceiptKind
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.notice import Sounding
from tidings.domain.position import stamped
from tidings.domain.watermark import Watermark
from tidings.ports import Users, Watchers
from tidings.services.activity import Activities
from tidings.services.blocks import Blocks
from tidings.services.connect import Connections
from tidings.services.devices import DeviceRegistry
from tidings.services.live import Live
from tidings.services.notices import Sources
from tidings.services.presence import Presences
from tidings.services.push import Incoming, Notifier
from tidings.services.sight import Sight
from tidings.services.unread import Unread
from tidings.storage import keys

AFTER_MS = 2_000
CAP = 3


class Rig:
    """The services, and what tests do with them."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.clock = self.world.clock
        self.reported: list[str] = []
        world = self.world
        self.live = Live(world.registry, world.sockets, self.clock, world.meter)
        self.activities = Activities(world.registry, world.sockets)
        self.sight = Sight(world.graph, Blocks(world.memberships).either)
        self.presences = self.attendance(world.users, world.watchers)
        self.connections = Connections(world.users, world.registry, world.sockets, self.presences, self.clock, CAP)
        self.devices = DeviceRegistry(self.world.users, self.world.devices, self.world.push, CAP)
        self._numbers = count(1)
        self.restart()

    def attendance(self, users: Users, watchers: Watchers) -> Presences:
        """The presence service on these stores."""
        world = self.world
        return Presences(
            users,
            watchers,
            self.activities,
            self.sight,
            self.live,
            self.clock,
            world.meter,
            world.times,
            keys.watched_presence,
        )

    def restart(self) -> None:
        """A new process of the push function, that remembers nothing."""
        world = self.world
        sources = Sources(
            users=world.users,
            devices=world.devices,
            memberships=world.memberships,
            log=world.log,
            groups=world.groups,
            unread=Unread(world.mailboxes, world.memberships, self.clock),
            clock=self.clock,
        )
        self.notifier = Notifier(
            sources, world.push, world.meter, lambda error: self.reported.append(type(error).__name__), AFTER_MS
        )

    def caller(self, user_id: str, device_id: str = "phone", *, connection: str = "c1", stamp: int = 0) -> Caller:
        """A frame of `user_id`'s, a millisecond after the last one, or at `stamp`."""
        at = stamp or self.clock.advance(1)
        identity = Identity(user_id, device_id, at // 1000 + 3_600, user_id.title(), at)
        return Caller(identity, Connection(device_id, connection, at), at, f"frame-{next(self._numbers)}")

    def phone(self, user_id: str, device_id: str = "phone", token: str | None = None) -> str:
        """Connect and register a phone; its endpoint."""
        caller = self.caller(user_id, device_id)
        self.connections.open(caller)
        self.devices.register(caller, "fcm", token or f"token-{user_id}-{device_id}")
        device = self.world.devices.get(user_id, device_id)
        assert device is not None
        assert device.endpoint is not None
        return device.endpoint

    def incoming(
        self,
        sender: str,
        user_id: str,
        text: str = "hello",
        *,
        age: int = AFTER_MS,
        group: str | None = None,
        mentions: tuple[str, ...] = (),
    ) -> Incoming:
        """A message that arrived in `user_id`'s mailbox `age` ms ago."""
        number = next(self._numbers)
        position = self.position(sender, age)
        conversation = group or direct_id(sender, user_id)
        message = Message(conversation, position, sender, f"c-{number}", text, arrival=position, mentions=mentions)
        return self.arrived(message, user_id)

    def added(self, sender: str, users: tuple[str, ...], group: str, *, age: int = AFTER_MS) -> Incoming:
        """`sender` put `users` into a group; as it arrived in the first one's mailbox."""
        position = self.position(sender, age)
        change = GroupChange(group, position, sender, f"c-{next(self._numbers)}", Change.ADDED, users, (), position)
        return self.arrived(change, users[0])

    def arrived(self, event: Sounding, user_id: str) -> Incoming:
        """The event is in its log (once) and in a mailbox."""
        self.world.log.append(event, Path.INLINE, self.world.fence())
        self.world.mailboxes.put([(user_id, event)], self.world.fence())
        return Incoming(str(next(self._numbers)), user_id, event)

    def position(self, sender: str, age: int = 0) -> str:
        """The position of something that `sender` did `age` ms ago."""
        at = self.clock.advance(1) - age
        return str(stamped(at, sender, "phone", f"frame-{next(self._numbers)}"))

    def unsend(self, incoming: Incoming) -> None:
        """The message is taken back: the tombstone is there, the sweep is not."""
        event = incoming.event
        unsend = self.position(event.sender)
        self.world.log.tombstone(event.conversation_id, event.position, unsend, self.world.fence())

    def set(self, user_id: str, conversation: str, **values: int | bool) -> None:
        """Mute, archive, block."""
        at = self.position(user_id)
        self.world.memberships.set(user_id, conversation, values, at, self.world.fence())

    def confirm(self, incoming: Incoming, kind: ReceiptKind = ReceiptKind.DELIVERED, *, taken_at: int = 0) -> None:
        """The recipient's device has it."""
        mark = Watermark(incoming.event.position, taken_at or self.clock.now())
        conversation = incoming.event.conversation_id
        self.world.memberships.advance(incoming.user_id, conversation, kind, mark, self.world.fence())

    def shown(self, endpoint: str) -> list[tuple[str, str]]:
        """Title and body of what the phone showed."""
        return [(each.title, each.body) for each in self.world.push.phones.get(endpoint, [])]
