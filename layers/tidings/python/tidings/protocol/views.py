"""Posts on the wire, in replies and in live frames."""

from __future__ import annotations

from typing import Literal

from tidings.domain.position import ms_of
from tidings.domain.posts import PostRef, TimelineEntry
from tidings.domain.sizes import MOST_ENTITIES
from tidings.protocol.frames import Frame, PositionText, UserId


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


def post_view(entry: TimelineEntry) -> PostView:
    """A post on the wire."""
    from tidings.domain.entities import entities  # Only who shows posts needs its tables.

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
