"""The connect function: `$connect`, `$disconnect`, `whoami`, `device.register` and `device.remove`."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.connect import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one event of the gateway."""
    return build().resolve(event)
