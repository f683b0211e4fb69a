"""Frames of follows and timelines; those of posts are in `tidings.protocol.posts`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import ClientId, CursorText, Reply, Request, UserId
from tidings.protocol.views import PostView

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


class TimelineWatchRequest(Request):
    """Hear live what comes into the home timeline, with this device.  It ends by itself after fifteen minutes, or with
    `on` false: ask again in time."""

    action: Literal["timeline.watch"] = "timeline.watch"
    on: bool = True


class TimelineWatchReply(Reply):
    """Until when this device hears of posts (epoch ms)."""

    type: Literal["watching"] = "watching"
    until: int


class TimelineReply(Reply):
    """Posts, newest first.  `before` is absent at the end; keep `since` to ask what is new later (home and mentions).

    `originals` are what the posts quote or pass on, as far as the caller may see it and there is room.
    """

    type: Literal["timeline"] = "timeline"
    posts: list[PostView]
    originals: list[PostView] | None = None
    before: str | None = None
    since: str | None = None
