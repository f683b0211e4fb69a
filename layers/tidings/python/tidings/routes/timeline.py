"""Follows and timelines on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.posts import TimelineEntry
from tidings.protocol.frames import AckReply
from tidings.protocol.timelines import (
    FollowRequest,
    HomeRequest,
    TimelineReply,
    TimelineWatchReply,
    TimelineWatchRequest,
    UnfollowRequest,
    UserTimelineRequest,
)
from tidings.protocol.views import post_view
from tidings.router import Router
from tidings.services.embeds import Embeds
from tidings.services.follow import Follows
from tidings.services.timeline import Page, TimelineReader
from tidings.services.timeline_watch import TimelineWatches


def register(router: Router, follows: Follows, reader: TimelineReader, embeds: Embeds) -> None:
    """Enter the routes of the timeline function."""

    def follow(caller: Caller, request: FollowRequest) -> AckReply:
        made = follows.follow(caller, request.client_id, request.user)
        ack = acked(request.id, request.client_id, made.position)
        return ack.model_copy(update={"requested": True}) if made.requested else ack

    def unfollow(caller: Caller, request: UnfollowRequest) -> AckReply:
        return acked(request.id, request.client_id, follows.unfollow(caller, request.client_id, request.user))

    def home(caller: Caller, request: HomeRequest) -> TimelineReply:
        page = reader.home(caller, request.before, request.since, request.limit)
        return page_reply(request.id, page, embeds.of(caller, page.entries))

    def user(caller: Caller, request: UserTimelineRequest) -> TimelineReply:
        page = reader.user(caller, request.user, request.before, request.limit)
        return page_reply(request.id, page, embeds.of(caller, page.entries))

    router.route(FollowRequest, follow)
    router.route(UnfollowRequest, unfollow)
    router.route(HomeRequest, home)
    router.route(UserTimelineRequest, user)


def register_watch(router: Router, watches: TimelineWatches) -> None:
    """Enter `timeline.watch`."""

    def watch(caller: Caller, request: TimelineWatchRequest) -> TimelineWatchReply:
        return TimelineWatchReply(id=request.id, until=watches.set(caller, request.on))

    router.route(TimelineWatchRequest, watch)


def acked(request_id: str, client_id: str | None, position: str) -> AckReply:
    """The ack of what stands at `position`."""
    return AckReply(id=request_id, client_id=client_id, position=position, at=ms_of(position))


def page_reply(request_id: str, page: Page, originals: Sequence[TimelineEntry]) -> TimelineReply:
    """A page of posts, with those that they quote or pass on."""
    return TimelineReply(
        id=request_id,
        posts=[post_view(entry) for entry in page.entries],
        originals=[post_view(entry) for entry in originals] or None,
        before=page.before,
        since=page.since,
    )
