"""Mobile push for what nobody confirmed.

Whether to push is decided seconds after the message was written, by the recipient's own side of the conversation and
not by whether a socket looked alive: a phone in a tunnel takes a frame and shows nothing.

    covered by the delivered, read or seen mark    no push
    blocked (the other side of a 1:1), left        no push
    muted                                          no push, but for a mention where the reader wants that
    younger than `after_ms`                        wait until it is not, look again
    several of one conversation in a batch         one notification, which shows the newest
    unsent meanwhile, withheld                     not told, not counted (`tidings.services.notices`)
    a device without an endpoint                   skipped
    an endpoint that the platform calls dead       forgotten

A stream's batch that failed in part is delivered again from the first failure on, so whatever came after it would
sound again.  What this process has sounded it remembers, up to a bound, and does not repeat; another process
may: a replayed push may sound twice.  Its collapse key lets the phone show it once.

So a burst in one conversation is at most one push a batch: the first at once, the rest as the batches come, which is
every few seconds (the mapping's window), or as soon as a hundred records are there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.events import Message
from tidings.domain.notice import Sounding
from tidings.domain.position import ms_of
from tidings.domain.watermark import covered
from tidings.ports.devices import Device, Notification, Push
from tidings.ports.groups import Membership
from tidings.ports.world import Meter
from tidings.services.notices import Notices, Sources

BUDGET_MS: Final = 30_000
"""After this and the wait, the rest of a batch is left for the next try: the function is never cut off half-way."""
REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event as it arrived in `user_id`'s mailbox; `key` names it to the caller."""

    key: str
    user_id: str
    event: Sounding


class Notifier:
    """Sounds phones.  `report` is told about errors (where they came from, never what they were about)."""

    def __init__(
        self, sources: Sources, push: Push, meter: Meter, report: Callable[[Exception], None], after_ms: int
    ) -> None:
        self._sources = sources
        self._clock = sources.clock
        self._push = push
        self._meter = meter
        self._report = report
        self._after = after_ms
        self._sounded: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def notify(self, batch: Sequence[Incoming]) -> set[str]:
        """Push what is not covered.  The keys of those to try again."""
        deadline = self._clock.now() + self._after + BUDGET_MS
        failed: set[str] = set()
        open_groups = self._worth(_grouped(batch), failed, deadline)
        wait = self._wait(open_groups)
        if wait > 0:
            self._clock.sleep(wait)
            open_groups = self._worth(open_groups, failed, deadline)
        notices = Notices(self._sources)
        self._each(open_groups, failed, deadline, lambda group: self._sound(group, notices))
        return failed

    def _wait(self, groups: list[list[Incoming]]) -> int:
        """Milliseconds until the newest of them is old enough; never more than that age itself."""
        arrivals = [ms_of(each.event.arrival) for group in groups for each in group]
        return min(self._after, max(arrivals) + self._after - self._clock.now()) if arrivals else 0

    def _worth(self, groups: list[list[Incoming]], failed: set[str], deadline: int) -> list[list[Incoming]]:
        """What the reader's own side leaves of each group."""
        left: list[list[Incoming]] = []

        def look(group: list[Incoming]) -> None:
            user_id, conversation_id = group[0].user_id, group[0].event.conversation_id
            row = self._sources.memberships.get(user_id, conversation_id)
            rest = [each for each in group if row is None or worth(row, each.event, user_id, self._clock.now())]
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

    def _sound(self, group: list[Incoming], notices: Notices) -> None:
        """Notify each of the recipient's phones.  One phone that fails does not keep the others silent."""
        user_id = group[0].user_id
        phones = [
            (device, device.endpoint)
            for device in notices.phones(user_id)
            if device.endpoint is not None and not all(self._has_sounded(device.endpoint, each) for each in group)
        ]
        notification = notices.notification(user_id, [each.event for each in group]) if phones else None
        problem: Exception | None = None
        for device, endpoint in phones if notification is not None else ():
            assert notification is not None
            try:
                if self._send(device, endpoint, notification, group) == "dead":
                    notices.gone(user_id, device)
            except Exception as error:
                problem = error
        if problem is not None:
            raise problem

    def _send(self, device: Device, endpoint: str, notification: Notification, group: list[Incoming]) -> str:
        result = self._push.send(device, notification)
        self._remember(endpoint, group)
        self._meter.count("Pushes" if result == "sent" else "PushEndpointsDead")
        return result

    def _has_sounded(self, endpoint: str, each: Incoming) -> bool:
        return (endpoint, each.event.sender, each.event.client_id) in self._sounded

    def _remember(self, endpoint: str, group: list[Incoming]) -> None:
        for each in group:
            self._sounded[endpoint, each.event.sender, each.event.client_id] = None
        while len(self._sounded) > REMEMBERED:
            self._sounded.popitem(last=False)


def worth(row: Membership, event: Sounding, user_id: str, now: int) -> bool:
    """Whether the reader, whose side of the conversation is `row`, wants to hear of the event."""
    if row.blocked or row.left or covered(tuple(row.marks.values()), event.position, event.arrival):
        return False
    if row.muted_until <= now:
        return True
    return isinstance(event, Message) and row.mentions and user_id in event.mentions


def _grouped(batch: Sequence[Incoming]) -> list[list[Incoming]]:
    """By recipient and conversation, in order of first appearance."""
    groups: dict[tuple[str, str], list[Incoming]] = {}
    for each in batch:
        groups.setdefault((each.user_id, each.event.conversation_id), []).append(each)
    return list(groups.values())
