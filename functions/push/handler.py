"""The push function: the stream of mailboxes, to phones."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.push import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one batch of records with those to deliver again."""
    return build().resolve(event)
