"""`Users`: who exists, their display name and the set of devices that registered.

The name is a register by the time of a connect: of two at once, the later one's stays.  So are the privacy settings,
by the position of the frame that set them: that makes them idempotent without an outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.errors import TokenExpired
from tidings.domain.identity import SIGNED_OUT, Identity, signed_out
from tidings.domain.privacy import Privacy, PrivacyChange
from tidings.ports.people import User
from tidings.ports.world import Clock
from tidings.storage import privacy, profile
from tidings.storage.attributes import Item, Value, int_of, names, number, string, text_of, text_or_none
from tidings.storage.batches import get_all
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTHING: Final[Mapping[str, Value]] = {}


class UserStore:
    """The users in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def ensure(self, identity: Identity, now: int) -> User:
        """Make the user at the first connect, name them as their token does, and note that they were seen.

        The user as they stand then.  One write: a strong read, which `$connect` needs anyway, would cost a fifth of it,
        and a connection whose end is never told would leave no trace.
        """
        named = {"name": string(identity.name)} if identity.name is not None else {}
        return _user(self._forward(identity.user_id, "last_seen", now, named, {"created_at": number(now)}))

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        """Those of `user_ids` who exist (eventually consistent, one batch)."""
        wanted = [_key(user_id) for user_id in dict.fromkeys(user_ids)]
        users = (_user(item) for item in get_all(self._client, self._table, wanted, self._clock))
        return {user.user_id: user for user in users}

    def add_device(self, user_id: str, device_id: str, cap: int, issued_at: int | None = None) -> bool:
        """Add to the set of registered devices.  False when the cap would be passed.

        With `issued_at`, of the token that asks: raises `TokenExpired` where that is older than the removal of a
        device, and this one is not in the set.
        """
        free = "attribute_not_exists(#devices) OR size(#devices) < :cap"
        values: dict[str, Any] = {":one": {"SS": [device_id]}, ":id": string(device_id), ":cap": number(cap)}
        attributes = ["devices"]
        if issued_at is not None:
            free = f"(({free}) AND (attribute_not_exists(#revoked_at) OR #revoked_at < :issued_at))"
            values[":issued_at"] = number(issued_at)
            attributes.append("revoked_at")
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="ADD #devices :one",
                    ConditionExpression=f"contains(#devices, :id) OR {free}",
                    ExpressionAttributeNames=names(*attributes),
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            user = _user(refused.item)
            if issued_at is not None and signed_out(user.revoked_at, issued_at, device_id, user.devices):
                raise TokenExpired(SIGNED_OUT) from None
            return False
        return True

    def drop_device(self, user_id: str, device_id: str) -> None:
        """Take out of the set of registered devices."""
        with answered():
            self._client.update_item(
                TableName=self._table,
                Key=_key(user_id),
                UpdateExpression="DELETE #devices :one",
                ExpressionAttributeNames=names("devices"),
                ExpressionAttributeValues={":one": {"SS": [device_id]}},
            )

    def revoke(self, user_id: str, at: int) -> None:
        """Move `revoked_at` forward to `at`."""
        self._forward(user_id, "revoked_at", at)

    def seen(self, user_id: str, at: int) -> User:
        """Move `last_seen` forward to `at`.  The user as it stands then."""
        return _user(self._forward(user_id, "last_seen", at))

    def _forward(
        self, user_id: str, name: str, at: int, also: Mapping[str, Value] = NOTHING, once: Mapping[str, Value] = NOTHING
    ) -> Item:
        """Set a time, `also` what goes with it, and `once` what is set only the first time, unless a later time
        stands.  The item afterwards."""
        values = {name: number(at), **also, **once}
        sets = [f"#{each} = :{each}" for each in (name, *also)]
        sets += [f"#{each} = if_not_exists(#{each}, :{each})" for each in once]
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="SET " + ", ".join(sets),
                    ConditionExpression=f"attribute_not_exists(#{name}) OR #{name} < :{name}",
                    ExpressionAttributeNames=names(*values),
                    ExpressionAttributeValues={f":{each}": value for each, value in values.items()},
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return refused.item
        return answer["Attributes"]

    def privacy(self, user_id: str) -> Privacy:
        """The settings of one user, strongly read."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(user_id), ConsistentRead=True).get("Item", {})
        return privacy.decode(item)

    def set_privacy(self, user_id: str, change: PrivacyChange, position: str) -> Privacy:
        """Change settings, each a register by `position` and so a write of its own.  How they stand then."""
        values = privacy.encode(change)
        stands: Item | None = None
        for name, value in values.items():
            stands = self._set(user_id, name, value, position)
        return self.privacy(user_id) if stands is None else privacy.decode(stands)

    def _set(self, user_id: str, name: str, value: Value, position: str) -> Item:
        """Set one register unless a later position stands.  The item afterwards."""
        at = f"{name}_at"
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression=f"SET #{name} = :value, #{at} = :position",
                    ConditionExpression=f"attribute_not_exists(#{at}) OR #{at} < :position",
                    ExpressionAttributeNames=names(name, at),
                    ExpressionAttributeValues={":value": value, ":position": string(position)},
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return refused.item
        return answer["Attributes"]


def _key(user_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id)}


def _user(item: Item) -> User:
    devices = frozenset(item["devices"]["SS"]) if "devices" in item else frozenset()
    says = profile.decode(item)
    return User(
        text_of(item, "user_id"),
        says.name or text_or_none(item, "name"),
        devices,
        privacy.decode(item),
        last_seen=int_of(item, "last_seen") if "last_seen" in item else 0,
        revoked_at=int_of(item, "revoked_at") if "revoked_at" in item else 0,
        profile=says,
    )
