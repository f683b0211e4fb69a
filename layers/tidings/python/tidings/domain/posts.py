"""Posts, and what stands of them in timelines.  A post's identity is (author, position)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.paths import Path

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
    `mentions` are the users whom its text names by their handles.
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
    mentions: tuple[str, ...] = ()

    @property
    def ref(self) -> PostRef:
        """Its name."""
        return PostRef(self.author, self.position)

    @property
    def original(self) -> PostRef:
        """What is meant where it is engaged with: the post itself, or the one that it passes on."""
        return self.repost_of or self.ref

    @property
    def answers(self) -> str | None:
        """Somebody else whom it answers: followers who do not follow them, too, are not shown it at home."""
        answered = None if self.reply_to is None else self.reply_to.author
        return None if answered == self.author else answered

    @property
    def told(self) -> tuple[str, ...]:
        """Who is told of it: whom it mentions, answers or quotes."""
        about = (ref.author for ref in (self.reply_to, self.quote) if ref is not None)
        return tuple(user for user in dict.fromkeys((*about, *self.mentions)) if user != self.author)


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

    @property
    def people(self) -> frozenset[str]:
        """Whose words it shows: its author's, and those of the posts that it quotes or passes on."""
        shown = (ref.author for ref in (self.quote, self.repost_of) if ref is not None)
        return frozenset((self.author, *shown))
