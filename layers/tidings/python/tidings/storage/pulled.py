"""`Mailboxes`, the item `~pulled`: which conversations a sync pulls, one attribute a stay and a pull.

    s#<conversation>#<position of the join>    when the stay ends, or how much is known of that (`domain.pulled`)
    p#<conversation>#<start>                   when the pull that began then ends; 0: open

It sorts after all arrivals, so the query that reads a mailbox's end brings it along.  Every write is one update of a
few attributes, without a read before it.  What no reader can need any more is taken out on the way.

    full, own_full                             until when there is no room for a join: set by whoever fills the item

So a join needs no count, only a condition, and one that is refused writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tidings.domain.groups import Stay
from tidings.domain.pulled import BEGINNING, ENDING, NEVER, OPEN, OWN_ROOM, ROOM, Marks, outdated, runs_out
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, int_of, names, number, string
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRUNED: Final = 50
"""Attributes taken out at a time."""
AT_ONCE: Final = 100
"""Ends of stays written at a time."""
LATEST_REPLAY_MS: Final = 30 * 86_400_000
"""A job that waited in a dead-letter queue may be put back so late: until then an end is kept, so that it stays one."""
FULL: Final = {"full": ROOM, "own_full": OWN_ROOM}
"""How many notes set which attribute."""


class _Only(NamedTuple):
    """A condition; `#a0` is the first attribute that is written.  `names` are others."""

    text: str
    values: dict[str, int]
    names: tuple[str, ...] = ()


_NO_END_YET: Final = _Only("attribute_not_exists(#a0) OR #a0 <= :open", {":open": OPEN})
_NOT_ENDING: Final = _Only(
    "attribute_not_exists(#a0) OR #a0 BETWEEN :beginning AND :open", {":beginning": BEGINNING, ":open": OPEN}
)


class _Write(NamedTuple):
    """One attribute to set; with `once` only where it is not there."""

    name: str
    value: int
    once: bool = False


class PulledStore:
    """The notes in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int, settle_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept = max(retention_ms, LATEST_REPLAY_MS)
        self._settle = settle_ms

    def expect(
        self, user_id: str, conversation_id: str, joined: str, fence: Fence, *, start: int = 0, own: bool = False
    ) -> bool:
        """Somebody is about to join, where there is room."""
        stay = _Write(keys.pulled_stay(conversation_id, joined), BEGINNING, once=True)
        full = "own_full" if own else "full"
        room = f"attribute_exists(#a0) OR attribute_not_exists(#{full}) OR #{full} < :now"
        only = _Only(room, {":now": self._clock.now()}, (full,))
        return self._update(user_id, [stay, *_pull(conversation_id, start)], fence, only)

    def doubt(self, user_id: str, conversation_id: str, joined: str, fence: Fence) -> None:
        """A stay is about to end."""
        self._update(user_id, [_Write(keys.pulled_stay(conversation_id, joined), ENDING)], fence, _NO_END_YET)

    def settle(
        self, user_id: str, conversation_id: str, stays: Iterable[Stay], fence: Fence, *, start: int = 0
    ) -> None:
        """What stands."""
        pull = _pull(conversation_id, start)
        named = [(keys.pulled_stay(conversation_id, each.joined), each.left) for each in stays]
        ended = [_Write(name, left) for name, left in named if left is not None]
        for first in range(0, len(ended), AT_ONCE):
            self._update(user_id, [*ended[first : first + AT_ONCE], *pull], fence)
        for name in (name for name, left in named if left is None):
            if not self._update(user_id, [_Write(name, OPEN), *pull], fence, _NOT_ENDING):
                self._update(user_id, pull, fence)

    def close(self, user_id: str, conversation_id: str, start: int, until: int, fence: Fence) -> None:
        """Nothing is pulled from `until` on."""
        self._update(user_id, [_Write(keys.pulled_span(conversation_id, start), until)], fence)

    def _update(self, user_id: str, writes: Sequence[_Write], fence: Fence, only: _Only | None = None) -> bool:
        """Set attributes.  False where the condition does not hold."""
        if not writes:
            return True
        sets = [f"#a{n} = if_not_exists(#a{n}, :v{n})" if w.once else f"#a{n} = :v{n}" for n, w in enumerate(writes)]
        values = {f":v{n}": w.value for n, w in enumerate(writes)} | {":one": 1} | (only.values if only else {})
        request: dict[str, Any] = {
            "UpdateExpression": f"SET {', '.join(sets)} ADD #changes :one",
            "ExpressionAttributeNames": {f"#a{n}": w.name for n, w in enumerate(writes)}
            | names("changes", *(only.names if only else ())),
            "ExpressionAttributeValues": {name: number(value) for name, value in values.items()},
        }
        if only:
            request["ConditionExpression"] = only.text
        fence.check()
        try:
            with answered():
                item: Item = self._client.update_item(
                    TableName=self._table, Key=_key(user_id), ReturnValues="ALL_NEW", **request
                )["Attributes"]
        except ConditionFailed:
            return False
        self._tidy(user_id, item, fence)
        return True

    def _tidy(self, user_id: str, item: Item, fence: Fence) -> None:
        """Take out what no reader needs any more and say whether there is room, unless the item has been changed since:
        then the next change will see to it."""
        before = self._clock.now() - self._kept
        marks = marks_of(item)
        gone = _outdated(marks, before, self._settle)[:PRUNED]
        left = sum(len(each.stays) + len(each.pulls) for each in marks) - len(gone)
        full = [name for name, room in FULL.items() if left >= room]
        until = self._kept + _first(item, frozenset(gone), self._settle) if full else 0
        sets = [name for name in full if name not in item or int_of(item, name) != until]
        gone += [name for name in FULL if name in item and name not in full]
        if not (gone or sets) or fence.expired():
            return
        remove = "REMOVE " + ", ".join(f"#a{n}" for n in range(len(gone))) if gone else ""
        put = "SET " + ", ".join(f"#{name} = :until" for name in sets) if sets else ""
        with suppress(ConditionFailed), answered():
            self._client.update_item(
                TableName=self._table,
                Key=_key(user_id),
                UpdateExpression=f"{remove} {put}".strip(),
                ConditionExpression="#changes = :changes",
                ExpressionAttributeNames={f"#a{n}": name for n, name in enumerate(gone)} | names("changes", *sets),
                ExpressionAttributeValues={":changes": item["changes"]} | ({":until": number(until)} if sets else {}),
            )


def marks_of(item: Item) -> list[Marks]:
    """The notes in an item, in order of conversations."""
    stays: dict[str, dict[str, int]] = {}
    pulls: dict[str, dict[int, int]] = {}
    for name in item:
        prefix, conversation_id, detail = name[:2], *name[2:].rpartition("#")[::2]
        if prefix == keys.STAY_PREFIX:
            stays.setdefault(conversation_id, {})[detail] = int_of(item, name)
        elif prefix == keys.SPAN_PREFIX:
            pulls.setdefault(conversation_id, {})[int(detail)] = int_of(item, name)
    return [Marks(each, stays.get(each, {}), pulls.get(each, {})) for each in sorted({*stays, *pulls})]


def _outdated(marks: Iterable[Marks], before: int, settle_ms: int) -> list[str]:
    """The names of notes that no reader needs any more."""
    gone: list[str] = []
    for each in marks:
        stays, pulls = outdated(each, before, settle_ms)
        gone += [keys.pulled_stay(each.conversation_id, joined) for joined in stays]
        gone += [keys.pulled_span(each.conversation_id, start) for start in pulls]
    return gone


def _first(item: Item, gone: Collection[str], settle_ms: int) -> int:
    """When the first of the notes that are not `gone` is over."""
    left = marks_of({name: value for name, value in item.items() if name not in gone})
    return min((runs_out(each, settle_ms) for each in left), default=NEVER)


def _pull(conversation_id: str, start: int) -> list[_Write]:
    return [_Write(keys.pulled_span(conversation_id, start), OPEN, once=True)] if start else []


def _key(user_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "arrival": string(keys.PULLED)}
