"""Frames of posts: writing, engaging with them, reading threads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import ClientId, CursorText, Frame, PositionText, Reply, Request, Text, UserId
from tidings.protocol.timelines import MAX_PAGE
from tidings.protocol.views import PostView, RefView

MAX_COUNTED = 50


class PostRequest(Request):
    """A post, to everybody who follows the caller; an answer to `reply_to`, with `quote` beside it."""

    action: Literal["post"] = "post"
    client_id: ClientId
    text: Text
    reply_to: RefView | None = None
    quote: RefView | None = None


class PostDeleteRequest(Request):
    """Take one of the caller's own posts back, everywhere."""

    action: Literal["post.delete"] = "post.delete"
    position: PositionText


class LikeRequest(Request):
    """Like a post."""

    action: Literal["like"] = "like"
    client_id: ClientId
    author: UserId
    position: PositionText


class UnlikeRequest(Request):
    """Take a like back."""

    action: Literal["unlike"] = "unlike"
    client_id: ClientId
    author: UserId
    position: PositionText


class RepostRequest(Request):
    """Pass a post on to everybody who follows the caller."""

    action: Literal["repost"] = "repost"
    client_id: ClientId
    author: UserId
    position: PositionText


class UnrepostRequest(Request):
    """Take a repost back."""

    action: Literal["unrepost"] = "unrepost"
    client_id: ClientId
    author: UserId
    position: PositionText


class PostGetRequest(Request):
    """A post with what it answers, its counts and its newest replies."""

    action: Literal["post.get"] = "post.get"
    author: UserId
    position: PositionText
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class PostRepliesRequest(Request):
    """The replies to a post, newest first."""

    action: Literal["post.replies"] = "post.replies"
    author: UserId
    position: PositionText
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class PostCountsRequest(Request):
    """How often some posts were liked, reposted and answered."""

    action: Literal["post.counts"] = "post.counts"
    posts: Annotated[list[RefView], Field(min_length=1, max_length=MAX_COUNTED)]


class CountsView(Frame):
    """The counts of a post; `liked` and `reposted`: by the caller."""

    author: str
    position: str
    likes: int
    reposts: int
    replies: int
    liked: bool
    reposted: bool


class CountsReply(Reply):
    """The counts of those of the posts that the caller may see, in the order asked for."""

    type: Literal["counts"] = "counts"
    counts: list[CountsView]


class ThreadReply(Reply):
    """A post, `ancestors` (what it answers, oldest first), its newest `replies`; `before` goes on down these.

    `above` is where the thread goes on above the ancestors: ask for that post.  `originals` are what any of them quote,
    as in a timeline.
    """

    type: Literal["thread"] = "thread"
    post: PostView
    counts: CountsView
    ancestors: list[PostView]
    replies: list[PostView]
    above: RefView | None = None
    originals: list[PostView] | None = None
    before: str | None = None
