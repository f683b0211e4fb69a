"""What SNS wants for a phone: one JSON text whose values are JSON texts themselves, and message attributes.

    {"default": "...", "GCM": "{\\"fcmV1Message\\": ...}"}      FCM (the key is the platform's old name)
    {"default": "...", "APNS": "{\\"aps\\": ...}"}              APNs, and APNS_SANDBOX likewise

Each platform takes 4 KB; what does not fit is cut from the end of the body.
Sources: SNS developer guide, "Publishing ... with platform-specific payloads", "FCM v1 payloads", "... time to live",
"Using mobile push: APNs headers".
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.timeline import excerpt
from tidings.ports.devices import Notification

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

MAX_BYTES: Final = 4_096
GCM: Final = "GCM"


def message(kind: str, notification: Notification) -> str:
    """The `Message` of a publish with `MessageStructure=json`.  `kind` is GCM, APNS or APNS_SANDBOX."""
    return json.dumps({"default": notification.title, kind: _fitting(kind, notification)}, ensure_ascii=False)


def attributes(kind: str, notification: Notification) -> dict[str, MessageAttributeValueTypeDef]:
    """The `MessageAttributes`: how long it is worth delivering, and for APNs what replaces what."""
    if kind == GCM:
        return {"AWS.SNS.MOBILE.FCM.TTL": _string(str(notification.ttl_s))}
    return {
        f"AWS.SNS.MOBILE.{kind}.TTL": _string(str(notification.ttl_s)),
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": _string("alert"),
        "AWS.SNS.MOBILE.APNS.PRIORITY": _string("10"),
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": _string(notification.collapse_key),
    }


def _string(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}


def _fitting(kind: str, notification: Notification) -> str:
    """The platform's JSON text, with as much of the body as fits: found by halving, since escapes make it longer."""
    text = _dumped(kind, notification)
    if len(text.encode()) <= MAX_BYTES:
        return text
    fits, too_long = 0, len(notification.body.encode())
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        shorter = replace(notification, body=excerpt(notification.body, middle)[0])
        if len(_dumped(kind, shorter).encode()) <= MAX_BYTES:
            fits = middle
        else:
            too_long = middle
    return _dumped(kind, replace(notification, body=excerpt(notification.body, fits)[0]))


def _dumped(kind: str, notification: Notification) -> str:
    inner = _fcm(notification) if kind == GCM else _apns(notification)
    return json.dumps(inner, ensure_ascii=False, separators=(",", ":"))


def _fcm(notification: Notification) -> dict[str, Any]:
    shown: dict[str, Any] = {"tag": notification.collapse_key}
    if notification.badge is not None:
        shown["notification_count"] = notification.badge
    return {
        "fcmV1Message": {
            "message": {
                "notification": {"title": notification.title, "body": notification.body},
                "data": {**notification.data, "thread": notification.thread},
                "android": {
                    "priority": "HIGH",
                    "collapse_key": notification.collapse_key,
                    "notification": shown,
                },
            }
        }
    }


def _apns(notification: Notification) -> dict[str, Any]:
    aps: dict[str, Any] = {
        "alert": {"title": notification.title, "body": notification.body},
        "sound": "default",
        "thread-id": notification.thread,
    }
    if notification.badge is not None:
        aps["badge"] = notification.badge
    return {"aps": aps, **notification.data}
