"""`Engagements`: what each user did with a post, the counts of posts, and their replies.

A count changes in one transaction with the register or the post that it counts, whose condition is that what was read
before still stands: so it is counted once, however often a call is repeated.  Who was slower reads again and decides
again.  A post's counts are one item; when many transactions meet there, or when it holds much, the head says that
there are more, and whoever read the older number still counts right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.engagement import MANY, SHARDS, Counts, Engaged, Engagement, shard_of
from tidings.domain.errors import RetryLater, Unavailable
from tidings.domain.position import LENGTH
from tidings.domain.posts import Post, PostRef
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import counters, keys, posts
from tidings.storage.attributes import Item, int_of, names, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ATTEMPTS, answered, wait_ms
from tidings.storage.conditional import write_all
from tidings.storage.pages import between, newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CROWDED: Final = 2
"""Refusals of one request after which a post gets more counters."""


class EngagementStore:
    """The engagements in DynamoDB; `posts` is the table of the posts that are written and deleted along with them."""

    def __init__(self, client: DynamoDBClient, table: str, posts_table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._posts = posts_table
        self._clock = clock
        self._retention = retention_ms

    def get(self, user_id: str, kind: Engagement, post: PostRef) -> Engaged | None:
        """A user's register, strongly read."""
        item = self._item(counters.register_key(user_id, kind, post))
        return counters.engaged(item) if item else None

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
        """Engage, or take it back, unless the register holds a later position.  What stands now."""
        for attempt in range(ATTEMPTS):
            old, shards = self._before(user_id, kind, post, fence, attempt)
            if old is not None and old.position >= position:
                return old
            was = old is not None and old.on
            new = Engaged(position, on, shard_of(user_id, shards))
            if old is not None and was:
                new = Engaged(position, on, old.shard, old.post)
            elif on and repost is not None:
                new = Engaged(position, on, new.shard, repost.position)
            items = [counters.register(self._table, user_id, kind, post, old, new, self._retention)]
            if on != was:
                items.append(counters.count(self._table, post, new.shard, f"{kind}s", 1 if on else -1))
                if on and repost is not None:
                    items.append(posts.entering(self._posts, repost))
                if was and new.post:
                    items.append(posts.leaving(self._posts, user_id, new.post))
            if self._written(items, fence, attempt):
                return new
        raise RetryLater("Too many engage with this post at once. Send it again.")

    def withdraw(self, repost: Post, position: str, fence: Fence) -> None:
        """Make a repost a tombstone, and take it back if it still is its user's."""
        of, user_id = repost.original, repost.author
        for attempt in range(ATTEMPTS):
            old = self.get(user_id, Engagement.REPOST, of)
            items = [posts.leaving(self._posts, user_id, repost.position)]
            if old is not None and old.on and old.post == repost.position:
                new = Engaged(max(position, old.position), False, old.shard, old.post)
                items.append(counters.register(self._table, user_id, Engagement.REPOST, of, old, new, self._retention))
                items.append(counters.count(self._table, of, old.shard, "reposts", -1))
            if self._written(items, fence, attempt) or self._gone(repost):
                return
        raise RetryLater("Too many engage with this post at once. Send it again.")

    def answer(self, reply: Post, fence: Fence) -> Post | None:
        """Put a reply if its position is free, list and count it.  None: written.  Else what stands there."""
        answered_post = _answered(reply)
        for attempt in range(ATTEMPTS):
            shard = shard_of(reply.author, self._shards(answered_post, fence, attempt))
            items = [
                posts.entering(self._posts, reply),
                counters.listed(self._table, reply, answered_post, shard),
                counters.count(self._table, answered_post, shard, "replies", 1),
            ]
            if self._written(items, fence, attempt):
                return None
            if standing := self._post(reply.ref):
                return standing
        raise RetryLater("Too many answer this post at once. Send it again.")

    def retract(self, reply: Post, fence: Fence) -> None:
        """Make a reply a tombstone, take it off the list and out of the count.  Twice is harmless."""
        answered_post = _answered(reply)
        place = counters.reply_key(reply.ref, answered_post)
        for attempt in range(ATTEMPTS):
            item = self._item(place)
            if item is None:
                return  # It left the list together with its text.
            items = [
                posts.leaving(self._posts, reply.author, reply.position),
                {"Delete": {"TableName": self._table, "Key": place}},
                counters.count(self._table, answered_post, int_of(item, "shard"), "replies", -1),
            ]
            if self._written(items, fence, attempt):
                return
        raise RetryLater("Too many answer this post at once. Send it again.")

    def replies(self, post: PostRef, after: str, before: str, limit: int) -> tuple[list[PostRef], str | None]:
        """Up to `limit` replies between the positions, newest first; the last position looked at."""
        request = between(self._table, ("owner", keys.replies(str(post))), "item", after, before)
        if request is None:
            return [], None
        found, last = newest_first(self._client, request, "item", limit, _reply)
        return found, None if last is None else last[:LENGTH]

    def counts(self, user_id: str, posts: Iterable[PostRef]) -> Mapping[PostRef, Counts]:
        """The counts of each of `posts`, and what the user did with it (eventually consistent)."""
        wanted = list(dict.fromkeys(posts))
        asked = [counters.counts_key(post, 0) for post in wanted]
        asked += [counters.register_key(user_id, kind, post) for post in wanted for kind in Engagement]
        found = counters.Found(user_id, self._all(asked))
        more = [counters.counts_key(post, shard) for post in wanted for shard in range(1, found.shards(post))]
        if more:
            found.add(self._all(more))
        return {post: found.counts(post) for post in wanted}

    def _before(
        self, user_id: str, kind: Engagement, post: PostRef, fence: Fence, attempt: int
    ) -> tuple[Engaged | None, int]:
        """The register and the number of counters; strongly read once an older reading has been refused."""
        asked = [counters.register_key(user_id, kind, post), counters.counts_key(post, 0)]
        found = counters.Found(user_id, self._all(asked, strong=attempt > 0))
        return found.register(kind, post), self._grown(post, found.head(post), fence, attempt)

    def _shards(self, post: PostRef, fence: Fence, attempt: int) -> int:
        head = counters.Found("", self._all([counters.counts_key(post, 0)], strong=attempt > 0)).head(post)
        return self._grown(post, head, fence, attempt)

    def _grown(self, post: PostRef, head: Item, fence: Fence, attempt: int) -> int:
        """How many counters a post has, once it has been given more if they are needed."""
        shards = counters.shards(head)
        if shards > 1 or (attempt < CROWDED and counters.total(head) < MANY):
            return shards
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=counters.counts_key(post, 0),
                    UpdateExpression="SET #shards = :shards",
                    ExpressionAttributeNames=names("shards"),
                    ExpressionAttributeValues={":shards": {"N": str(SHARDS)}},
                )
        except Unavailable:
            return shards  # A transaction was at the head just then.  Somebody of this crowd will get through.
        return SHARDS

    def _written(self, items: list[Any], fence: Fence, attempt: int) -> bool:
        """Whether the transaction went through; if not, somebody else changed the same, and has now."""
        if write_all(self._client, items, fence) is None:
            return True
        self._clock.sleep(wait_ms(attempt))
        return False

    def _gone(self, post: Post) -> bool:
        standing = self._post(post.ref)
        return standing is None or standing.text is None

    def _post(self, ref: PostRef) -> Post | None:
        with answered():
            item = self._client.get_item(
                TableName=self._posts, Key=posts.key(ref.author, ref.position), ConsistentRead=True
            ).get("Item")
        return posts.decode(item) if item else None

    def _item(self, place: Item) -> Item | None:
        with answered():
            return self._client.get_item(TableName=self._table, Key=place, ConsistentRead=True).get("Item")

    def _all(self, asked: Iterable[Item], *, strong: bool = False) -> list[Item]:
        return get_all(self._client, self._table, asked, self._clock, strong=strong)


def _answered(reply: Post) -> PostRef:
    if reply.reply_to is None:
        raise ValueError("a reply says what it answers")
    return reply.reply_to


def _reply(item: Item) -> PostRef:
    position, _, author = text_of(item, "item").partition("#")
    return PostRef(author, position)
