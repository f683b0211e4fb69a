"""The environment and the machine's clock: what every function needs, without boto3 (the authorizer calls no AWS)."""

from __future__ import annotations

import os
import time
from functools import cache

from tidings.settings import Settings, read_settings


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(time.time() * 1_000)

    def sleep(self, ms: int) -> None:
        """Wait."""
        time.sleep(ms / 1_000)


@cache
def settings() -> Settings:
    """The environment, read once."""
    return read_settings(os.environ)
