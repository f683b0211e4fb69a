"""Search on the wire."""

from __future__ import annotations

from pydantic import BaseModel

from tidings.domain.identity import Caller
from tidings.protocol.search import FoundReply, SearchRequest, TagTimelineRequest
from tidings.protocol.views import post_view
from tidings.router import Router
from tidings.services.search.reader import Found, Searcher


def register(router: Router, searcher: Searcher) -> None:
    """Enter the routes of search."""

    def search(caller: Caller, request: SearchRequest) -> BaseModel:
        return _found(request.id, searcher.search(caller, request.q, request.before, request.limit))

    def tag(caller: Caller, request: TagTimelineRequest) -> BaseModel:
        return _found(request.id, searcher.tag(caller, request.tag, request.before, request.limit))

    router.route(SearchRequest, search)
    router.route(TagTimelineRequest, tag)


def _found(request_id: str, found: Found) -> FoundReply:
    posts = [post_view(entry) for entry in found.entries]
    building = None if found.progress == 100 else found.progress
    return FoundReply(id=request_id, posts=posts, before=found.before, building=building)
