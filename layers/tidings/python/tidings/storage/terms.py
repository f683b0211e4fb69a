"""The terms that are awake, in `Search`: one item each, in one partition, so that workers read them all at once.

Every change of an item is on condition of its `mark`, which names the waking: what belongs to an earlier one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.position import LAST
from tidings.domain.search import Term
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, search_keys
from tidings.storage.attributes import Item, expiry, int_of, names, number, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LINGER_MS: Final = 3_600_000
"""How long the item of a term that fell asleep is kept at least."""


class TermStore:
    """The terms in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, horizon_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._horizon = horizon_ms

    @property
    def horizon_ms(self) -> int:
        """How old a post is that search no longer finds."""
        return self._horizon

    def terms(self) -> Mapping[str, Term]:
        """All terms that are awake, strongly read."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#term = :terms",
            "ExpressionAttributeNames": names("term"),
            "ExpressionAttributeValues": {":terms": string(search_keys.SEARCHED_TERMS)},
            "ConsistentRead": True,
        }
        now = self._clock.now()
        found: dict[str, Term] = {}
        while True:
            with answered():
                answer = self._client.query(**request)
            terms = (_decode(item) for item in answer["Items"])
            found |= {each.term: each for each in terms if each.awake(now)}
            if "LastEvaluatedKey" not in answer:
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def look(self, terms: Iterable[str]) -> Mapping[str, Term]:
        """Those of `terms` that are awake, or were not long ago (eventually consistent)."""
        wanted = [_key(term) for term in dict.fromkeys(terms)]
        found = map(_decode, get_all(self._client, self._table, wanted, self._clock))
        return {each.term: each for each in found}

    def wake(self, term: str, mark: int, until: int, fence: Fence) -> Term | None:
        """Begin to index `term`, on condition that it is not awake at `mark`.  None: begun.  Else what stands."""
        fence.check()
        try:
            with answered():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **_key(term),
                        "mark": number(mark),
                        "until": number(until),
                        "moved": number(mark),
                        "covered": string(LAST),
                        keys.TTL: expiry(until + LINGER_MS),
                    },
                    ConditionExpression="attribute_not_exists(#term) OR #until <= :mark",
                    ExpressionAttributeNames=names("term", "until"),
                    ExpressionAttributeValues={":mark": number(mark)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return _decode(refused.item)
        return None

    def keep_awake(self, term: Term, until: int, fence: Fence) -> bool:
        """Move the end of `term`, on condition that it still is as given.  Whether it was."""
        given = {":old": number(term.until), ":until": number(until), ":expiry": expiry(until + LINGER_MS)}
        changed = f"SET #until = :until, #{keys.TTL} = :expiry"
        found = self._update(term.term, term.mark, changed, given, fence, "#until = :old", "until", keys.TTL)
        return found is not None and found.until == until

    def cover(self, term: str, mark: int, covered: str, moved: int, fence: Fence) -> Term | None:
        """Note how far the index has got, if this waking stands.  The term as it is then; None if another does."""
        given = {":covered": string(covered), ":moved": number(moved)}
        changed, further = "SET #covered = :covered, #moved = :moved", "#covered >= :covered"
        return self._update(term, mark, changed, given, fence, further, "covered", "moved")

    def go_live(self, term: str, mark: int, moved: int, fence: Fence) -> Term | None:
        """The index is complete, likewise."""
        given = {":yes": string("1"), ":moved": number(moved)}
        return self._update(term, mark, "SET #live = :yes, #moved = :moved", given, fence, "", "live", "moved")

    def _update(
        self, term: str, mark: int, changed: str, given: dict[str, Any], fence: Fence, condition: str, *attributes: str
    ) -> Term | None:
        """Change the item of this waking where `condition` holds too.  The term as it stands; None where another
        waking does, or none."""
        fence.check()
        try:
            with answered():
                item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(term),
                    UpdateExpression=changed,
                    ConditionExpression=" AND ".join(filter(None, ("#mark = :mark", condition))),
                    ExpressionAttributeNames=names("mark", *attributes),
                    ExpressionAttributeValues={":mark": number(mark), **given},
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
        except ConditionFailed as refused:
            item = dict(refused.item)
        found = _decode(item) if item else None
        return found if found is not None and found.mark == mark else None


def _key(term: str) -> dict[str, Any]:
    return {"term": string(search_keys.SEARCHED_TERMS), "position": string(term)}


def _decode(item: Item) -> Term:
    return Term(
        term=text_of(item, "position"),
        mark=int_of(item, "mark"),
        until=int_of(item, "until"),
        moved=int_of(item, "moved"),
        covered=text_of(item, "covered"),
        live="live" in item,
    )
