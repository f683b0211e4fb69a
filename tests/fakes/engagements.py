"""Likes, reposts and replies in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.fakes.timelines import FakePosts
from tidings.domain.engagement import Counts, Engaged, Engagement
from tidings.domain.errors import RetryLater
from tidings.domain.posts import Post, PostRef
from tidings.domain.stamp import Fence

Register = tuple[str, Engagement, PostRef]


class FakeEngagements:
    """Registers by (user, kind, post), counts by (post, what), replies by post; `posts` are written along."""

    def __init__(self, posts: FakePosts) -> None:
        self.registers: dict[Register, Engaged] = {}
        self.numbers: Counter[tuple[PostRef, str]] = Counter()
        self.answers: dict[PostRef, set[PostRef]] = {}
        self._posts = posts

    def get(self, user_id: str, kind: Engagement, post: PostRef) -> Engaged | None:
        return self.registers.get((user_id, kind, post))

    def put(
        self,
        user_id: str,
        kind: Engagement,
        post: PostRef,
        position: str,
        fence: Fence,
        *,
        on: bool,
        repost: Post | None = None,
    ) -> Engaged:
        fence.check()
        old = self.get(user_id, kind, post)
        if old is not None and old.position >= position:
            return old
        was = old is not None and old.on
        if on and not was and repost is not None and self._posts.append(repost, fence) is not None:
            raise RetryLater("another post stands there")
        name = old.post if old and was else repost.position if on and repost else ""
        if was and not on and name:
            self._posts.tombstone(user_id, name, fence)
        self.numbers[post, f"{kind}s"] += on - was
        self.registers[user_id, kind, post] = new = Engaged(position, on, 0, name)
        return new

    def withdraw(self, repost: Post, position: str, fence: Fence) -> None:
        fence.check()
        self._posts.tombstone(repost.author, repost.position, fence)
        old = self.get(repost.author, Engagement.REPOST, repost.original)
        if old is not None and old.on and old.post == repost.position:
            new = Engaged(max(position, old.position), False, 0, old.post)
            self.registers[repost.author, Engagement.REPOST, repost.original] = new
            self.numbers[repost.original, "reposts"] -= 1

    def answer(self, reply: Post, fence: Fence) -> Post | None:
        assert reply.reply_to is not None
        standing = self._posts.append(reply, fence)
        if standing is None:
            self.answers.setdefault(reply.reply_to, set()).add(reply.ref)
            self.numbers[reply.reply_to, "replies"] += 1
        return standing

    def retract(self, reply: Post, fence: Fence) -> None:
        assert reply.reply_to is not None
        fence.check()
        listed = self.answers.get(reply.reply_to, set())
        if reply.ref in listed:
            listed.remove(reply.ref)
            self.numbers[reply.reply_to, "replies"] -= 1
            self._posts.tombstone(reply.author, reply.position, fence)

    def replies(self, post: PostRef, after: str, before: str, limit: int) -> tuple[list[PostRef], str | None]:
        there = [ref for ref in self.answers.get(post, set()) if after < ref.position < before]
        newest = sorted(there, key=lambda ref: ref.position, reverse=True)
        page = newest[:limit]
        return page, page[-1].position if len(newest) > limit else None

    def counts(self, user_id: str, posts: Iterable[PostRef]) -> dict[PostRef, Counts]:
        return {post: self._counts(user_id, post) for post in posts}

    def _counts(self, user_id: str, post: PostRef) -> Counts:
        liked, reposted = (self.get(user_id, kind, post) for kind in Engagement)
        return Counts(
            likes=self.numbers[post, "likes"],
            reposts=self.numbers[post, "reposts"],
            replies=self.numbers[post, "replies"],
            liked=liked is not None and liked.on,
            reposted=reposted is not None and reposted.on,
        )
