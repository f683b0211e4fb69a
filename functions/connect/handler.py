"""The connect function: `$connect`, `$disconnect`, devices, presence and privacy (`actions.CONNECT_ROUTES`)."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.connect import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one event of the gateway."""
    return build().resolve(event)
