"""APNs: the payload and the request's headers, as far as we use them or might.

Sources: Apple's "Generating a remote notification" (payload keys) and "Sending notification requests to APNs" (headers,
sizes).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.platforms import Strict

MAX_BYTES: Final = 4_096
MAX_COLLAPSE_BYTES: Final = 64
MAX_STORED_S: Final = 30 * 86_400
PUSH_TYPES: Final = frozenset(
    ("alert", "background", "location", "voip", "complication", "fileprovider", "mdm", "liveactivity", "pushtotalk")
)


Flag = Annotated[int, Field(ge=1, le=1)]
"""1 or absent."""


class Alert(Strict):
    """`aps.alert`."""

    title: str | None = None
    subtitle: str | None = None
    body: str | None = None


class Aps(BaseModel):
    """`aps`.  Its keys are Apple's: another one is a mistake."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=lambda name: name.replace("_", "-"), populate_by_name=False
    )

    alert: Alert | str | None = None
    badge: Annotated[int, Field(ge=0)] | None = None
    sound: str | None = None
    thread_id: str | None = None
    category: str | None = None
    content_available: Flag | None = None
    mutable_content: Flag | None = None
    target_content_id: str | None = None
    interruption_level: Literal["passive", "active", "time-sensitive", "critical"] | None = None
    relevance_score: Annotated[float, Field(ge=0, le=1)] | None = None


class Payload(BaseModel):
    """The payload: `aps`, and beside it keys of the app's own."""

    model_config = ConfigDict(extra="allow", strict=True)

    aps: Aps


class Headers(Strict):
    """The request's headers, which SNS makes from message attributes."""

    push_type: str
    priority: Literal["1", "5", "10"]
    collapse_id: str | None = None
    ttl: Annotated[str, Field(pattern=r"^\d+$")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _documented(cls, given: Any) -> Any:
        if given.get("push_type") not in PUSH_TYPES:
            raise ValueError(f"there is no such push type: {given.get('push_type')}")
        if given["push_type"] == "background" and given.get("priority") == "10":
            raise ValueError("a background notification has priority 5")
        if len((given.get("collapse_id") or "").encode()) > MAX_COLLAPSE_BYTES:
            raise ValueError(f"a collapse id has {MAX_COLLAPSE_BYTES} bytes at most")
        if (ttl := given.get("ttl") or "0").isascii() and ttl.isdigit() and int(ttl) > MAX_STORED_S:
            raise ValueError("APNs keeps a notification for 30 days at most")
        return given
