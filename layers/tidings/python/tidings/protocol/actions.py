"""The actions of `tidings.v1`, by the function that answers them.  Names only: the template is made from this page."""

from __future__ import annotations

from typing import Final

SUBPROTOCOL: Final = "tidings.v1"
BEARER_PREFIX: Final = "bearer."

WHOAMI: Final = "whoami"
DEVICE_REGISTER: Final = "device.register"
DEVICE_REMOVE: Final = "device.remove"

SEND: Final = "send"
ACK: Final = "ack"
SYNC: Final = "sync"
HISTORY: Final = "history"
BATCH: Final = "batch"

POST: Final = "post"
POST_DELETE: Final = "post.delete"
FOLLOW: Final = "follow"
UNFOLLOW: Final = "unfollow"
TIMELINE_HOME: Final = "timeline.home"
TIMELINE_USER: Final = "timeline.user"

CONNECT_ROUTES: Final = ("$connect", "$disconnect", WHOAMI, DEVICE_REGISTER, DEVICE_REMOVE)
SEND_ROUTES: Final = ("$default", SEND, ACK, SYNC, HISTORY, BATCH)
TIMELINE_ROUTES: Final = (POST, POST_DELETE, FOLLOW, UNFOLLOW, TIMELINE_HOME, TIMELINE_USER)

ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "connect": CONNECT_ROUTES,
    "send": SEND_ROUTES,
    "timeline": TIMELINE_ROUTES,
}

IN_BATCH: Final = (SEND, ACK)
"""What may travel inside a `batch`: messaging that changes something."""
