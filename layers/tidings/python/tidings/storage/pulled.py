"""`Mailboxes`, the item `~pulled`: which conversations a sync pulls, one attribute a stay and a pull.

    s#<conversation>#<position of the join>    when the stay ends, or how much is known of that (`domain.pulled`)
    p#<conversation>#<start>                   when the pull that began then ends; 0: open

It sorts after all arrivals, so the query that reads a mailbox's end brings it along.  Every write is one update of a
few attributes, without a read before it.  What no reader can need any more is taken out on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tidings.domain.groups import Stay
from tidings.domain.pulled import BEGINNING, ENDING, OPEN, Marks, outdated
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, int_of, names, number, string
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRUNED: Final = 50
"""Attributes taken out at a time."""
LATEST_REPLAY_MS: Final = 30 * 86_400_000
"""A job that waited in a dead-letter queue may be put back so late: until then an end is kept, so that it stays one."""


_NO_END_YET: Final = "attribute_not_exists(#a0) OR #a0 <= :open"
_NOT_ENDING: Final = "attribute_not_exists(#a0) OR #a0 BETWEEN :beginning AND :open"


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

    def expect(self, user_id: str, conversation_id: str, joined: str, fence: Fence, *, start: int = 0) -> None:
        """Somebody is about to join."""
        stay = _Write(keys.pulled_stay(conversation_id, joined), BEGINNING, once=True)
        self._update(user_id, [stay, *_pull(conversation_id, start)], fence)

    def doubt(self, user_id: str, conversation_id: str, joined: str, fence: Fence) -> None:
        """A stay is about to end."""
        stay = _Write(keys.pulled_stay(conversation_id, joined), ENDING)
        self._update(user_id, [stay], fence, _NO_END_YET, {":open": number(OPEN)})

    def settle(
        self, user_id: str, conversation_id: str, stays: Iterable[Stay], fence: Fence, *, start: int = 0
    ) -> None:
        """What stands."""
        pull = _pull(conversation_id, start)
        for each in stays:
            name = keys.pulled_stay(conversation_id, each.joined)
            if each.left is not None:
                self._update(user_id, [_Write(name, each.left), *pull], fence)
                continue
            known = {":beginning": number(BEGINNING), ":open": number(OPEN)}
            if not self._update(user_id, [_Write(name, OPEN), *pull], fence, _NOT_ENDING, known):
                self._update(user_id, pull, fence)

    def close(self, user_id: str, conversation_id: str, start: int, until: int, fence: Fence) -> None:
        """Nothing is pulled from `until` on."""
        self._update(user_id, [_Write(keys.pulled_span(conversation_id, start), until)], fence)

    def _update(
        self,
        user_id: str,
        writes: Sequence[_Write],
        fence: Fence,
        condition: str = "",
        more: Mapping[str, Value] | None = None,
    ) -> bool:
        """Set attributes; the first is `#a0` in `condition`.  False where that does not hold."""
        if not writes:
            return True
        sets = [f"#a{n} = if_not_exists(#a{n}, :v{n})" if w.once else f"#a{n} = :v{n}" for n, w in enumerate(writes)]
        request: dict[str, Any] = {
            "UpdateExpression": f"SET {', '.join(sets)} ADD #changes :one",
            "ExpressionAttributeNames": {f"#a{n}": w.name for n, w in enumerate(writes)} | names("changes"),
            "ExpressionAttributeValues": {f":v{n}": number(w.value) for n, w in enumerate(writes)}
            | {":one": number(1), **(more or {})},
        }
        if condition:
            request["ConditionExpression"] = condition
        fence.check()
        try:
            with answered():
                item: Item = self._client.update_item(
                    TableName=self._table, Key=_key(user_id), ReturnValues="ALL_NEW", **request
                )["Attributes"]
        except ConditionFailed:
            return False
        self._prune(user_id, item, fence)
        return True

    def _prune(self, user_id: str, item: Item, fence: Fence) -> None:
        """Take out what no reader needs any more, unless the item has been changed since."""
        gone = self._outdated(item)
        if not gone or fence.expired():
            return
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="REMOVE " + ", ".join(f"#a{n}" for n in range(len(gone))),
                    ConditionExpression="#changes = :changes",
                    ExpressionAttributeNames={f"#a{n}": name for n, name in enumerate(gone)} | names("changes"),
                    ExpressionAttributeValues={":changes": item["changes"]},
                )
        except ConditionFailed:
            return  # The next change will see to it.

    def _outdated(self, item: Item) -> list[str]:
        before = self._clock.now() - self._kept
        gone: list[str] = []
        for marks in marks_of(item):
            stays, pulls = outdated(marks, before, self._settle)
            gone += [keys.pulled_stay(marks.conversation_id, joined) for joined in stays]
            gone += [keys.pulled_span(marks.conversation_id, start) for start in pulls]
        return gone[:PRUNED]


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


def _pull(conversation_id: str, start: int) -> list[_Write]:
    return [_Write(keys.pulled_span(conversation_id, start), OPEN, once=True)] if start else []


def _key(user_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "arrival": string(keys.PULLED)}
