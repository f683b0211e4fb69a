"""Mobile push for messages that nobody confirmed.

Whether to push is decided seconds after the message was written, by the recipient's watermarks, not by whether a
socket looked alive: a phone in a tunnel takes a frame and shows nothing.

    covered by the delivered or read mark      no push
    younger than `after_ms`                    wait until it is not, look again
    several of one conversation in a batch     one notification, which shows the newest
    a device without an endpoint               skipped
    an endpoint that the platform calls dead   forgotten

A stream's batch that failed in part is delivered again from the first failure on, so whatever came after it would
sound again.  What this process has sounded it remembers, up to a bound, and does not repeat; another process
may: a replayed push may sound twice.  Its collapse key lets the phone show it once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from tidings.domain.events import Message, ReceiptKind
from tidings.domain.position import ms_of
from tidings.domain.timeline import excerpt
from tidings.domain.watermark import covered
from tidings.ports.devices import Device, Devices, Notification, Push
from tidings.ports.groups import Memberships
from tidings.ports.people import Users
from tidings.ports.world import Clock, Meter

TTL_S: Final = 28 * 86_400
"""As long as FCM keeps a notification for a phone that is off."""
BODY_BYTES: Final = 600
"""What a lock screen shows of a message, and well under the 4 KB that the platforms take."""
BUDGET_MS: Final = 30_000
"""After this and the wait, the rest of a batch is left for the next try: the function is never cut off half-way."""
REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it arrived in `user_id`'s mailbox; `key` names it to the caller."""

    key: str
    user_id: str
    message: Message


class Notifier:
    """Sounds phones.  `report` is told about errors (where they came from, never what they were about)."""

    def __init__(
        self,
        users: Users,
        memberships: Memberships,
        devices: Devices,
        push: Push,
        clock: Clock,
        meter: Meter,
        report: Callable[[Exception], None],
        after_ms: int,
    ) -> None:
        self._users = users
        self._memberships = memberships
        self._devices = devices
        self._push = push
        self._clock = clock
        self._meter = meter
        self._report = report
        self._after = after_ms
        self._sounded: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def notify(self, batch: Sequence[Incoming]) -> set[str]:
        """Push what is not covered.  The keys of those to try again."""
        deadline = self._clock.now() + self._after + BUDGET_MS
        failed: set[str] = set()
        open_groups = self._uncovered(_grouped(batch), failed, deadline)
        wait = self._wait(open_groups)
        if wait > 0:
            self._clock.sleep(wait)
            open_groups = self._uncovered(open_groups, failed, deadline)
        self._each(open_groups, failed, deadline, self._sound)
        return failed

    def _wait(self, groups: list[list[Incoming]]) -> int:
        """Milliseconds until the newest of them is old enough; never more than that age itself."""
        arrivals = [ms_of(each.message.arrival) for group in groups for each in group]
        return min(self._after, max(arrivals) + self._after - self._clock.now()) if arrivals else 0

    def _uncovered(self, groups: list[list[Incoming]], failed: set[str], deadline: int) -> list[list[Incoming]]:
        """What the watermarks leave of each group."""
        left: list[list[Incoming]] = []

        def look(group: list[Incoming]) -> None:
            first = group[0]
            marks = self._memberships.watermarks(first.user_id, first.message.conversation_id)
            standing = tuple(marks.get(kind) for kind in ReceiptKind)
            rest = [each for each in group if not covered(standing, each.message.position, each.message.arrival)]
            if rest:
                left.append(rest)

        self._each(groups, failed, deadline, look)
        return left

    def _each(
        self,
        groups: list[list[Incoming]],
        failed: set[str],
        deadline: int,
        do: Callable[[list[Incoming]], None],
    ) -> None:
        """Do it for each group; one that fails, or that there is no time for, is left for the next try."""
        for group in groups:
            try:
                if self._clock.now() > deadline:
                    raise TimeoutError
                do(group)
            except Exception as error:
                self._report(error)
                failed.update(each.key for each in group)

    def _sound(self, group: list[Incoming]) -> None:
        """Notify each of the recipient's phones.  One phone that fails does not keep the others silent."""
        user_id = group[0].user_id
        problem: Exception | None = None
        notification: Notification | None = None
        for device in self._devices.of(user_id):
            if device.endpoint is None or all(self._has_sounded(device.endpoint, each.message) for each in group):
                continue
            notification = notification or self._notification([each.message for each in group])
            try:
                self._send(user_id, device, device.endpoint, notification, group)
            except Exception as error:
                problem = error
        if problem is not None:
            raise problem

    def _send(
        self, user_id: str, device: Device, endpoint: str, notification: Notification, group: list[Incoming]
    ) -> None:
        result = self._push.send(device, notification)
        self._remember(endpoint, group)
        if result == "dead":
            self._devices.forget_endpoint(user_id, device.device_id, endpoint)
        self._meter.count("Pushes" if result == "sent" else "PushEndpointsDead")

    def _notification(self, messages: list[Message]) -> Notification:
        newest = max(messages, key=lambda message: message.position)
        sender = self._users.get([newest.sender]).get(newest.sender)
        title = (sender.name if sender is not None else None) or "New message"
        return Notification(
            title=title if len(messages) == 1 else f"{title} ({len(messages)})",
            body=excerpt(newest.text, BODY_BYTES)[0],
            collapse_key=_collapse_key(newest.conversation_id),
            thread=newest.conversation_id,
            badge=None,
            ttl_s=TTL_S,
            data={
                "conversation": newest.conversation_id,
                "position": newest.position,
                "sender": newest.sender,
                "messages": str(len(messages)),
            },
        )

    def _has_sounded(self, endpoint: str, message: Message) -> bool:
        return (endpoint, message.sender, message.client_id) in self._sounded

    def _remember(self, endpoint: str, group: list[Incoming]) -> None:
        for each in group:
            self._sounded[endpoint, each.message.sender, each.message.client_id] = None
        while len(self._sounded) > REMEMBERED:
            self._sounded.popitem(last=False)


def _grouped(batch: Sequence[Incoming]) -> list[list[Incoming]]:
    """By recipient and conversation, in order of first appearance."""
    groups: dict[tuple[str, str], list[Incoming]] = {}
    for each in batch:
        groups.setdefault((each.user_id, each.message.conversation_id), []).append(each)
    return list(groups.values())


def _collapse_key(conversation_id: str) -> str:
    """32 characters: APNs takes 64 bytes, and a conversation's id can be longer."""
    return blake2b(conversation_id.encode(), digest_size=16).hexdigest()
