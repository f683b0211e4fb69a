"""What SNS wants for a phone: one JSON text whose values are JSON texts themselves, and message attributes.

    {"default": "...", "GCM": "{\\"fcmV1Message\\": ...}"}      FCM (the key is the platform's old name)
    {"default": "...", "APNS": "{\\"aps\\": ...}"}              APNs, and APNS_SANDBOX likewise

Each platform takes 4 KB; what does not fit is cut from the end of the body.  SNS parses the inner text and writes it
anew, perhaps with escapes for everything that is not ASCII, so it is that longest form which must fit.
Sources: SNS developer guide, "Publishing ... with platform-specific payloads", "FCM v1 payloads", "... time to live",
"Message attributes" (those reserved for mobile push).
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
MAX_TITLE_BYTES: Final = 512
"""A group's longest title, with a count behind it."""
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
    whole = replace(notification, title=excerpt(notification.title, MAX_TITLE_BYTES)[0])
    if _size(kind, whole) <= MAX_BYTES:
        return _dumped(kind, whole)
    fits, too_long = 0, len(whole.body.encode())
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if _size(kind, _shortened(whole, middle)) <= MAX_BYTES:
            fits = middle
        else:
            too_long = middle
    return _dumped(kind, _shortened(whole, fits))


def _shortened(notification: Notification, limit: int) -> Notification:
    return replace(notification, body=excerpt(notification.body, limit)[0])


def _size(kind: str, notification: Notification) -> int:
    """Bytes of the longest form that SNS may make of it."""
    return len(_dumped(kind, notification, ascii_only=True))


def _dumped(kind: str, notification: Notification, *, ascii_only: bool = False) -> str:
    inner = _fcm(notification) if kind == GCM else _apns(notification)
    return json.dumps(inner, ensure_ascii=ascii_only, separators=(",", ":"))


def _fcm(notification: Notification) -> dict[str, Any]:
    """`tag` lets a notification replace the one that the phone shows, `collapse_key` the one that FCM still keeps.

    The launcher adds up the counts of all notifications that a phone shows, so each counts its own conversation; the
    total is in the data.
    """
    shown: dict[str, Any] = {"tag": notification.collapse_key}
    data = {**notification.data, "thread": notification.thread}
    if notification.count:
        shown["notification_count"] = notification.count
    if notification.badge is not None:
        data["badge"] = str(notification.badge)
    return {
        "fcmV1Message": {
            "message": {
                "notification": _words(notification),
                "data": data,
                "android": {
                    "priority": "HIGH",
                    "collapse_key": notification.collapse_key,
                    "ttl": f"{notification.ttl_s}s",
                    "notification": shown,
                },
            }
        }
    }


def _apns(notification: Notification) -> dict[str, Any]:
    """`mutable-content` lets an extension of the app say it in its own words before it is shown."""
    aps: dict[str, Any] = {
        "alert": _words(notification),
        "sound": "default",
        "thread-id": notification.thread,
        "mutable-content": 1,
    }
    if notification.badge is not None:
        aps["badge"] = notification.badge
    return {"aps": aps, **notification.data}


def _words(notification: Notification) -> dict[str, str]:
    words = {"title": notification.title}
    return {**words, "body": notification.body} if notification.body else words
