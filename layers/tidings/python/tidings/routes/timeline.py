"""Follows and timelines on the wire."""

from __future__ import annotations

from pydantic import BaseModel

from tidings.domain.entities import MOST_ENTITIES, entities
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.posts import PostRef, TimelineEntry
from tidings.protocol.frames import AckReply
from tidings.protocol.timelines import (
    EntityView,
    FollowRequest,
    HomeRequest,
    PostView,
    RefView,
    TimelineReply,
    UnfollowRequest,
    UserTimelineRequest,
)
from tidings.router import Router
from tidings.services.follow import Follows
from tidings.services.timeline import Page, TimelineReader


def register(router: Router, follows: Follows, reader: TimelineReader) -> None:
    """Enter the routes of the timeline function."""

    def follow(caller: Caller, request: FollowRequest) -> BaseModel:
        return acked(request.id, request.client_id, follows.follow(caller, request.client_id, request.user))

    def unfollow(caller: Caller, request: UnfollowRequest) -> BaseModel:
        return acked(request.id, request.client_id, follows.unfollow(caller, request.client_id, request.user))

    def home(caller: Caller, request: HomeRequest) -> BaseModel:
        return page_reply(request.id, reader.home(caller, request.before, request.since, request.limit))

    def user(caller: Caller, request: UserTimelineRequest) -> BaseModel:
        return page_reply(request.id, reader.user(caller, request.user, request.before, request.limit))

    router.route(FollowRequest, follow)
    router.route(UnfollowRequest, unfollow)
    router.route(HomeRequest, home)
    router.route(UserTimelineRequest, user)


def acked(request_id: str, client_id: str | None, position: str) -> AckReply:
    """The ack of what stands at `position`."""
    return AckReply(id=request_id, client_id=client_id, position=position, at=ms_of(position))


def page_reply(request_id: str, page: Page) -> TimelineReply:
    """A page of posts."""
    posts = [post_view(entry) for entry in page.entries]
    return TimelineReply(id=request_id, posts=posts, before=page.before, since=page.since)


def post_view(entry: TimelineEntry) -> PostView:
    """A post on the wire."""
    named = entities(entry.text, cut=entry.truncated)[:MOST_ENTITIES]
    return PostView(
        author=entry.author,
        position=entry.position,
        text=entry.text,
        truncated=entry.truncated,
        at=ms_of(entry.position),
        reply_to=ref_view(entry.reply_to),
        quote=ref_view(entry.quote),
        repost_of=ref_view(entry.repost_of),
        entities=[EntityView(kind=each.kind.value, start=each.start, end=each.end) for each in named] or None,
    )


def ref_view(ref: PostRef | None) -> RefView | None:
    """A reference to a post on the wire."""
    return None if ref is None else RefView(author=ref.author, position=ref.position)
