"""What each function is told: one table of `tidings.settings.Settings` fields, each as `TIDINGS_<FIELD>`.

A function gets the names of the tables it may use, and no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from infra.permissions import ACCESS
from infra.settings import TidingsSettings
from tidings.storage.keys import Table

CHECKS: Final = ("issuer", "audience", "algorithms", "jwks_url", "origins")
TIMES: Final = ("fence_ms", "settle_ms", "call_ms")
SEARCHING: Final = ("search_days", "search_awake_s", "search_terms")
SENDING: Final = ("send_rate", "send_burst", "edit_window_s", "unsend_window_s")
POSTING: Final = ("post_rate", "post_burst", "engage_rate", "engage_burst")
PULLING: Final = ("always_pull", "never_pull", "max_pulled")
LANE_QUEUES: Final = ("queue_small", "queue_large")
ALL_LANES: Final = (*LANE_QUEUES, "queue_live")
PLATFORMS: Final = ("platform_fcm", "platform_apns")

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "Authorizer": CHECKS,
    "Connect": (*TIMES, *PLATFORMS, "callback_url", "max_devices"),
    "Send": (*TIMES, *SENDING, "callback_url", "max_devices", "max_members", "retention_days"),
    "Timeline": (
        *TIMES,
        *POSTING,
        *PULLING,
        *SEARCHING,
        "queue_small",
        "fanout_bound_ms",
        "hot_page_ms",
        "idle_days",
        "retention_days",
    ),
    "Plan": (*TIMES, *ALL_LANES, "push_members", "idle_days", "retention_days"),
    "Work": (
        *TIMES,
        *PULLING,
        *ALL_LANES,
        "callback_url",
        "fanout_bound_ms",
        "push_members",
        "idle_days",
        "retention_days",
        "search_days",
    ),
    "Push": (*PLATFORMS, "push_after_ms", "retention_days"),
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is known only once the other constructs exist (tokens, at synth)."""

    issuer: str
    audience: str
    jwks_url: str
    callback_url: str
    queue_small: str
    queue_large: str
    queue_live: str
    platform_fcm: str
    platform_apns: str


def environment(
    name: str, settings: TidingsSettings, deployed: Deployed, table_name: Callable[[Table], str]
) -> dict[str, str]:
    """The environment of function `name`; empty values are left out (they are the defaults)."""
    told: dict[str, str] = {}
    for field in FIELDS[name]:
        value = getattr(deployed, field) if hasattr(deployed, field) else getattr(settings, field)
        if value != "":
            told[f"TIDINGS_{field.upper()}"] = str(value)
    access = ACCESS[name]
    tables = {table.variable: table_name(table) for table in access.tables}
    return {**told, **tables}
