"""A post as a program sees it, in pages and in live events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Name = tuple[str, str]
"""How a post is named: its author and its position."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What a text names (`mention`, `tag`, `link`): its characters from `start` up to `end`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post.  Identity is (author, position); `truncated`: the whole text is in the author's timeline.

    `reply_to` names the post it answers, `quote` one that it shows beside its text, `repost_of` one that it passes on.
    """

    author: str
    position: str
    text: str
    at: int
    truncated: bool = False
    reply_to: Name | None = None
    quote: Name | None = None
    repost_of: Name | None = None
    entities: tuple[Entity, ...] = ()

    @property
    def name(self) -> Name:
        """Its name."""
        return self.author, self.position


@dataclass(frozen=True, slots=True)
class Counts:
    """How often the post `name` was liked, reposted and answered, and whether we liked and reposted it."""

    name: Name
    likes: int
    reposts: int
    replies: int
    liked: bool
    reposted: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A post, what it answers (`ancestors`, oldest first) and its newest replies; `before` goes on down these.

    `above` names the post by which the thread goes on above the ancestors, None at the top.  `originals` are posts that
    any of them quote, by name.
    """

    post: Post
    counts: Counts
    ancestors: tuple[Post, ...]
    replies: tuple[Post, ...]
    originals: Mapping[Name, Post]
    before: str | None = None
    above: Name | None = None


def post_of(view: Mapping[str, Any]) -> Post:
    """A post from its wire form."""
    return Post(
        view["author"],
        view["position"],
        view["text"],
        view["at"],
        view.get("truncated", False),
        _name(view.get("reply_to")),
        _name(view.get("quote")),
        _name(view.get("repost_of")),
        tuple(Entity(each["kind"], each["start"], each["end"]) for each in view.get("entities") or ()),
    )


def counts_of(view: Mapping[str, Any]) -> Counts:
    """The counts of a post."""
    fields = ("likes", "reposts", "replies", "liked", "reposted")
    return Counts((view["author"], view["position"]), **{field: view[field] for field in fields})


def thread_of(reply: Mapping[str, Any]) -> Thread:
    """A thread."""
    ancestors, replies = (tuple(map(post_of, reply[field])) for field in ("ancestors", "replies"))
    return Thread(
        post_of(reply["post"]),
        counts_of(reply["counts"]),
        ancestors,
        replies,
        originals_of(reply),
        reply.get("before"),
        _name(reply.get("above")),
    )


def originals_of(reply: Mapping[str, Any]) -> dict[Name, Post]:
    """What the posts of a reply quote or pass on, by name."""
    return {post.name: post for post in map(post_of, reply.get("originals") or ())}


def ref(name: Name | None) -> dict[str, str] | None:
    """A name on the wire."""
    return None if name is None else {"author": name[0], "position": name[1]}


def _name(view: Mapping[str, str] | None) -> Name | None:
    return None if view is None else (view["author"], view["position"])
