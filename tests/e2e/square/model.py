"""What stands on the square: who follows, blocks and mutes whom, what was posted, and what each reader is to see of it.

Time is counted in steps, one for each thing that was done.  Where an answer or a mention came while its reader could
not be shown it, the pages promise nothing: what `may` be shown is then more than what `must`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.e2e.square.words import Text

Pair = tuple[str, str]


@dataclass(eq=False)
class Post:
    """A post, an answer, a quote or a repost; `told` are those whom it mentions, answers or quotes."""

    author: str
    position: str
    step: int
    text: Text
    reply_to: Post | None = None
    quote: Post | None = None
    repost_of: Post | None = None
    told: frozenset[str] = frozenset()
    died: int | None = None
    """The step in which it was deleted."""

    @property
    def alive(self) -> bool:
        """Whether it is not deleted."""
        return self.died is None

    @property
    def name(self) -> dict[str, str]:
        """As requests and answers name it."""
        return {"author": self.author, "position": self.position}

    @property
    def meant(self) -> Post:
        """What is liked, answered and passed on where it is named."""
        return self.repost_of or self

    @property
    def people(self) -> set[str]:
        """Whose words it shows."""
        return {self.author, *(each.author for each in (self.quote, self.repost_of) if each)}

    @property
    def ms(self) -> int:
        """When it was posted."""
        return int(self.position[:13])


@dataclass
class Square:
    """All that was done."""

    users: list[str]
    step: int = 0
    settled: int = 0
    """The step up to which everything behind the acks has been done."""
    posts: list[Post] = field(default_factory=list)
    follows: dict[Pair, int] = field(default_factory=dict)
    """Who follows whom since which step."""
    asks: set[Pair] = field(default_factory=set)
    blocks: set[Pair] = field(default_factory=set)
    mutes: set[Pair] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    handles: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    likes: set[tuple[str, Post]] = field(default_factory=set)
    copied: dict[tuple[str, Post], int] = field(default_factory=dict)
    """Since which step a post has a place in a reader's home."""
    unseen: dict[tuple[str, Post], int] = field(default_factory=dict)
    """At which step a post was last not to be shown in a reader's home."""
    both: set[tuple[str, Post]] = field(default_factory=set)
    """Answers that were, at some time, by and to somebody whom the reader follows."""
    untold: set[tuple[str, Post]] = field(default_factory=set)
    """Posts that may have been hidden from whom they mention when these were to be told."""
    allowed: set[tuple[str, Post]] = field(default_factory=set)
    """What may have been told live since it was last looked at."""

    def tick(self) -> None:
        """A step: see what has changed for everybody."""
        self.step += 1
        for post in self.posts:
            for reader in self.users:
                self._follow_up(reader, post)

    def _follow_up(self, reader: str, post: Post) -> None:
        key = reader, post
        answered = self._answers(post)
        if answered and (reader, post.author) in self.follows and (reader, answered) in self.follows:
            self.both.add(key)
        if reader in post.told and post.step > self.settled and not self.sees(reader, post.author):
            self.untold.add(key)
        if self._has_place(reader, post):
            self.copied.setdefault(key, self.step)
        else:
            self.copied.pop(key, None)
        if not self.must(reader, post):
            self.unseen[key] = self.step
        if self.may(reader, post) and reader != post.author:
            self.allowed.add(key)

    def looked(self) -> None:
        """The live frames so far have been looked at."""
        self.allowed = {(reader, post) for post in self.posts for reader in self.users if self.may(reader, post)}
        self.allowed = {(reader, post) for reader, post in self.allowed if reader != post.author}

    @staticmethod
    def _answers(post: Post) -> str | None:
        answered = post.reply_to.author if post.reply_to else None
        return None if answered == post.author else answered

    def apart(self, one: str, other: str) -> bool:
        """Whether one of two has blocked the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def sees(self, reader: str, author: str) -> bool:
        """Whether a reader may see what an author posts."""
        if reader == author:
            return True
        return not self.apart(reader, author) and (author not in self.private or (reader, author) in self.follows)

    def there(self, reader: str, post: Post) -> bool:
        """Whether a post is there for a reader."""
        return post.alive and self.sees(reader, post.author)

    def quiet(self, reader: str, post: Post) -> bool:
        """Whether home and mentions leave out what somebody else posts, for whose words it shows."""
        return reader != post.author and any(
            self.apart(reader, each) or (reader, each) in self.mutes for each in post.people
        )

    def _has_place(self, reader: str, post: Post) -> bool:
        """Whether a copy must lie in the reader's home, or a pull find it."""
        if not post.alive:
            return False
        if reader == post.author:
            return True
        since = self.follows.get((reader, post.author))
        answered = self._answers(post)
        if since is None or answered in (None, reader):
            return since is not None
        other = self.follows.get((reader, str(answered)))
        return other is not None and other <= max(post.step, since)

    def end(self, post: Post) -> None:
        """It is deleted."""
        post.died = post.died or self.step + 1

    def must(self, reader: str, post: Post) -> bool:
        """Whether home shows a post, once all is done."""
        return self._has_place(reader, post) and not self.quiet(reader, post)

    def may(self, reader: str, post: Post) -> bool:
        """Whether home may show a post.  What was deleted may be there until all is done."""
        if post.died is not None and post.died <= self.settled:
            return False
        if self.quiet(reader, post):
            return False
        if reader == post.author:
            return True
        if (reader, post.author) not in self.follows:
            return False
        return self._answers(post) in (None, reader) or (reader, post) in self.both

    def home(self, reader: str) -> tuple[list[Post], list[Post]]:
        """What must, and what may be shown at home."""
        return [p for p in self.posts if self.must(reader, p)], [p for p in self.posts if self.may(reader, p)]

    def sure(self, reader: str) -> list[Post]:
        """What home shows now, though not everything is done yet."""
        return [p for p in self.posts if self.must(reader, p) and self.copied.get((reader, p), 0) <= self.settled]

    def mentions(self, reader: str) -> tuple[list[Post], list[Post]]:
        """What must, and what may be shown as mentions."""
        may = [p for p in self.posts if reader in p.told and self.there(reader, p) and not self.quiet(reader, p)]
        return [p for p in may if (reader, p) not in self.untold], may

    def by(self, author: str) -> list[Post]:
        """What stands in an author's timeline."""
        return [p for p in self.posts if p.author == author and p.alive]

    def replies(self, post: Post) -> list[Post]:
        """What answers a post."""
        return [p for p in self.posts if p.reply_to is post and p.alive]

    def repost(self, user: str, post: Post) -> Post | None:
        """Somebody's repost of a post."""
        found = [p for p in self.posts if p.alive and p.author == user and p.repost_of is post]
        return found[0] if found else None

    def counts(self, post: Post) -> tuple[int, int, int]:
        """Likes, reposts and replies."""
        reposts = [p for p in self.posts if p.alive and p.repost_of is post]
        return sum(liked is post for _, liked in self.likes), len(reposts), len(self.replies(post))

    def followers(self, user: str) -> set[str]:
        """Who follows somebody."""
        return {reader for reader, author in self.follows if author == user}

    def following(self, user: str) -> set[str]:
        """Whom somebody follows."""
        return {author for reader, author in self.follows if reader == user}

    def part(self, one: str, other: str) -> None:
        """Neither follows the other any more, nor asks to."""
        for pair in ((one, other), (other, one)):
            self.follows.pop(pair, None)
            self.asks.discard(pair)

    def found(self, reader: str, posts: Iterable[Post]) -> list[Post]:
        """Those of `posts` that a search of the reader shows."""
        return [p for p in posts if p.repost_of is None and self.there(reader, p)]
