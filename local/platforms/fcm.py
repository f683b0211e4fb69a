"""FCM's HTTP v1 `Message`, the parts that we use or might.

Sources: the API's discovery document (fcm/v1), "REST resource: projects.messages", "Throttling and quotas", and SNS's
"Using FCM v1 payloads": the platform's value is `{"fcmV1Message": {"message": ...}}`, and SNS puts the token in.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from local.platforms import Strict

MAX_BYTES: Final = 4_096
MAX_TTL_S: Final = 28 * 86_400
MAX_INT32: Final = 2**31 - 1
_RESERVED: Final = re.compile(r"(from|notification|message_type)\Z|google|gcm")
_DURATION: Final = r"^\d+(\.\d{1,9})?s$"


class Notification(Strict):
    """`Notification`: what every platform shows."""

    title: str | None = None
    body: str | None = None
    image: str | None = None


class AndroidNotification(Strict):
    """`AndroidNotification`."""

    title: str | None = None
    body: str | None = None
    icon: str | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    sound: str | None = None
    tag: str | None = None
    click_action: str | None = None
    channel_id: str | None = None
    notification_count: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = None
    visibility: Literal["PRIVATE", "PUBLIC", "SECRET"] | None = None


class AndroidConfig(Strict):
    """`AndroidConfig`."""

    collapse_key: str | None = None
    priority: Literal["NORMAL", "HIGH"] | None = None
    ttl: Annotated[str, Field(pattern=_DURATION)] | None = None
    restricted_package_name: str | None = None
    notification: AndroidNotification | None = None

    @field_validator("ttl")
    @classmethod
    def _at_most_four_weeks(cls, value: str | None) -> str | None:
        if value is not None and float(value.removesuffix("s")) > MAX_TTL_S:
            raise ValueError("FCM keeps a message for four weeks at most")
        return value


class Message(Strict):
    """`Message` without its target: SNS knows the token."""

    notification: Notification | None = None
    data: dict[str, str] | None = None
    android: AndroidConfig | None = None

    @field_validator("data")
    @classmethod
    def _no_reserved_word(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        if taken := [key for key in value or () if _RESERVED.match(key)]:
            raise ValueError(f"reserved: {', '.join(taken)}")
        return value


class Request(Strict):
    """The body of `messages:send`."""

    message: Message


class Payload(Strict):
    """What SNS wants under the key `GCM`."""

    fcm: Request = Field(alias="fcmV1Message")
