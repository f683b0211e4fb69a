"""Replies as a program sees them: small values instead of the server's strict models.  Times are epoch ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from client.events import Entry, GroupChange, Message
from client.frames import Reply
from client.posts import Name, Post, originals_of, post_of
from client.wire import event_of


@dataclass(frozen=True, slots=True)
class Ack:
    """A mutation is durable.  `position` is its place in the order, `at` that place's time.

    `not_added` are users who could not be put into a group; `requested`: the follow waits for consent.
    """

    client_id: str | None = None
    conversation: str | None = None
    position: str | None = None
    at: int | None = None
    not_added: tuple[str, ...] = ()
    requested: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Posts, newest first.  `before` pages down (None at the end), `since` asks later what is new.

    `originals` are what the posts quote or pass on, by name; those that we may not see, and what found no room, are not
    there.
    """

    posts: tuple[Post, ...]
    before: str | None = None
    since: str | None = None
    originals: Mapping[Name, Post] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """A group.  `role` is our own (owner, admin, member), `members` how many there are.

    `who_posts` and `who_adds` are `members` or `admins`; `history`: what a new member sees of the past, `join`
    (nothing) or `all`.  Not `live`: its events come by sync, and live only while we watch it.
    """

    conversation: str
    title: str
    picture: str
    description: str
    who_posts: str
    who_adds: str
    history: str
    members: int
    role: str
    live: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group, since `joined`."""

    user: str
    role: str
    joined: int


@dataclass(frozen=True, slots=True)
class Reader:
    """How far a member has got with a message: the times of the confirmations that cover it, None for not yet."""

    user: str
    delivered_at: int | None = None
    read_at: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A conversation on the home screen.

    `title` is a group's; `last` its newest message or change; `unread` is counted up to 99; `muted_until` is 0 where it
    is not muted; `mentions`: a mention sounds although it is muted; `left`: we are no longer in it; `delivered` and
    `read` are our own watermarks (positions).
    """

    conversation: str
    active_at: int
    title: str | None = None
    picture: str | None = None
    last: Entry | None = None
    unread: int = 0
    muted_until: int = 0
    mentions: bool = True
    pinned: bool = False
    archived: bool = False
    blocked: bool = False
    left: bool = False
    delivered: str | None = None
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device.  `registered_at` is there once it has registered, `connected_at` while it has a live socket; `own`: it
    is this one."""

    device_id: str
    platform: str | None
    push: bool
    registered_at: int | None = None
    connected_at: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Privacy:
    """`last_seen`: who sees when we are online (everyone, following, nobody); `read_receipts`: whether others learn
    what we read, and we what they do; `previews`: what a push shows (full, sender, none)."""

    last_seen: str
    read_receipts: bool
    previews: str


def ack_of(reply: Reply) -> Ack:
    """An ack."""
    return Ack(
        reply.get("client_id"),
        reply.get("conversation"),
        reply.get("position"),
        reply.get("at"),
        tuple(reply.get("not_added") or ()),
        reply.get("requested", False),
    )


def page_of(reply: Reply) -> Page:
    """A page of a timeline."""
    posts = tuple(map(post_of, reply["posts"]))
    return Page(posts, reply.get("before"), reply.get("since"), originals_of(reply))


def group_of(reply: Reply) -> Group:
    """What a group is."""
    return Group(
        conversation=reply["conversation"],
        title=reply["title"],
        picture=reply.get("picture", ""),
        description=reply.get("description", ""),
        **{name: reply[name] for name in ("who_posts", "who_adds", "history", "members", "role", "live")},
    )


def member_of(view: Reply) -> Member:
    """One of a group's members."""
    return Member(view["user"], view["role"], view["joined"])


def reader_of(view: Reply) -> Reader:
    """One of a message's readers."""
    return Reader(view["user"], view.get("delivered_at"), view.get("read_at"))


def overview_of(view: Reply) -> Overview:
    """One line of the home screen."""
    last = event_of(view.get("last") or {}, "sync")
    given = {name: view[name] for name in _OVERVIEW if view.get(name) is not None}
    return Overview(**given, last=last if isinstance(last, Message | GroupChange) else None)


def device_of(view: Reply) -> Device:
    """One of our devices."""
    return Device(
        view["device_id"],
        view.get("platform"),
        view["push"],
        view.get("registered_at"),
        view.get("connected_at"),
        view.get("own", False),
    )


def privacy_of(reply: Reply) -> Privacy:
    """The privacy settings."""
    return Privacy(reply["last_seen"], reply["read_receipts"], reply["previews"])


_OVERVIEW = (
    "conversation",
    "active_at",
    "title",
    "picture",
    "unread",
    "muted_until",
    "mentions",
    "pinned",
    "archived",
    "blocked",
    "left",
    "delivered",
    "read",
)
