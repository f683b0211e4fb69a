"""The send function: messages, groups, `sync` (`actions.SEND_ROUTES`), and `$default` for whatever matches no route."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.send import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one frame: the reply is the route's response."""
    return build().resolve(event)
