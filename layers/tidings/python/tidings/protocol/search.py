"""Frames of search."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidings.protocol.frames import CursorText, Reply, Request
from tidings.protocol.timelines import MAX_PAGE
from tidings.protocol.views import PostView

MAX_QUERY = 500
"""Characters of what is typed."""


class SearchRequest(Request):
    """Posts that hold all that `q` asks for, newest first: words, "phrases", #tags, `from:` and `since:`."""

    action: Literal["search"] = "search"
    q: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUERY)]
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class TagTimelineRequest(Request):
    """Posts with a tag, newest first."""

    action: Literal["timeline.tag"] = "timeline.tag"
    tag: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUERY)]
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class FoundReply(Reply):
    """Posts, newest first.  `before` goes on, absent at the end.

    `building` is there while the index is being built, and says how far it has got, in percent: then there may be more,
    which the same request brings later.  `originals` are what the posts quote, as in a timeline.
    """

    type: Literal["found"] = "found"
    posts: list[PostView]
    originals: list[PostView] | None = None
    before: str | None = None
    building: int | None = None
