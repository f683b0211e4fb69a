"""Posts on the wire: writing, engaging with them, reading threads and mentions."""

from __future__ import annotations

from tidings.domain.engagement import Counts
from tidings.domain.identity import Caller
from tidings.domain.posts import PostRef
from tidings.protocol.frames import AckReply
from tidings.protocol.posts import (
    CountsReply,
    CountsView,
    LikeRequest,
    PostCountsRequest,
    PostDeleteRequest,
    PostGetRequest,
    PostRepliesRequest,
    PostRequest,
    RepostRequest,
    ThreadReply,
    UnlikeRequest,
    UnrepostRequest,
)
from tidings.protocol.timelines import MentionsRequest, TimelineReply
from tidings.protocol.views import RefView, post_view, ref_view
from tidings.router import Router
from tidings.routes.timeline import acked, page_reply
from tidings.services.embeds import Embeds
from tidings.services.engage import Engager
from tidings.services.mentions import MentionsReader
from tidings.services.post import Draft, Poster
from tidings.services.post_threads import ThreadReader


def register(
    router: Router, poster: Poster, engager: Engager, threads: ThreadReader, mentions: MentionsReader, embeds: Embeds
) -> None:
    """Enter the routes."""
    _writing(router, poster)
    _engaging(router, engager)
    _reading(router, threads, embeds)

    def mentioned(caller: Caller, request: MentionsRequest) -> TimelineReply:
        page = mentions.page(caller, request.before, request.since, request.limit)
        return page_reply(request.id, page, embeds.of(caller, page.entries))

    router.route(MentionsRequest, mentioned)


def _writing(router: Router, poster: Poster) -> None:
    def post(caller: Caller, request: PostRequest) -> AckReply:
        draft = Draft(request.text, _ref_or_none(request.reply_to), _ref_or_none(request.quote))
        return acked(request.id, request.client_id, poster.post(caller, request.client_id, draft))

    def delete(caller: Caller, request: PostDeleteRequest) -> AckReply:
        poster.delete(caller, request.position)
        return acked(request.id, None, request.position)

    router.route(PostRequest, post)
    router.route(PostDeleteRequest, delete)


def _engaging(router: Router, engager: Engager) -> None:
    def like(caller: Caller, request: LikeRequest | UnlikeRequest) -> AckReply:
        on = isinstance(request, LikeRequest)
        return acked(request.id, request.client_id, engager.like(caller, request.client_id, _ref(request), on=on))

    def repost(caller: Caller, request: RepostRequest | UnrepostRequest) -> AckReply:
        on = isinstance(request, RepostRequest)
        return acked(request.id, request.client_id, engager.repost(caller, request.client_id, _ref(request), on=on))

    router.route(LikeRequest, like)
    router.route(UnlikeRequest, like)
    router.route(RepostRequest, repost)
    router.route(UnrepostRequest, repost)


def _reading(router: Router, threads: ThreadReader, embeds: Embeds) -> None:
    def get(caller: Caller, request: PostGetRequest) -> ThreadReply:
        thread = threads.get(caller, _ref(request), request.limit)
        originals = embeds.of(caller, (*thread.ancestors, thread.post, *thread.replies))
        return ThreadReply(
            id=request.id,
            post=post_view(thread.post),
            counts=_counts(thread.post.ref, thread.counts),
            ancestors=[post_view(entry) for entry in thread.ancestors],
            replies=[post_view(entry) for entry in thread.replies],
            above=ref_view(thread.above),
            originals=[post_view(entry) for entry in originals] or None,
            before=thread.before,
        )

    def replies(caller: Caller, request: PostRepliesRequest) -> TimelineReply:
        page = threads.replies(caller, _ref(request), request.before, request.limit)
        return page_reply(request.id, page, embeds.of(caller, page.entries))

    def counts(caller: Caller, request: PostCountsRequest) -> CountsReply:
        found = threads.counts(caller, [_ref(view) for view in request.posts])
        return CountsReply(id=request.id, counts=[_counts(ref, each) for ref, each in found.items()])

    router.route(PostGetRequest, get)
    router.route(PostRepliesRequest, replies)
    router.route(PostCountsRequest, counts)


def _counts(ref: PostRef, counts: Counts) -> CountsView:
    return CountsView(
        author=ref.author,
        position=ref.position,
        likes=counts.likes,
        reposts=counts.reposts,
        replies=counts.replies,
        liked=counts.liked,
        reposted=counts.reposted,
    )


Named = RefView | LikeRequest | UnlikeRequest | RepostRequest | UnrepostRequest | PostGetRequest | PostRepliesRequest
"""What names a post."""


def _ref(view: Named) -> PostRef:
    return PostRef(view.author, view.position)


def _ref_or_none(view: RefView | None) -> PostRef | None:
    return None if view is None else _ref(view)
