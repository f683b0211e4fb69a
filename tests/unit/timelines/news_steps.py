"""Watching home timelines in a rig: who is online, who watches, what they are told."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.timelines.rig import Rig
from tidings.domain.events import NewPosts, Path
from tidings.domain.identity import Connection
from tidings.domain.posts import PostRef


def online(rig: Rig, user: str, device: str = "phone") -> None:
    now = rig.clock.now()
    rig.world.registry.register(user, Connection(device, f"{user}-{device}", now - 1_000), now, 5)


def watch(rig: Rig, user: str, device: str = "phone", on: bool = True) -> int:
    online(rig, user, device)
    caller = rig.caller(user)
    identity = replace(caller.identity, device_id=device)
    return rig.watches.set(replace(caller, identity=identity), on)


def run(rig: Rig) -> None:
    """What is due at once: plans, copies, live frames."""
    rig.plan()
    while rig.work(batch=50):
        pass


def told(rig: Rig, user: str, device: str = "phone") -> list[NewPosts]:
    events = rig.world.sockets.seen(f"{user}-{device}")
    assert all(isinstance(event, NewPosts) for event in events)
    return [event for event in events if isinstance(event, NewPosts)]


def positions(rig: Rig, user: str, device: str = "phone") -> list[str]:
    return [entry.position for event in told(rig, user, device) for entry in event.posts]


def pulled(rig: Rig, author: str, text: str = "hello", reply_to: PostRef | None = None) -> str:
    """A post that is pulled."""
    position = rig.post(author, text)
    old = rig.posts.posts[author, position]
    rig.posts.posts[author, position] = new = replace(old, path=Path.PULL, reply_to=reply_to)
    rig.posts.stream = [new if post == old else post for post in rig.posts.stream]
    return position


def mark(rig: Rig, reader: str, author: str, until: int = 0) -> None:
    rig.graph.marks.setdefault(reader, {})[author, rig.clock.now() - 1_000] = until
