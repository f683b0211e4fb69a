"""Frames of follows and timelines; those of posts are in `tidings.protocol.posts`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import ClientId, CursorText, Frame, PositionText, Reply, Request, UserId

MAX_PAGE = 50


class FollowRequest(Request):
    """Follow a user: their posts, recent ones included, come into the home timeline."""

    action: Literal["follow"] = "follow"
    client_id: ClientId
    user: UserId


class UnfollowRequest(Request):
    """Stop following a user: their posts leave the home timeline."""

    action: Literal["unfollow"] = "unfollow"
    client_id: ClientId
    user: UserId


class HomeRequest(Request):
    """The home timeline, newest first.  `before` pages down, `since` asks what is new; not both."""

    action: Literal["timeline.home"] = "timeline.home"
    before: CursorText | None = None
    since: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class UserTimelineRequest(Request):
    """One author's posts, newest first."""

    action: Literal["timeline.user"] = "timeline.user"
    user: UserId
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class MentionsRequest(Request):
    """The posts that mention, answer or quote the caller, newest first; paged as the home timeline is."""

    action: Literal["timeline.mentions"] = "timeline.mentions"
    before: CursorText | None = None
    since: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class RefView(Frame):
    """Which post."""

    author: UserId
    position: PositionText


class EntityView(Frame):
    """What a text names: its characters (Unicode code points) from `start` up to `end`."""

    kind: Literal["mention", "tag", "link"]
    start: int
    end: int


class PostView(Frame):
    """A post; its identity is (author, position).  `truncated`: the whole text is in the author's timeline.

    `reply_to` is the post it answers, `quote` one that it shows beside its text, `repost_of` one that it passes on.
    `entities` are the first 50, in order.
    """

    author: str
    position: str
    text: str
    truncated: bool = False
    at: int
    reply_to: RefView | None = None
    quote: RefView | None = None
    repost_of: RefView | None = None
    entities: list[EntityView] | None = None


class TimelineReply(Reply):
    """Posts, newest first.  `before` is absent at the end; keep `since` (home only) to ask what is new later."""

    type: Literal["timeline"] = "timeline"
    posts: list[PostView]
    before: str | None = None
    since: str | None = None
