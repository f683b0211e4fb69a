"""The timeline function: posts, follows, people, timelines and search (`actions.TIMELINE_ROUTES`)."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.timeline import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one frame: the reply is the route's response."""
    return build().resolve(event)
