"""The push function: the stream of mailboxes, to phones; and what SNS tells of phones that are gone."""

from __future__ import annotations

from typing import Any

from tidings.bootstrap.push import build


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one batch of records with those to deliver again, or see to one dead endpoint."""
    return build().resolve(event)
