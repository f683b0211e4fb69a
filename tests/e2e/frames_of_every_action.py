"""A valid frame of every action, about one scene: what the authorization matrix is made from.

The scene: `owner` has a group with `member` and `removed` in it (the latter was removed again) and a 1:1 conversation
with `member`; each conversation has a message of the owner's.  `about` says which of the two an actor aims at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.e2e.phone import new_id
from tidings.protocol import actions as a

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What a frame is aimed at."""

    conversation: str
    position: str
    user: str
    """The other side, or a member of the group."""
    post: str = "1700000000000-aaaaaaaa-aaaaaaaa-00"
    """The position of a post of theirs."""


def _mutation(**fields: Any) -> Fields:
    return {"client_id": new_id(), **fields}


def _message(about: About) -> Fields:
    return _mutation(conversation=about.conversation, position=about.position)


def _batch(about: About) -> Fields:
    send = {"action": a.SEND, "id": "1", **_mutation(conversation=about.conversation, text="in a batch")}
    return {"actions": [send]}


def _post(about: About) -> Fields:
    return {"author": about.user, "position": about.post}


def _engage(about: About) -> Fields:
    return _mutation(**_post(about))


CONVERSATION: Final[dict[str, Callable[[About], Fields]]] = {
    a.SEND: lambda it: _mutation(conversation=it.conversation, text="let me in"),
    a.BATCH: _batch,
    a.ACK: lambda it: {"conversation": it.conversation, "kind": "read", "position": it.position},
    a.HISTORY: lambda it: {"conversation": it.conversation},
    a.RECEIPTS: lambda it: {"conversation": it.conversation, "position": it.position},
    a.EDIT: lambda it: {**_message(it), "text": "changed"},
    a.REACT: lambda it: {**_message(it), "emoji": "👍"},
    a.HIDE: _message,
    a.CONVERSATION_SET: lambda it: _mutation(conversation=it.conversation, pinned=True),
    a.TYPING: lambda it: {"conversation": it.conversation},
    a.UNSEND: _message,
}
"""On any conversation."""

GROUP: Final[dict[str, Callable[[About], Fields]]] = {
    a.GROUP_UPDATE: lambda it: _mutation(conversation=it.conversation, title="mine"),
    a.GROUP_ADD: lambda it: _mutation(conversation=it.conversation, members=[it.user]),
    a.GROUP_REMOVE: lambda it: _mutation(conversation=it.conversation, member=it.user),
    a.GROUP_LEAVE: lambda it: _mutation(conversation=it.conversation),
    a.GROUP_ROLE: lambda it: _mutation(conversation=it.conversation, member=it.user, role="admin"),
    a.GROUP_INFO: lambda it: {"conversation": it.conversation},
    a.GROUP_MEMBERS: lambda it: {"conversation": it.conversation},
    a.WATCH: lambda it: {"conversation": it.conversation},
}
"""On groups only."""

PERSON: Final[dict[str, Callable[[About], Fields]]] = {
    a.FOLLOW: lambda it: _mutation(user=it.user),
    a.UNFOLLOW: lambda it: _mutation(user=it.user),
    a.BLOCK: lambda it: _mutation(user=it.user),
    a.UNBLOCK: lambda it: _mutation(user=it.user),
    a.MUTE: lambda it: _mutation(user=it.user),
    a.UNMUTE: lambda it: _mutation(user=it.user),
    a.PEOPLE: lambda it: {"users": [it.user]},
    a.FOLLOWERS: lambda it: {"user": it.user},
    a.FOLLOWING: lambda it: {"user": it.user},
    a.FOLLOW_ACCEPT: lambda it: _mutation(user=it.user),
    a.FOLLOW_DECLINE: lambda it: _mutation(user=it.user),
    a.TIMELINE_USER: lambda it: {"user": it.user},
    a.POST_GET: _post,
    a.POST_REPLIES: _post,
    a.POST_COUNTS: lambda it: {"posts": [_post(it)]},
    a.LIKE: _engage,
    a.UNLIKE: _engage,
    a.REPOST: _engage,
    a.UNREPOST: _engage,
    a.PRESENCE_WATCH: lambda it: {"users": [it.user]},
    a.GROUP_CREATE: lambda it: _mutation(title="a trap", members=[it.user]),
}
"""On another user."""

OWN: Final[dict[str, Callable[[About], Fields]]] = {
    a.WHOAMI: lambda _: {},
    a.DEVICE_REGISTER: lambda _: {},
    a.DEVICE_REMOVE: lambda _: {"device_id": "no-such-device"},
    a.DEVICE_LIST: lambda _: {},
    a.PRIVACY: lambda _: {},
    a.SYNC: lambda _: {},
    a.CONVERSATIONS: lambda _: {},
    a.SEARCH: lambda _: {"q": "hello"},
    a.TIMELINE_TAG: lambda _: {"tag": "hello"},
    a.POST: lambda _: _mutation(text="hello"),
    a.POST_DELETE: lambda it: {"position": it.position},
    a.BLOCKS: lambda _: {},
    a.MUTES: lambda _: {},
    a.PROFILE: lambda _: {},
    a.PEOPLE_SEARCH: lambda it: {"q": it.user},
    a.FOLLOW_REQUESTS: lambda _: {},
    a.TIMELINE_HOME: lambda _: {},
    a.TIMELINE_MENTIONS: lambda _: {},
    a.TIMELINE_WATCH: lambda _: {},
}
"""On nothing but the caller's own."""

FRAMES: Final = {**CONVERSATION, **GROUP, **PERSON, **OWN}
