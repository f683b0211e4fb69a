"""The real services of messaging, groups, devices and push, on fakes, by the names that the script uses."""

from __future__ import annotations

from itertools import count

from tests.day.acts import Act, Person, Say
from tests.day.time import DayClock
from tests.unit.messaging.rig import Rig
from tidings.domain.conversation import direct_id, is_group, other
from tidings.domain.errors import TidingsError
from tidings.domain.events import GroupChange, ReceiptKind
from tidings.domain.identity import Identity
from tidings.domain.notice import Sounding
from tidings.domain.position import stamped
from tidings.domain.privacy import Previews, PrivacyChange
from tidings.domain.stamp import Fence
from tidings.ports.devices import Notification
from tidings.services.blocking import Blocking, Effects
from tidings.services.claim import Stamps
from tidings.services.devices import DeviceRegistry
from tidings.services.edge_queue import EdgeQueue
from tidings.services.fanout.events import Copies
from tidings.services.group_changes import GroupChanges
from tidings.services.groups import GroupActions
from tidings.services.guests import Guests
from tidings.services.late import LateArrivals
from tidings.services.notices import Sources
from tidings.services.people import People
from tidings.services.preferences import SetConversation
from tidings.services.push import Notifier
from tidings.services.receipts import Confirm, Confirmed
from tidings.services.send import SendMessage, Sent
from tidings.services.settle import Settle
from tidings.services.unread import Unread

AFTER_MS = 2_000
CAP = 10
BOUND_MS = 60_000
MOST = 1_000


class Town(Rig):
    """Everybody, on one clock."""

    def __init__(self, clock: DayClock) -> None:
        super().__init__()
        self.origin: Act | None = None
        self.reported: list[str] = []
        self._sent: dict[str, Sent] = {}
        self._deeds: dict[tuple[str, str], Act] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._groups: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._newest: dict[tuple[str, str], str] = {}
        self._seen = 0
        self._shown: dict[str, int] = {}
        self.world.clock = self.clock = clock
        self.build()
        world = self.world
        self._devices = DeviceRegistry(world.users, world.devices, world.push, CAP)
        self._carried = 0
        self._numbers = count(1)
        people = People(world.users)
        changes = GroupChanges(self.claims, world.log, world.groups, world.members, world.pulled, clock, MOST)
        self._settle = Settle(world.groups, world.members, world.memberships, world.pulled)
        guests = Guests(people, world.memberships)
        self._actions = GroupActions(changes, self.claims, world.groups, world.members, guests, self._settle, clock)
        stamps = Stamps(clock, world.times)
        self._copies = Copies(stamps, world.mailboxes, LateArrivals(stamps, world.log, world.mailboxes))
        edges = EdgeQueue(world.chunks, clock, world.times, BOUND_MS)
        effects = Effects(world.blocks, world.memberships, world.graph, edges, clock, world.times)
        self._blocking = Blocking(self.claims, people, world.blocks, effects, world.chunks, clock, world.times)
        unread = Unread(world.mailboxes, world.memberships, clock)
        sources = Sources(world.users, world.devices, world.memberships, world.log, world.groups, unread, clock)
        self.notifier = Notifier(sources, world.push, world.meter, self._report, AFTER_MS)

    def _report(self, error: Exception) -> None:
        self.reported.append(type(error).__name__)

    def enter(self, person: Person) -> None:
        """Somebody who has connected once; with their phones."""
        caller = self.caller(person.name)
        identity = Identity(person.name, "phone", caller.identity.expires_at, person.shown)
        self.world.users.ensure(identity, self.clock.now())
        for device, token in person.phones:
            self.register(person.name, device, token)
        self.preview(person.name, person.previews)

    # Messages, by the names that the script gives them.

    def say(self, say: Say) -> None:
        """A message."""
        to = None if say.chat in self._groups else say.chat
        command = SendMessage(say.name, to, say.text, self._groups.get(say.chat), mentions=say.mentions)
        sent = self.messaging.one(self.caller(say.who), command, Sent)
        self._sent[say.name] = sent
        self._names[sent.conversation_id, sent.position] = say.name
        self._deeds[say.who, say.name] = say

    def unsend(self, who: str, name: str) -> None:  # type: ignore[override]
        """Taken back."""
        super().unsend(who, self._sent[name], f"unsend-{name}")

    def edit(self, who: str, name: str, text: str) -> None:  # type: ignore[override]
        """Changed."""
        self._tolerated(lambda: super(Town, self).edit(who, self._sent[name], text, f"edit-{name}"))

    def react(self, who: str, name: str) -> None:  # type: ignore[override]
        """Reacted to."""
        self._tolerated(lambda: super(Town, self).react(who, self._sent[name], "!", f"react-{who}-{name}"))

    def _tolerated(self, do: object) -> None:
        """People try what is too late: what was taken back, a group that they left, somebody who blocks them."""
        try:
            do()  # type: ignore[operator]
        except TidingsError as error:
            assert not error.retryable

    def confirm(self, who: str, chat: str, kind: ReceiptKind, position: str | None = None) -> None:
        """Everything so far is here, or read."""
        at = position or self._newest.get((who, chat))
        if at is not None:
            command = Confirm(chat, kind, at)
            self._tolerated(lambda: self.messaging.one(self.caller(who), command, Confirmed))

    # A reader's own settings.

    def chat(self, who: str, chat: str) -> str:
        """The id of a chat that `who` calls so."""
        return self._groups.get(chat) or direct_id(who, chat)

    def set(self, who: str, chat: str, **values: int | bool) -> None:
        """Mute, archive."""
        command = SetConversation(f"set-{next(self._numbers)}", self.chat(who, chat), values)
        self.messaging.one(self.caller(who), command, Sent)

    def block(self, who: str, whom: str, *, on: bool) -> None:
        """Block, or no longer."""
        change = self._blocking.block if on else self._blocking.unblock
        change(self.caller(who), f"block-{next(self._numbers)}", whom)

    def preview(self, who: str, policy: str) -> None:
        """What pushes show."""
        self.world.users.set_privacy(who, PrivacyChange(previews=Previews(policy)), self._position(who))

    def _position(self, who: str) -> str:
        caller = self.caller(who)
        return str(stamped(caller.stamp, who, "phone", caller.frame_id))

    def _fence(self) -> Fence:
        return self.world.fence()

    # Phones.

    def register(self, who: str, device: str, token: str) -> None:
        """A phone gets its endpoint."""
        self._devices.register(self.caller(who, device), "fcm", token)

    def remove(self, who: str, device: str) -> None:
        """A phone is signed out."""
        self._devices.remove(self.caller(who, device), None)

    def dies(self, token: str) -> None:
        """The platform takes the token for dead."""
        self.world.push.dead.add(_endpoint(token))

    def fails(self, token: str, *, failing: bool) -> None:
        """The push service does not answer for a token."""
        (self.world.push.failing.add if failing else self.world.push.failing.discard)(_endpoint(token))

    def shown(self) -> list[tuple[str, Notification]]:
        """What phones have shown since the last look: (token, notification)."""
        found = []
        for endpoint, notifications in self.world.push.phones.items():
            found += [(endpoint.rpartition("/")[2], each) for each in notifications[self._shown.get(endpoint, 0) :]]
            self._shown[endpoint] = len(notifications)
        return found

    # Back to the script's names.

    def arrived(self) -> list[tuple[str, Sounding]]:
        """What the mailboxes' stream has shown since the last look."""
        found = [(owner, event) for owner, event in self.world.mailboxes.pushes[self._seen :]]
        self._seen = len(self.world.mailboxes.pushes)
        for owner, event in found:
            key = (owner, event.conversation_id)
            self._newest[key] = max(self._newest.get(key, ""), event.position)
        return found  # type: ignore[return-value]

    def deed(self, event: Sounding) -> Act:
        """What the script calls it."""
        return self._deeds[event.sender, event.client_id]

    def name(self, token: str, chat: str) -> str:
        """What the owner of a phone calls a chat."""
        owner = self.world.push.endpoints[_endpoint(token)].partition("#")[0]
        return self._titles[chat] if is_group(chat) else other(chat, owner)

    def message(self, chat: str, position: str) -> str:
        """The name of a message; empty for what is none."""
        return self._names.get((chat, position), "")

    # Groups.

    def found(self, who: str, group: str, members: tuple[str, ...]) -> None:
        """A group is made."""
        client_id = f"found-{group}"
        made = self._actions.create(self.caller(who), client_id, members, (("title", group),))
        self._groups[group], self._titles[made.conversation_id] = made.conversation_id, group
        assert self.origin is not None
        self._deeds[who, client_id] = self.origin

    def add(self, who: str, group: str, whom: str) -> None:
        """Somebody is put into it."""
        client_id = f"add-{group}-{whom}"
        assert self.origin is not None
        self._deeds[who, client_id] = self.origin
        self._actions.add(self.caller(who), client_id, self._groups[group], [whom])

    def leave(self, who: str, group: str) -> None:
        """Somebody leaves."""
        self._actions.leave(self.caller(who), f"leave-{group}-{who}", self._groups[group])

    def carry(self) -> None:
        """What planner and workers do for changes of groups, without queues: rows, and everybody's mailboxes."""
        log = self.world.log.entries
        for chat, position in list(log)[self._carried :]:
            event, group = log[chat, position].event, self.world.groups.all.get(chat)
            if isinstance(event, GroupChange) and group is not None:
                fence = self._fence()
                self._settle.apply(event, event.users, fence)
                pages = (page for _, page in self.world.members.audience(chat, 0, None))
                owners = [each.user_id for page in pages for each in page if each.received(position)]
                self._copies.write(log[chat, position], owners, fence)
        self._carried = len(log)


def _endpoint(token: str) -> str:
    return f"arn:aws:sns:endpoint/fcm/{token}"
