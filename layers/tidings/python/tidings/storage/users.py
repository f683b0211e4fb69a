"""`Users`: who exists, their display name and the set of devices that registered.

The name is a register by time: of two connects at once, the later one's name stays.  So are the privacy settings, by
the position of the frame that set them: that makes them idempotent without an outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tidings.domain.identity import Identity
from tidings.domain.privacy import Privacy, PrivacyChange
from tidings.ports.people import User
from tidings.ports.world import Clock
from tidings.storage import privacy
from tidings.storage.attributes import Item, Value, int_of, names, number, string, text_of, text_or_none
from tidings.storage.batches import get_all
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class UserStore:
    """The users in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def ensure(self, identity: Identity, now: int) -> User:
        """Make the user at the first connect; later ones write nothing unless the name changed.

        Reads first, because a write whose condition fails is charged all the same; and strongly, because a connection
        stands on it (`tidings.services.revoke`).
        """
        with answered():
            item: Item | None = self._client.get_item(
                TableName=self._table, Key=_key(identity.user_id), ConsistentRead=True
            ).get("Item")
        if item is None or (identity.name is not None and identity.name != text_or_none(item, "name")):
            item = self._enter(identity, now)
        return _user(item)

    def _enter(self, identity: Identity, now: int) -> Item:
        request: dict[str, Any] = {
            "UpdateExpression": "SET #created_at = if_not_exists(#created_at, :now)",
            "ExpressionAttributeNames": names("created_at"),
            "ExpressionAttributeValues": {":now": number(now)},
        }
        if identity.name is not None:
            request = {
                "UpdateExpression": request["UpdateExpression"] + ", #name = :name, #named_at = :now",
                "ConditionExpression": "attribute_not_exists(#named_at) OR #named_at < :now",
                "ExpressionAttributeNames": names("created_at", "name", "named_at"),
                "ExpressionAttributeValues": {":now": number(now), ":name": string(identity.name)},
            }
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(identity.user_id),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **request,
                )
        except ConditionFailed as refused:
            return refused.item  # A later connect has named the user already.
        return answer["Attributes"]

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        """Those of `user_ids` who exist (eventually consistent, one batch)."""
        wanted = [_key(user_id) for user_id in dict.fromkeys(user_ids)]
        users = (_user(item) for item in get_all(self._client, self._table, wanted, self._clock))
        return {user.user_id: user for user in users}

    def add_device(self, user_id: str, device_id: str, cap: int) -> bool:
        """Add to the set of registered devices.  False when the cap would be passed."""
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="ADD #devices :one",
                    ConditionExpression=(
                        "attribute_not_exists(#devices) OR contains(#devices, :id) OR size(#devices) < :cap"
                    ),
                    ExpressionAttributeNames=names("devices"),
                    ExpressionAttributeValues={
                        ":one": {"SS": [device_id]},
                        ":id": string(device_id),
                        ":cap": number(cap),
                    },
                )
        except ConditionFailed:
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

    def _forward(self, user_id: str, name: str, at: int) -> Item:
        """Set a time unless a later one stands.  The item afterwards."""
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression=f"SET #{name} = :at",
                    ConditionExpression=f"attribute_not_exists(#{name}) OR #{name} < :at",
                    ExpressionAttributeNames=names(name),
                    ExpressionAttributeValues={":at": number(at)},
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
    return User(
        text_of(item, "user_id"),
        text_or_none(item, "name"),
        devices,
        privacy.decode(item),
        last_seen=int_of(item, "last_seen") if "last_seen" in item else 0,
        revoked_at=int_of(item, "revoked_at") if "revoked_at" in item else 0,
    )
