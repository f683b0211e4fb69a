"""`Users`, the profiles and the handles.

A change reads what stands, keeps of itself what no later position has set, and writes that on condition that nothing
of it moved meanwhile: one write, or one transaction where a handle is taken and the old one freed with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.errors import HandleTaken, RetryLater
from tidings.domain.profile import Profile, ProfileChange, fold, is_handle
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, profile
from tidings.storage.attributes import Item, Value, names, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import (
    ATTEMPTS,
    ConditionFailed,
    TransactionRefused,
    answered,
    crossed,
    gave_up,
    wait_ms,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TAKE: Final = 1
"""Place, in the transaction, of the handle that is taken."""


class ProfileStore:
    """Profiles and handles in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def get(self, user_id: str) -> Profile:
        """The profile of one user, strongly read."""
        return profile.decode(self._item(user_id))

    def set(self, user_id: str, change: ProfileChange, position: str, fence: Fence) -> tuple[Profile, Profile]:
        """Change what no later position has set.  The profile before and as it stands then.  Raises `HandleTaken`."""
        values = profile.encode(change)
        for attempt in range(ATTEMPTS):
            item = self._item(user_id)
            fresh = {name: value for name, value in values.items() if _set_at(item, name) < position}
            if not fresh:
                return profile.decode(item), profile.decode(item)
            fence.check()
            try:
                self._write(user_id, item, fresh, position)
            except ConditionFailed:
                self._clock.sleep(wait_ms(attempt))
                continue
            return profile.decode(item), profile.decode({**item, **fresh})
        raise RetryLater("Too many changes to this profile at once. Send it again.")

    def resolve(self, handles: Iterable[str]) -> Mapping[str, str]:
        """User ids by handle, as it was asked for."""
        asked = {handle: fold(handle) for handle in handles if is_handle(handle)}
        wanted = [_key(keys.handle(folded)) for folded in dict.fromkeys(asked.values())]
        found = get_all(self._client, self._table, wanted, self._clock)
        owners = {
            text_of(item, "user_id").removeprefix(keys.HANDLE_PREFIX): text_of(item, keys.OWNER) for item in found
        }
        return {handle: owners[folded] for handle, folded in asked.items() if folded in owners}

    def _item(self, user_id: str) -> Item:
        with answered():
            return self._client.get_item(TableName=self._table, Key=_key(user_id), ConsistentRead=True).get("Item", {})

    def _write(self, user_id: str, old: Item, fresh: Mapping[str, Value], position: str) -> None:
        """Raises `ConditionFailed` where somebody else was quicker, and `HandleTaken`."""
        update: Any = {"Update": self._update(user_id, old, fresh, position)}
        moves = self._moves(user_id, old, fresh)
        with answered():
            if not moves:
                self._client.update_item(**update["Update"])
                return
        try:
            with answered():
                self._client.transact_write_items(TransactItems=[update, *moves])
        except TransactionRefused as refused:
            if not crossed(refused.reasons):
                raise gave_up() from refused
            if refused.reasons[0] == "None" and refused.reasons[_TAKE] == "ConditionalCheckFailed":
                raise HandleTaken("Somebody else has this handle.") from refused
            raise ConditionFailed({}) from refused

    def _update(self, user_id: str, old: Item, fresh: Mapping[str, Value], position: str) -> dict[str, Any]:
        """Set what is fresh, on condition that its positions are those of `old`."""
        stamps = {name: f"{name}_at" for name in fresh}
        values: dict[str, Any] = {f":{name}": value for name, value in fresh.items()}
        values |= {f":was_{name}": old[at] for name, at in stamps.items() if at in old}
        held = [f"#{at} = :was_{name}" if at in old else f"attribute_not_exists(#{at})" for name, at in stamps.items()]
        return {
            "TableName": self._table,
            "Key": _key(user_id),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}, #{at} = :at" for name, at in stamps.items()),
            "ConditionExpression": " AND ".join(held),
            "ExpressionAttributeNames": names(*stamps, *stamps.values()),
            "ExpressionAttributeValues": {**values, ":at": string(position)},
        }

    def _moves(self, user_id: str, old: Item, fresh: Mapping[str, Value]) -> list[Any]:
        """Take the new handle and free the old one, where they differ by more than case."""
        if profile.HANDLE not in fresh:
            return []
        had, wants = (fold(profile.decode(item).handle or "") for item in (old, fresh))
        moves: list[Any] = []
        if had == wants:
            return moves
        if wants:
            moves.append({"Put": self._take(user_id, wants)})
        if had:
            # It is the user's own as long as their item says so, and that is a condition of the transaction.
            moves.append({"Delete": {"TableName": self._table, "Key": _key(keys.handle(had))}})
        return moves

    def _take(self, user_id: str, folded: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {**_key(keys.handle(folded)), keys.OWNER: string(user_id)},
            "ConditionExpression": "attribute_not_exists(#user_id)",
            "ExpressionAttributeNames": names("user_id"),
        }


def _key(user_id: str) -> dict[str, Value]:
    return {"user_id": string(user_id)}


def _set_at(item: Item, name: str) -> str:
    """The position that set a part of the profile; before all of them if none did."""
    return text_of(item, f"{name}_at") if f"{name}_at" in item else ""
