"""The budgets of an operation, and what the meter measured beside them.

Each figure is for one operation of items up to 1 KB, averaged over those measured; `allowed` is the budget averaged the
same way, so a budget that depends on size (k events, f followers) is summed over the sizes that there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

UNITS = ("write", "read", "frames", "gateway_requests")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """Write units, read units, frames and gateway requests."""

    write: float
    read: float
    frames: float
    gateway_requests: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One operation: how often, what each used on average, what each may use, and dollars for a million."""

    name: str
    times: int
    used: Mapping[str, float]
    allowed: Allowed | None
    dollars: float

    @property
    def broken(self) -> list[str]:
        """The units that are over budget."""
        if self.allowed is None:
            return []
        return [unit for unit in UNITS if self.used[unit] > getattr(self.allowed, unit) + 1e-6]


def message(copies: bool = False, first: bool = False) -> Allowed:
    """A 1:1 message to a recipient who is online; `first`: the two have never talked."""
    return Allowed(3 + copies + 2 * first, 3 if copies else 2.5, 3, 2)


def group(members: int, online: int, chunks: int = 1) -> Allowed:
    """A message of a group of `members`, by `chunks`, of whom `online` devices are told."""
    return Allowed(2 + members, 2 + members + math.ceil(members / 60) + chunks - 1, 2 + online, 1 + online)


def joining(joins: int, mailboxes: int) -> Allowed:
    """So many who are added to a group, of which so many mailboxes are told, by chunks."""
    return Allowed(5 + 5 * joins + mailboxes, 8 + 4 * joins + mailboxes, 2 + mailboxes, 1 + mailboxes)


def leaving(mailboxes: int) -> Allowed:
    """One who leaves or is removed, likewise, and the tally of what everybody has read, which may wait for them."""
    return Allowed(14 + mailboxes, 21 + mailboxes, 2 + mailboxes, 1 + mailboxes)


def receipt(online: int = 1) -> Allowed:
    """A receipt, with `online` readers of it."""
    return Allowed(3, 2, 2 + online, 1 + online)


def receipts(members: int) -> Allowed:
    """Who has received and read a message: a page of so many."""
    return Allowed(0, members + math.ceil(members / 60) + 4, 2, 1)


def tally(members: int, authors: int = 0) -> Allowed:
    """How far everybody in a group of `members` has got, with `authors` who are online and told of it."""
    return Allowed(2 + 2 * authors, members + math.ceil(members / 60) + 4 + 2 * authors, authors, authors)


def change(action: str, copies: bool = False, edits: int = 0) -> Allowed:
    """An edit, unsend, reaction or hide in a 1:1, the other side online; `copies`: the caller has other devices, away;
    `edits`: of a message that was edited so often.  An unsend sweeps both mailboxes twice, for each copy there can be.
    """
    if action == "hide":
        return Allowed(3, 2 + copies, 2, 1)
    sweeps = 2 if action == "unsend" else 0
    write = 4 + copies + (edits if sweeps else 0) + sweeps * 2 * (1 + edits)
    read = (3 if action == "react" else 2) + copies + sweeps * (1 + edits)
    return Allowed(write, read, 3, 2)


def sync(events: int, pulled: int = 0) -> Allowed:
    """A sync of `events` events by somebody with so many `pulled` groups."""
    return Allowed(0, math.ceil(max(1, events) / 4) + 1 + pulled, 2, 1)


def conversations(listed: int, news: int = 0) -> Allowed:
    """The conversation list of somebody who is in `listed` conversations, `news` of which have a few unread ones."""
    return Allowed(0, 1 + listed / 32 + listed / 2 + news, 2 + listed // 20, 1)


def setting(values: int = 1, copies: bool = False) -> Allowed:
    """So many settings of a conversation; `copies`: the caller has other devices, away."""
    return Allowed(1 + values + copies, 1 + copies, 2, 1)


def block(follows: int = 0) -> Allowed:
    """A block of somebody; `follows` end with it (each twice in a transaction of five items, and purged)."""
    return Allowed(9 + 12 * follows, 9.5 + 13 * follows, 2, 1)


def follow() -> Allowed:
    """A follow of somebody whom all may follow, with its backfills (of nothing)."""
    return Allowed(9, 10.5, 2, 1)


def post(followers: int, awake: int = 64) -> Allowed:
    """A post to `followers` followers, with its fan-out, while `awake` words are being searched."""
    return Allowed(4 + followers, math.ceil(followers / 60) + 2.5 + math.ceil(awake / 32), 2, 1)


def crossing(followers: int) -> Allowed:
    """An author of `followers` followers goes over to be pulled, or back, and nobody is full: measured, turned twice,
    and a mark changed for each."""
    return Allowed(followers + 3, math.ceil(followers / 48) + 80, 0, 0)


def answer(followers: int, both: int) -> Allowed:
    """An answer of somebody with `followers` followers, `both` of whom follow whom it answers, too; whoever is answered
    is told."""
    return Allowed(10 + both, 8 + followers / 2 + math.ceil(followers / 60) + 4, 2, 1)


def search(found: int, words: int = 1) -> Allowed:
    """A page of `found` posts, by an index that is live, of as many authors."""
    return Allowed(words, 2.5 * words + found * 2.5 + 1, 2, 1)


def first_search(hits: int, recent: int, days: int, long: int = 0) -> Allowed:
    """The first search of a word that `hits` of the `recent` posts of `days` hold, with all that follows from it: two
    walks, each step of which reads eight shards and is noted, and looks up the `long` posts that are kept in part."""
    steps = days + recent // 500
    return Allowed(6 + steps + 2 * hits, 16 + 8 * steps + math.ceil(recent / 2) + 2 * long, 6, 5)


def engagement(repost: bool = False) -> Allowed:
    """A like, a repost (without its fan-out), or its end."""
    return Allowed(7 if repost else 5, 4 if repost else 3, 2, 1)


def counts(posts: int) -> Allowed:
    """The counts of so many posts by authors whom one may see, none of which has been split."""
    return Allowed(0, 1.5 * posts + 1.5 * posts, 2, 1)


def thread(ancestors: int, replies: int) -> Allowed:
    """A post with so many ancestors and replies, all by different people."""
    return Allowed(0, 4 + 2 * (ancestors + replies), 2, 1)


def home(follows: int, pulled: int = 0, *, first: bool = False) -> Allowed:
    """A page of 20 of the home timeline of somebody who follows `follows`, of whom `pulled` are pulled; `first`: they
    have never looked before.  One in 32 writes how often they read, and looks at one of those who are pulled."""
    return Allowed(1 + first, 5 + pulled + (0.5 if pulled else 0) + follows / 136, 2, 1)


def back(follows: int, pulled: int = 0) -> Allowed:
    """The same for somebody who has been away, and follows up to 100 authors whose posts fit a read unit each."""
    asked = home(follows, pulled)
    return Allowed(asked.write + 1, asked.read + 1 + follows, 2, 1)


def rebuilt(follows: int, copies: int) -> Allowed:
    """What is done for somebody who has been away: `copies` of posts, each written twice."""
    return Allowed(1 + follows + 2 * copies, 3 + 5 * follows + follows / 30 + copies / 2, 0, 0)


def mean(each: Iterable[Allowed]) -> Allowed:
    """The average budget of operations of different sizes."""
    every = list(each)
    return Allowed(*(sum(getattr(one, unit) for one in every) / max(1, len(every)) for unit in UNITS))


def measured(
    name: str, times: int, meter: Mapping[str, Any], operations: Iterable[str], allowed: Allowed | None
) -> Measured:
    """An operation from the meter's tallies: the sum over the routes and mappings that carry it, over `times`."""
    tallies = [meter["operations"][each] for each in operations if each in meter["operations"]]
    used = {unit: sum(tally[unit] for tally in tallies) / max(1, times) for unit in UNITS}
    dollars = sum(tally["dollars"] for tally in tallies) / max(1, times) * MILLION
    return Measured(name, times, used, allowed, dollars)
