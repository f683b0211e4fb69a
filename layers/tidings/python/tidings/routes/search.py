"""Search on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.search import FoundReply, SearchRequest, TagTimelineRequest
from tidings.protocol.views import post_view
from tidings.router import Router
from tidings.services.embeds import Embeds
from tidings.services.search.reader import Found, Searcher


def register(router: Router, searcher: Searcher, embeds: Embeds) -> None:
    """Enter the routes of search."""

    def search(caller: Caller, request: SearchRequest) -> FoundReply:
        return found(caller, request.id, searcher.search(caller, request.q, request.before, request.limit))

    def tag(caller: Caller, request: TagTimelineRequest) -> FoundReply:
        return found(caller, request.id, searcher.tag(caller, request.tag, request.before, request.limit))

    def found(caller: Caller, request_id: str, page: Found) -> FoundReply:
        originals = [post_view(each) for each in embeds.of(caller, page.entries)] or None
        posts = [post_view(each) for each in page.entries]
        building = None if page.progress == 100 else page.progress
        return FoundReply(id=request_id, posts=posts, originals=originals, before=page.before, building=building)

    router.route(SearchRequest, search)
    router.route(TagTimelineRequest, tag)
