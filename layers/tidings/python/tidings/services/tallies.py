"""Reactions to the messages of a page, counted: how many reacted with what, and whether the caller did.

A page looks at a bounded number of reactions.  Where there are more, it ends at the message that they are of; where
that one alone has more, its counts are of the first that were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.identity import Caller
from tidings.ports.messaging import Reactions, StandingReaction

MOST: Final = 1_000
"""Reactions looked at for one page: about 15 read units."""
SHOWN: Final = 20
"""Different emojis of one message."""
NAMES: Final = 48
"""Bytes of a tally beside its emoji, and of a message's position."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many reacted with `emoji`; `mine`: so did the caller."""

    emoji: str
    count: int
    mine: bool


class Tallies:
    """Counts reactions."""

    def __init__(self, reactions: Reactions, most: int = MOST) -> None:
        self._reactions = reactions
        self._most = most

    def of(
        self, caller: Caller, conversation_id: str, positions: Sequence[str], shows: Callable[[str], bool]
    ) -> tuple[Mapping[str, tuple[Tally, ...]], int]:
        """The tallies of messages by position (newest first, at least one) of what was said where `shows` lets through,
        the most frequent emoji first; and how many of the messages they cover."""
        found, further = self._reactions.page(conversation_id, positions[-1], positions[0], self._most)
        whole = [at for at in positions if further is None or at > further]
        if further is not None and not whole:
            whole = [at for at in positions if at >= further]
            found = self._with_own(caller, conversation_id, further, found)
        by_message: dict[str, list[StandingReaction]] = {}
        for each in _standing(found, caller):
            if each.emoji and shows(each.position):
                by_message.setdefault(each.target, []).append(each)
        return {at: _count(by_message[at], caller) for at in whole if at in by_message}, len(whole)

    def _with_own(
        self, caller: Caller, conversation_id: str, at: str, found: Sequence[StandingReaction]
    ) -> list[StandingReaction]:
        """`found`, and the caller's own reaction to the message at `at`, whose reactions were too many."""
        own = self._reactions.of(conversation_id, at, caller.user_id)
        return [*found, own] if own is not None and own not in found else [*found]


def _standing(reactions: Iterable[StandingReaction], caller: Caller) -> Iterable[StandingReaction]:
    """One a (message, user): of one's own the later of what is shown and what is withheld, of others' what is shown."""
    standing: dict[tuple[str, str], StandingReaction] = {}
    for each in reactions:
        if not each.withheld or each.user_id == caller.user_id:
            key = each.target, each.user_id
            standing[key] = max(standing.get(key, each), each, key=lambda reaction: reaction.position)
    return standing.values()


def _count(reactions: Sequence[StandingReaction], caller: Caller) -> tuple[Tally, ...]:
    counts: dict[str, int] = {}
    for each in reactions:
        counts[each.emoji] = counts.get(each.emoji, 0) + 1
    mine = {each.emoji for each in reactions if each.user_id == caller.user_id}
    tallies = [Tally(emoji, count, emoji in mine) for emoji, count in counts.items()]
    return tuple(sorted(tallies, key=lambda each: (not each.mine, -each.count, each.emoji))[:SHOWN])


def tallies_bytes(tallies: Sequence[Tally]) -> int:
    """Bytes that the tallies of a message take at most on the wire."""
    return NAMES + sum(NAMES + 2 * len(each.emoji.encode()) for each in tallies)
