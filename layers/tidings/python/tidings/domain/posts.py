"""Posts, and what stands of them in timelines.  A post's identity is (author, position)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.events import Path

_REF: Final = re.compile(r"([!-\"$-~]{1,128})/(\d{13}-[a-z2-7]{8}-[a-z2-7]{8}-\d{2})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class PostRef:
    """Which post."""

    author: str
    position: str

    def __str__(self) -> str:
        """`<author>/<position>`: how a post is named in items, and wherever one string has to do."""
        return f"{self.author}/{self.position}"


def ref_of(text: str) -> PostRef:
    """What `str(PostRef)` gave.  Raises `InvalidRequest` for anything else."""
    match = _REF.match(text)
    if match is None:
        raise InvalidRequest("A post is named by its author, a slash and its position.")
    return PostRef(match[1], match[2])


@dataclass(frozen=True, slots=True)
class Post:
    """A post.  `text` is None for a tombstone, which keeps everything else.

    `reply_to` is the post it answers and `root` the one that its thread began with (a reply has both); `quote` is a
    post that it shows beside its own text; `repost_of` one that it passes on as it is (its own text is empty).
    """

    author: str
    position: str
    client_id: str
    path: Path
    text: str | None
    reply_to: PostRef | None = None
    root: PostRef | None = None
    quote: PostRef | None = None
    repost_of: PostRef | None = None

    @property
    def ref(self) -> PostRef:
        """Its name."""
        return PostRef(self.author, self.position)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One post as it stands in a timeline.

    `truncated`: `text` is an excerpt, because the whole post was larger than an entry may be.
    """

    author: str
    position: str
    text: str
    truncated: bool = False
    reply_to: PostRef | None = None
    quote: PostRef | None = None
    repost_of: PostRef | None = None

    @property
    def ref(self) -> PostRef:
        """The post's name."""
        return PostRef(self.author, self.position)
