"""What SNS wants of a publish to a platform endpoint, and what the platform behind it then gets.

Sources: SNS's API reference ("Publish"), and of its developer guide "Message attributes" (their form, and those that
are reserved for mobile push), "Time to live", "Platform-specific payloads".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from local.platforms import apns, explained, fcm, unique

MAX_BYTES: Final = 262_144
_NAME: Final = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)\Z")
_APNS_HEADERS: Final = {
    "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "push_type",
    "AWS.SNS.MOBILE.APNS.PRIORITY": "priority",
    "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": "collapse_id",
}
_FCM_TTL: Final = "AWS.SNS.MOBILE.FCM.TTL"


def problem(platform: str, message: str, attributes: Mapping[str, Mapping[str, str]]) -> str:
    """What SNS or the platform (GCM, APNS, APNS_SANDBOX) would refuse or ignore; empty: nothing."""
    try:
        parts = json.loads(message, object_pairs_hook=unique)
    except ValueError as error:
        return f"the message is not JSON, but its structure says so ({error})"
    if not isinstance(parts, dict) or not isinstance(parts.get("default"), str):
        return "a message of structure json needs a default text"
    size = len(message.encode()) + sum(
        len(f"{name}{each.get('DataType', '')}{each.get('StringValue', '')}".encode())
        for name, each in attributes.items()
    )
    if size > MAX_BYTES:
        return "larger than SNS takes"
    if platform not in parts:
        return f"nothing for {platform}: it would get the default"
    return _attributes_problem(platform, attributes) or _value_problem(platform, parts[platform])


def _value_problem(platform: str, value: Any) -> str:
    if not isinstance(value, str):
        return "a platform's value must be a JSON string, not an object"
    try:
        payload = json.loads(value, object_pairs_hook=unique)
    except ValueError as error:
        return f"the platform's value is not JSON ({error})"
    if platform == "GCM":
        return _sized(value, fcm.MAX_BYTES, "FCM") or explained(fcm.Payload, payload)
    return _sized(value, apns.MAX_BYTES, "APNs") or explained(apns.Payload, payload)


def _sized(value: str, limit: int, name: str) -> str:
    """SNS parses the value and writes it anew, perhaps with escapes for all that is not ASCII: their size counts."""
    longest = max(len(value.encode()), len(json.dumps(json.loads(value), separators=(",", ":")).encode()))
    return f"larger than {name} takes" if longest > limit else ""


def _attributes_problem(platform: str, attributes: Mapping[str, Mapping[str, str]]) -> str:
    for name, each in attributes.items():
        if not _NAME.match(name) or each.get("DataType") != "String" or not each.get("StringValue"):
            return f"a message attribute that SNS refuses: {name}"
    given = {name: each["StringValue"] for name, each in attributes.items()}
    if platform == "GCM":
        ttl = given.pop(_FCM_TTL, "0")
        if given:
            return f"attributes that mean nothing to FCM: {', '.join(given)}"
        return "" if ttl.isdigit() and int(ttl) <= fcm.MAX_TTL_S else "FCM keeps a message for four weeks at most"
    names = {**_APNS_HEADERS, f"AWS.SNS.MOBILE.{platform}.TTL": "ttl"}
    if unknown := sorted(given.keys() - names.keys()):
        return f"attributes that mean nothing to {platform}: {', '.join(unknown)}"
    return explained(apns.Headers, {names[name]: value for name, value in given.items()})
