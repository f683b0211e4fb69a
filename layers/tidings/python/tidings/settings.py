"""What a function is told by its environment.  Read once, by `tidings.bootstrap`; stdlib only.

Every name here is set by `infra/` and listed in `docs/deploy.md`.  Times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tidings.domain.stamp import Times


@dataclass(frozen=True, slots=True)
class Settings:
    """Application settings, from `TIDINGS_<FIELD>`; table names come from `keys.Table.variable`."""

    stage: str = "dev"
    issuer: str = ""
    audience: str = ""
    algorithms: str = "RS256"
    jwks_url: str = ""
    origins: str = ""
    callback_url: str = ""
    queue_small: str = ""
    queue_large: str = ""
    queue_live: str = ""
    platform_fcm: str = ""
    platform_apns: str = ""
    fence_ms: int = 15_000
    settle_ms: int = 30_000
    fanout_bound_ms: int = 60_000
    hot_page_ms: int = 2_000
    idle_days: int = 14
    always_pull: int = 20_000
    never_pull: int = 1_000
    max_pulled: int = 50
    push_after_ms: int = 2_000
    retention_days: int = 30
    max_devices: int = 10
    max_members: int = 100_000
    push_members: int = 1_024
    search_days: int = 7
    search_awake_s: int = 21_600
    search_terms: int = 5_000
    edit_window_s: int = 900
    unsend_window_s: int = 172_800
    send_rate: int = 20
    send_burst: int = 400
    post_rate: int = 2
    post_burst: int = 100
    engage_rate: int = 5
    engage_burst: int = 200
    call_ms: int = 8_000
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def times(self) -> Times:
        """The fence and the settling time as the domain wants them."""
        return Times(fence=self.fence_ms, call=self.call_ms, settle=self.settle_ms)

    @property
    def retention_ms(self) -> int:
        """How long mailboxes and the outbox keep an item."""
        return self.retention_days * 86_400_000

    @property
    def edit_window_ms(self) -> int:
        """For how long a message may be edited."""
        return self.edit_window_s * 1_000

    @property
    def unsend_window_ms(self) -> int:
        """For how long one may unsend one's own message."""
        return self.unsend_window_s * 1_000

    @property
    def search_ms(self) -> int:
        """How old a post is that search no longer finds."""
        return self.search_days * 86_400_000

    @property
    def search_awake_ms(self) -> int:
        """For how long after it was searched a word's index is kept up to date."""
        return self.search_awake_s * 1_000

    def table(self, variable: str) -> str:
        """The deployed name of a table.  Raises `KeyError` where the template did not give it."""
        return self.extra[variable]


def read_settings(environ: Mapping[str, str]) -> Settings:
    """`Settings` from environment variables; unknown ones that start with `TIDINGS_TABLE_` land in `extra`."""
    given: dict[str, Any] = {}
    for each in fields(Settings):
        value = environ.get(f"TIDINGS_{each.name.upper()}")
        if value is not None and each.name != "extra":
            given[each.name] = int(value) if each.type in (int, "int") else value
    tables = {name: value for name, value in environ.items() if name.startswith("TIDINGS_TABLE_")}
    return Settings(**given, extra=tables)
