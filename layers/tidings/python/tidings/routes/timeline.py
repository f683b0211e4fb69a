"""Posts, follows and timelines on the wire."""

from __future__ import annotations

from pydantic import BaseModel

from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.posts import PostRef, TimelineEntry
from tidings.protocol.frames import AckReply
from tidings.protocol.timelines import (
    FollowRequest,
    HomeRequest,
    PostDeleteRequest,
    PostRequest,
    PostView,
    RefView,
    TimelineReply,
    UnfollowRequest,
    UserTimelineRequest,
)
from tidings.router import Router
from tidings.services.follow import Follows
from tidings.services.post import Poster
from tidings.services.timeline import Page, TimelineReader


def register(router: Router, poster: Poster, follows: Follows, reader: TimelineReader) -> None:
    """Enter the routes of the timeline function."""

    def post(caller: Caller, request: PostRequest) -> BaseModel:
        return _ack(request.id, request.client_id, poster.post(caller, request.client_id, request.text))

    def delete(caller: Caller, request: PostDeleteRequest) -> BaseModel:
        poster.delete(caller, request.position)
        return _ack(request.id, None, request.position)

    def follow(caller: Caller, request: FollowRequest) -> BaseModel:
        return _ack(request.id, request.client_id, follows.follow(caller, request.client_id, request.user))

    def unfollow(caller: Caller, request: UnfollowRequest) -> BaseModel:
        return _ack(request.id, request.client_id, follows.unfollow(caller, request.client_id, request.user))

    def home(caller: Caller, request: HomeRequest) -> BaseModel:
        return _page(request.id, reader.home(caller, request.before, request.since, request.limit))

    def user(caller: Caller, request: UserTimelineRequest) -> BaseModel:
        return _page(request.id, reader.user(caller, request.user, request.before, request.limit))

    router.route(PostRequest, post)
    router.route(PostDeleteRequest, delete)
    router.route(FollowRequest, follow)
    router.route(UnfollowRequest, unfollow)
    router.route(HomeRequest, home)
    router.route(UserTimelineRequest, user)


def _ack(request_id: str, client_id: str | None, position: str) -> AckReply:
    return AckReply(id=request_id, client_id=client_id, position=position, at=ms_of(position))


def _page(request_id: str, page: Page) -> TimelineReply:
    posts = [post_view(entry) for entry in page.entries]
    return TimelineReply(id=request_id, posts=posts, before=page.before, since=page.since)


def post_view(entry: TimelineEntry) -> PostView:
    """A post on the wire."""
    return PostView(
        author=entry.author,
        position=entry.position,
        text=entry.text,
        truncated=entry.truncated,
        at=ms_of(entry.position),
        reply_to=ref_view(entry.reply_to),
        quote=ref_view(entry.quote),
        repost_of=ref_view(entry.repost_of),
    )


def ref_view(ref: PostRef | None) -> RefView | None:
    """A reference to a post on the wire."""
    return None if ref is None else RefView(author=ref.author, position=ref.position)
