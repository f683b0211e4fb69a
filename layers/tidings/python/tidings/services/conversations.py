"""`conversations`: the home screen.  Nothing is written for it on the way of a message: it is put together when asked.

    rows of the reader            all of them, and what they have deleted for themselves: two queries
    the ends of the logs          of up to 200 conversations (`tidings.domain.listing`), many at a time
    unread                        counted in the log, only where its end lies above what the reader has read
    names of groups               of those on the page

A user of more than 200 conversations is also asked of in the mailbox: which of them were active last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain import conversation, listing
from tidings.domain.groups import Group
from tidings.domain.identity import Caller
from tidings.domain.position import FIRST, ms_of
from tidings.domain.sizes import PAGE_BYTES, fitting, wire_bytes
from tidings.ports.groups import Groups, Membership, Memberships
from tidings.ports.messaging import Log, Mailboxes
from tidings.ports.world import Clock
from tidings.services.tails import Shown, Tail, Tails
from tidings.services.threads import Threads
from tidings.services.unread import LATEST, MOST, counts

ROWS: Final = 1_000
"""Rows of one query: less than the megabyte that a query may read."""
ENTRY_BYTES: Final = 1_024
"""Bytes of an entry on the wire beside its last event and the group's picture, generously."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation on the list.  `active_at` is epoch ms; `group` is None for a 1:1."""

    row: Membership
    last: Shown | None
    unread: int
    active_at: int
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Newest activity first; `unread` is the total, on the first page; `before` goes on, None at the end."""

    conversations: tuple[Listed, ...]
    unread: int | None
    before: str | None


class Conversations:
    """Lists what a user is in."""

    def __init__(
        self,
        log: Log,
        memberships: Memberships,
        groups: Groups,
        mailboxes: Mailboxes,
        clock: Clock,
        threads: Threads,
        page_bytes: int = PAGE_BYTES,
        most: int = listing.LOOKED_UP,
    ) -> None:
        self._log = log
        self._memberships = memberships
        self._groups = groups
        self._mailboxes = mailboxes
        self._clock = clock
        self._threads = threads
        self._page_bytes = page_bytes
        self._most = most

    def page(self, caller: Caller, before: str | None, limit: int) -> ListPage:
        """A page.  It may come short; only the absence of `before` is the end.

        Raises `InvalidRequest` for a cursor that the server never gave, `Unavailable`.
        """
        start = listing.below(before)
        rows = self._rows(caller.user_id)
        hints, seen = self._hints(caller.user_id, rows, start)
        plan = listing.plan(hints, start, self._most)
        tails = Tails(self._log, caller.user_id, self._memberships.all_hidden(caller.user_id))
        ends = self._ends(tails, [rows[each] for each in plan.looked_up])
        keys = {each: max(plan.hints[each], _position(end)) for each, end in ends.items() if _shows(rows[each], end)}
        keys |= {each: plan.hints[each] for each in plan.others}
        chosen, more = listing.page(keys, start, limit)
        ends |= self._ends(tails, [rows[each] for each in chosen if each not in ends])
        unread = self._unread(tails, ends, [rows[each] for each in (chosen if start else {**ends})])
        page = self._threads.each(lambda row: self._listed(row, keys, ends, unread), [rows[each] for each in chosen])
        page = [each for each in page if _shows(each.row, ends[each.row.conversation_id])]
        fit = fitting(map(_bytes, page), self._page_bytes)
        last = page[fit - 1].row.conversation_id if fit < len(page) else chosen[-1] if more else None
        following = None if last is None else str(listing.Below(listing.rank(last, keys[last]), plan.line, seen))
        return ListPage(tuple(page[:fit]), None if start else self._total(rows, unread), following)

    def _rows(self, user_id: str) -> dict[str, Membership]:
        """The reader's rows of conversations that have begun, by conversation."""
        found: list[Membership] = []
        after: str | None = None
        while True:
            page, after = self._memberships.page(user_id, after, ROWS)
            found += page
            if after is None:
                return {row.conversation_id: row for row in found if row.since}

    def _hints(
        self, user_id: str, rows: Mapping[str, Membership], start: listing.Below | None
    ) -> tuple[dict[str, str], str]:
        """What is known of the newest activity of each without looking into its log, and the arrival from which on the
        mailbox was seen for it.

        Pages further down look at more of the mailbox, so that what the first one saw there is still seen, and leave
        out what it did not see.
        """
        hints = {each: max(row.since, row.joined_at, *_marked(row)) for each, row in rows.items()}
        seen = FIRST if start is None else start.seen
        if len(rows) > self._most:
            events = self._mailboxes.newest(user_id, LATEST if start is None else 2 * LATEST)
            if start is None and len(events) == LATEST:
                seen = events[-1].arrival
            for event in events:
                if isinstance(event, Shown) and event.arrival >= seen and event.conversation_id in hints:
                    hints[event.conversation_id] = max(hints[event.conversation_id], event.position)
        return hints, seen

    def _ends(self, tails: Tails, rows: Sequence[Membership]) -> dict[str, Tail]:
        found = self._threads.each(tails.of, rows)
        return {row.conversation_id: end for row, end in zip(rows, found, strict=True)}

    def _unread(self, tails: Tails, ends: Mapping[str, Tail], rows: Sequence[Membership]) -> dict[str, int]:
        found = self._threads.each(lambda row: tails.unread(row, ends[row.conversation_id]), rows)
        return {row.conversation_id: count for row, count in zip(rows, found, strict=True)}

    def _total(self, rows: Mapping[str, Membership], unread: Mapping[str, int]) -> int:
        now = self._clock.now()
        return min(MOST, sum(count for each, count in unread.items() if counts(rows[each], now)))

    def _listed(
        self, row: Membership, keys: Mapping[str, str], ends: Mapping[str, Tail], unread: Mapping[str, int]
    ) -> Listed:
        chat = row.conversation_id
        active = max(keys[chat], _position(ends[chat]))
        # What a group is called is for those who are in it.
        named = conversation.is_group(chat) and not row.left
        group = self._groups.get(chat, strong=False) if named else None
        return Listed(row, ends[chat].last, unread[chat], ms_of(active), group)


def _shows(row: Membership, end: Tail) -> bool:
    """Whether there is anything to be listed: what the reader sees, or has confirmed and so once saw."""
    return end.last is not None or (not end.whole and bool(row.marks))


def _marked(row: Membership) -> list[str]:
    return [mark.position for mark in row.marks.values()]


def _position(end: Tail) -> str:
    return "" if end.last is None else end.last.position


def _bytes(listed: Listed) -> int:
    """Bytes that an entry takes at most on the wire."""
    last = 0 if listed.last is None else wire_bytes(listed.last)
    named = "" if listed.group is None else listed.group.title + listed.group.picture
    return ENTRY_BYTES + last + len(json.dumps(named, ensure_ascii=False).encode())
