"""Frames as the client writes and reads them: JSON text of at most 32 KB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from client.errors import RequestError

MAX_FRAME: Final = 32 * 1024
"""Bytes; the gateway closes the connection (1009) on a larger one."""
MAX_BATCH: Final = 25
"""Actions in a batch."""

Reply = Mapping[str, Any]


def encode(frame: Mapping[str, Any]) -> str:
    """The JSON text of a frame; None values are left out.

    Raises `RequestError` when the gateway could not take it: text that is no Unicode, or more than 32 KB.
    """
    text = json.dumps({k: v for k, v in frame.items() if v is not None}, ensure_ascii=False, separators=(",", ":"))
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RequestError("invalid_request", "The text holds half a character (a lone surrogate).") from None
    if size > MAX_FRAME:
        raise RequestError("invalid_request", f"This request is {size} bytes long; a frame holds {MAX_FRAME}.")
    return text


def decode(text: str | bytes) -> dict[str, Any]:
    """The object of a frame; empty for what is not a JSON object."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}
