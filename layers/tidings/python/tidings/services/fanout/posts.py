"""Posts as kinds of fan-out: `post` writes copies into home timelines, `unpost` takes them out.

What is pulled is written for its author, and for the residue of those who pull too many: `pulled` and `unpulled`.

A delete must beat every late copy.  A copy is written under the stamp that was taken before the post was read
strongly, so whoever read it alive has written by the tombstone's time plus `T`; the second sweep comes after that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from tidings.domain.events import Path
from tidings.domain.idle import Idle
from tidings.domain.position import ms_of
from tidings.domain.posts import Post, TimelineEntry
from tidings.domain.stamp import Fence
from tidings.domain.timeline import EXCERPT, excerpt
from tidings.ports.pulling import Residue
from tidings.ports.streams import Shown
from tidings.ports.timelines import Graph, Posts, Timelines
from tidings.services.fanout.jobs import PlanJob
from tidings.services.fanout.kinds import Apply, Effect, Kind, Subject, Wanted

POST = "post"
UNPOST = "unpost"
PULLED = "pulled"
UNPULLED = "unpulled"
NAME = len("repost_of")
"""Bytes of the longest name of a reference, which takes room from the text."""


def kind_of(post: Post) -> str:
    """Which fan-out a post asks for, as it stands."""
    if post.path is Path.PULL:
        return UNPULLED if post.text is None else PULLED
    return UNPOST if post.text is None else POST


def post_rule(shown: Shown) -> Iterator[Wanted]:
    """A post asks for its copies, a tombstone for their end, twice."""
    if isinstance(shown, Post):
        yield Wanted(PlanJob(kind_of(shown), shown.author, shown.position), again=shown.text is None)


def entry_of(post: Post) -> TimelineEntry:
    """The copy of a post that is no tombstone."""
    refs = (post.reply_to, post.quote, post.repost_of)
    room = EXCERPT - sum(NAME + len(str(ref)) for ref in refs if ref is not None)
    text, truncated = excerpt(post.text or "", room)
    return TimelineEntry(
        post.author,
        post.position,
        text,
        truncated,
        reply_to=post.reply_to,
        quote=post.quote,
        repost_of=post.repost_of,
    )


def shown_to(graph: Graph, post: Post, recipients: Sequence[str]) -> frozenset[str]:
    """Those of `recipients`, who follow the author, to whom it is shown at home.  Half a read unit each for an answer
    to somebody else, else nothing."""
    answered = post.answers
    if answered is None:
        return frozenset(recipients)
    both = frozenset(recipients) & {post.author, answered}
    asked = ((recipient, answered) for recipient in recipients if recipient not in both)
    return both | {follower for follower, _ in graph.following(asked)}


class Followers:
    """The audience of an author: the author's own timeline, then the followers, but for those who are `idle`."""

    def __init__(self, graph: Graph, idle: Idle | None = None) -> None:
        self._graph = graph
        self._idle = idle

    def first(self, subject: Subject) -> Sequence[str]:
        """The author."""
        return (subject.owner,)

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The followers."""
        awake = self._idle.awake_from(ms_of(subject.position)) if self._idle is not None else 0
        for at, page in self._graph.audience(subject.owner, shard, after, seen_from=awake):
            yield from ((at, follower) for follower in page)


class Left:
    """The audience of an author who is pulled: the author's own timeline, then the residue, in one shard.

    With `dropped` also who was in it: copies may lie with them.
    """

    def __init__(self, residue: Residue, *, dropped: bool) -> None:
        self._residue = residue
        self._dropped = dropped

    def first(self, subject: Subject) -> Sequence[str]:
        """The author."""
        return (subject.owner,)

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """Who pulls too many."""
        for page in self._residue.members(subject.owner, after, dropped=self._dropped):
            yield from ((shard, reader) for reader in page)


class CopyWriter(Protocol):
    """Where copies are written to."""

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        """As `Timelines.write`."""
        ...


class WriteCopies:
    """Puts a copy of the post into each recipient's home timeline, unless it has been deleted.

    An answer to somebody is for those who follow them, too, beside the two themselves.
    """

    def __init__(self, posts: Posts, timelines: CopyWriter, graph: Graph) -> None:
        self._posts = posts
        self._timelines = timelines
        self._graph = graph

    def prepare(self, subject: Subject) -> Apply | None:
        """Read the post strongly.  None for a tombstone."""
        post = self._posts.get(subject.owner, subject.position, strong=True)
        if post is None or post.text is None:
            return None
        entry = entry_of(post)

        def apply(recipients: Sequence[str], fence: Fence) -> None:
            shown = shown_to(self._graph, post, recipients)
            self._timelines.write([(recipient, entry) for recipient in recipients if recipient in shown], fence)

        return apply


class DeleteCopies:
    """Takes the copy of a deleted post out of each recipient's home timeline."""

    def __init__(self, timelines: Timelines) -> None:
        self._timelines = timelines

    def prepare(self, subject: Subject) -> Apply | None:
        """Nothing to read: a tombstone is for ever."""

        def apply(recipients: Sequence[str], fence: Fence) -> None:
            self._timelines.delete([(recipient, subject.position) for recipient in recipients], fence)

        return apply


def post_kinds(graph: Graph, residue: Residue, idle: Idle) -> dict[str, Kind]:
    """The registry's entries for posts.  Copies go to who is not idle, their end to all."""
    return {
        POST: Kind(Followers(graph, idle), gives=True, members_only=True),
        UNPOST: Kind(Followers(graph)),
        PULLED: Kind(Left(residue, dropped=False), gives=True, members_only=True),
        UNPULLED: Kind(Left(residue, dropped=True)),
    }


def post_effects(
    posts: Posts, timelines: Timelines, graph: Graph, copies: CopyWriter | None = None
) -> dict[str, Effect]:
    """What workers do for posts; they write them through `copies`, if that is given."""
    write, delete = WriteCopies(posts, copies or timelines, graph), DeleteCopies(timelines)
    return {POST: write, UNPOST: delete, PULLED: write, UNPULLED: delete}
