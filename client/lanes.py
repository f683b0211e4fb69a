"""Lanes: what must keep its order goes one frame at a time; what waits meanwhile shares the next frame.

The gateway may run the frames of one connection at the same time, and a lost frame is noticed by a timeout only.  So a
client that wants order keeps one frame in flight; and as frames are what the gateway bills, messaging actions that
gather behind it travel together, as one `batch`.  What changes a group goes alone, but in the same line: a message
typed after somebody was added comes after it.  Queries change nothing and need no lane, unless they are to see what
was changed before them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from client.backoff import Backoff
from client.errors import ClientError
from client.frames import MAX_BATCH, MAX_FRAME, Reply, encode
from tidings.protocol.actions import IN_BATCH

MESSAGES = "messages"
LANE_OF = {
    "send": MESSAGES,
    "ack": MESSAGES,
    "edit": MESSAGES,
    "unsend": MESSAGES,
    "react": MESSAGES,
    "hide": MESSAGES,
    "group.create": MESSAGES,
    "group.update": MESSAGES,
    "group.add": MESSAGES,
    "group.remove": MESSAGES,
    "group.leave": MESSAGES,
    "group.role": MESSAGES,
    "conversation.set": "settings",
    "privacy": "settings",
    "watch": "watches",
    "presence.watch": "watches",
    "timeline.watch": "watches",
    "post": "posts",
    "post.delete": "posts",
    "like": "posts",
    "unlike": "posts",
    "repost": "posts",
    "unrepost": "posts",
    "follow": "graph",
    "unfollow": "graph",
    "block": "graph",
    "unblock": "graph",
    "blocks": "graph",
    "mute": "graph",
    "unmute": "graph",
    "mutes": "graph",
    "profile": "settings",
    "follow.accept": "graph",
    "follow.decline": "graph",
    "follow.requests": "graph",
    "device.register": "device",
    "device.remove": "device",
    "device.list": "device",
}
_BATCH_OVERHEAD = 128
"""Bytes around the actions of a batch: the envelope and an `id` a piece are counted generously."""
_ACTION_OVERHEAD = 16


@dataclass(eq=False, slots=True)
class Request:
    """One action and, in the end, `reply` or `error`.  `owner` is who waits for it."""

    action: str
    fields: dict[str, Any]
    owner: Literal["caller", "receipts", "sync", "whoami", "watch", "change"] = "caller"
    alone: bool = False
    """Must not share a frame: it was in one that the server refused as a whole."""
    reply: Reply | None = None
    error: ClientError | None = None
    size: int = 0

    @property
    def shares(self) -> bool:
        """Whether it may travel in a batch."""
        return self.action in IN_BATCH and not self.alone

    def text(self, frame_id: str) -> str:
        """The frame with this action alone.  Raises `RequestError` if it cannot be one."""
        return encode({"action": self.action, "id": frame_id} | self.fields)

    def measure(self) -> None:
        """Fill in `size`, in bytes.  Raises `RequestError` for what the gateway would not take."""
        self.size = len(self.text("0" * 12).encode()) + _ACTION_OVERHEAD


@dataclass(eq=False, slots=True)
class Flight:
    """A frame that awaits its reply; sent (again) at `resend_at`, on the session's clock.  `told`: that is when the
    server wants it again; until then it is owed no reply.  `attempts` are those since the server last answered it."""

    id: str
    text: str
    requests: list[Request]
    lane: Lane | None
    retries: Backoff
    resend_at: float = 0.0
    attempts: int = 0
    told: bool = False


@dataclass(eq=False, slots=True)
class Lane:
    """A queue with one flight at a time.  Nothing leaves before `hold_until`."""

    name: str
    retries: Backoff
    queue: deque[Request] = field(default_factory=deque)
    flight: Flight | None = None
    hold_until: float = 0.0

    @property
    def idle(self) -> bool:
        """Nothing in flight."""
        return self.flight is None

    def requeue(self, requests: list[Request]) -> None:
        """Back to the front, in their order."""
        self.queue.extendleft(reversed(requests))

    def pack(self, max_frame: int = MAX_FRAME) -> list[Request]:
        """Take what the next frame carries: one action, or, for messages, as many as fit."""
        if not self.queue:
            return []
        taken = [self.queue.popleft()]
        size = taken[0].size + _BATCH_OVERHEAD
        while self.queue and taken[0].shares and self.queue[0].shares:
            size += self.queue[0].size
            if len(taken) == MAX_BATCH or size > max_frame:
                break
            taken.append(self.queue.popleft())
        return taken


def frame_text(requests: list[Request], frame_id: str) -> str:
    """The frame for requests that travel together."""
    if len(requests) == 1:
        return requests[0].text(frame_id)
    actions = [{"action": each.action, "id": str(n)} | each.fields for n, each in enumerate(requests)]
    return encode({"action": "batch", "id": frame_id, "actions": actions})


def make_lanes(new_backoff: Callable[[], Backoff]) -> dict[str, Lane]:
    """All lanes, empty."""
    return {name: Lane(name, new_backoff()) for name in dict.fromkeys(LANE_OF.values())}
