"""Events of larger groups as a kind of fan-out: each member's mailbox, then whoever is connected.

The sender decided the path and stored it with the event.  Members are read strongly, and each receives what lies in
one of their stays: whoever left in time gets nothing, whoever leaves later still does.

    within F of the position    under the position itself: a chunk that comes twice writes the same items
    between F and T             put off: a worker of this chunk may still be writing
    past T                      under an arrival claimed on the log item, where the event is missing; a claim that is
                                not settled is another chunk's and is shared

A tombstone beats them all.  What was read alive just before is written by the tombstone's time plus `T`, and swept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tidings.domain import position
from tidings.domain.events import Change, Edit, Event, GroupChange, LogEntry, LogEvent, Message, Path
from tidings.domain.stamp import Fence
from tidings.ports.groups import Groups, Members
from tidings.ports.messaging import Log, Mailboxes
from tidings.ports.streams import Logged, Shown
from tidings.services.claim import Stamps
from tidings.services.deliver import Parcel
from tidings.services.fanout.jobs import ChunkJob, PlanJob
from tidings.services.fanout.kinds import Apply, Effect, Kind, Nobody, Subject, Wanted
from tidings.services.late import LateArrivals
from tidings.services.live import Live

EVENT: Final = "event"
EDITED: Final = "edited"
CALLED: Final = "called"
MEAN_CHUNK: Final = 500
"""A group that is pushed to is two or three chunks: each reads the event, beside one read a member."""


def event_rule(shown: Shown) -> Iterator[Wanted]:
    """A new event on the path of chunks asks to be delivered, a pulled one only to those whom it calls by name."""
    if not isinstance(shown, Logged) or not shown.fresh:
        return
    chat, entry = shown.conversation_id, shown.entry
    if _pushed(entry):
        yield Wanted(PlanJob(EDITED if isinstance(entry.event, Edit) else EVENT, chat, entry.position))
    elif called := _called(entry):
        yield Wanted(ChunkJob(CALLED, chat, entry.position, 0, position.ms_of(entry.position), called))


def _pushed(entry: LogEntry) -> bool:
    return entry.path is Path.CHUNK and entry.event is not None


def _called(entry: LogEntry) -> tuple[str, ...]:
    """Whose phones a pulled event shall sound: they get a copy in their mailboxes, where push looks."""
    if entry.path is not Path.PULL:
        return ()
    match entry.event:
        case Message(mentions=mentions):
            named = mentions
        case GroupChange(change=Change.ADDED, users=users):
            named = users
        case _:
            named = ()
    return tuple(user_id for user_id in named if user_id != entry.sender)


class Receivers:
    """The audience of an event: whose stays cover it, the sender included, for their other devices."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def first(self, subject: Subject) -> Sequence[str]:  # noqa: ARG002 - nobody, whatever it is
        """Nobody."""
        return ()

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The members."""
        for at, page in self._members.audience(subject.owner, shard, after):
            yield from ((at, member.user_id) for member in page if member.received(subject.position))


class Witnesses(Receivers):
    """The audience of an edit: of those who receive it, whoever may see the message that it is of.  Somebody who joined
    in between is not told what was said before."""

    def __init__(self, log: Log, groups: Groups, members: Members) -> None:
        super().__init__(members)
        self._log = log
        self._groups = groups

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The members; nobody for a tombstone."""
        entry = self._log.get(subject.owner, subject.position, strong=True)
        event = entry.event if entry is not None else None
        if event is None:
            return
        # One that has just been made may not be everywhere yet.
        group = self._groups.get(subject.owner, strong=False) or self._groups.get(subject.owner, strong=True)
        if group is None:
            return
        for at, page in self._members.audience(subject.owner, shard, after):
            yield from ((at, member.user_id) for member in page if member.gets(event, group.history))


class Copies:
    """Puts an event into mailboxes, by the rules of arrivals."""

    def __init__(self, stamps: Stamps, mailboxes: Mailboxes, late: LateArrivals) -> None:
        self._stamps = stamps
        self._mailboxes = mailboxes
        self._late = late

    def write(self, entry: LogEntry, owners: Sequence[str], read: Fence) -> Mapping[str, Sequence[Event]]:
        """Write the event of `entry`, which was read strongly under `read`, for those of `owners` who lack it.

        What each of them got.  Raises `RetryLater` while it is not known who has it, `Unavailable`.
        """
        if entry.event is None or not owners:
            return {}
        if self._stamps.settled(position.ms_of(entry.position)):
            parcels = self._late.missing(entry, owners, read.stamp)
        else:
            copy, fence = replace(entry.event, arrival=entry.position), self._stamps.fence(entry.position)
            parcels = tuple(Parcel(owner, copy, fence) for owner in owners)
        if parcels:
            # Of the two stamps the older one rules: the event may have been unsent since it was read.
            fence = self._stamps.fence(min(read.stamp, parcels[0].fence.stamp))
            self._mailboxes.put([(parcel.user_id, parcel.event) for parcel in parcels], fence)
        return {parcel.user_id: (parcel.event,) for parcel in parcels}


class Entitled:
    """Who of some members may be told an event, where its position and the plan do not say so already."""

    def __init__(self, groups: Groups, members: Members) -> None:
        self._groups = groups
        self._members = members

    def among(self, recipients: Sequence[str], event: LogEvent) -> list[str]:
        """Those of `recipients`, strongly read."""
        group = self._groups.get(event.conversation_id, strong=True)
        found = self._members.many(group, recipients) if group is not None else {}
        return [each for each in recipients if group and each in found and found[each].gets(event, group.history)]


class Deliver:
    """Writes an event into each recipient's mailbox and posts it to whoever is connected."""

    def __init__(self, log: Log, entitled: Entitled, copies: Copies, live: Live) -> None:
        self._log = log
        self._entitled = entitled
        self._copies = copies
        self._live = live

    def prepare(self, subject: Subject) -> Apply | None:
        """Read the event strongly.  None for a tombstone, and for what others deliver."""
        entry = self._log.get(subject.owner, subject.position, strong=True)
        if entry is None or entry.event is None or not _pushed(entry):
            return None
        author, event = (position.parse(entry.position).sender,), entry.event
        edited = isinstance(event, Message) and event.edited is not None

        def apply(recipients: Sequence[str], fence: Fence) -> None:
            # It was edited on its way: whoever left in between is told neither what it said nor what it says.
            told = self._entitled.among(recipients, event) if edited else recipients
            written = dict(self._copies.write(entry, told, fence))
            if entry.alone:
                written.pop(entry.sender, None)
            self._live.post(written, author)

        return apply


class Call:
    """Writes a pulled event into the mailboxes of those of its recipients who are members."""

    def __init__(self, log: Log, entitled: Entitled, copies: Copies) -> None:
        self._log = log
        self._entitled = entitled
        self._copies = copies

    def prepare(self, subject: Subject) -> Apply | None:
        """Read the event strongly.  None for a tombstone, and for what is not pulled."""
        entry = self._log.get(subject.owner, subject.position, strong=True)
        if entry is None or entry.event is None or not _called(entry):
            return None
        event = entry.event

        def apply(recipients: Sequence[str], fence: Fence) -> None:
            self._copies.write(entry, self._entitled.among(recipients, event), fence)

        return apply


def event_kinds(log: Log, groups: Groups, members: Members) -> dict[str, Kind]:
    """The registry's entries for events of groups."""
    return {
        EVENT: Kind(Receivers(members), gives=True, mean=MEAN_CHUNK),
        EDITED: Kind(Witnesses(log, groups, members), gives=True, mean=MEAN_CHUNK),
        CALLED: Kind(Nobody(), gives=True),
    }


def event_effects(log: Log, groups: Groups, members: Members, copies: Copies, live: Live) -> dict[str, Effect]:
    """What workers do for them."""
    entitled = Entitled(groups, members)
    deliver = Deliver(log, entitled, copies, live)
    return {EVENT: deliver, EDITED: deliver, CALLED: Call(log, entitled, copies)}
