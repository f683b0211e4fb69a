"""A look at every view of everybody, compared with the model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.e2e.square.devices import Devices
from tests.e2e.square.model import Post, Square
from tests.e2e.square.words import Query

SHORT = 200
"""Bytes of a text that are shown in any case."""
HOUR_MS = 3_600_000
HORIZON_MS = 7 * 24 * HOUR_MS
MANY = 15
"""Originals of a page for which there is room in any case."""


def key(post: dict[str, Any] | Post) -> tuple[str, str]:
    """A post's place in the order, and whose it is."""
    return (post.position, post.author) if isinstance(post, Post) else (post["position"], post["author"])


def ordered(posts: Iterable[Post]) -> list[Post]:
    """Newest first."""
    return sorted(posts, key=key, reverse=True)


class Views:
    """Looks, and compares."""

    def __init__(self, square: Square, devices: Devices, dice: Random) -> None:
        self.square = square
        self.devices = devices
        self.dice = dice

    async def page(self, reader: str, action: str, /, **fields: Any) -> dict[str, Any]:
        """One page, with the posts as they have to be and the originals that they name."""
        page = await self.devices.ask(reader, action, **fields)
        assert page["type"] in ("timeline", "found"), (page, reader, action, fields)
        self.same_posts(reader, page["posts"], page.get("originals", []))
        whole = action not in ("timeline.home", "timeline.mentions")
        assert not (whole and any(each["truncated"] for each in page["posts"])), ("excerpts", action, page)
        return page

    def same_posts(self, reader: str, shown: list[dict[str, Any]], originals: list[dict[str, Any]]) -> list[Post]:
        """The posts shown, whose texts, references and originals are right."""
        known = {key(post): post for post in self.square.posts}
        posts = [known[key(each)] for each in shown]
        for each, post in zip([*shown, *originals], [*posts, *(known[key(each)] for each in originals)], strict=True):
            text = str(post.text)
            if each["truncated"]:
                assert text.startswith(each["text"]) and SHORT < len(each["text"].encode()) < len(text.encode()), each
            else:
                assert each["text"] == text, each
                assert [found["kind"] for found in each.get("entities", [])] == post.text.kinds, each
            for name in ("reply_to", "quote", "repost_of"):
                ref = getattr(post, name)
                assert each.get(name) == (ref and ref.name), (each, name)
        named = {ref for post in posts for ref in (post.repost_of, post.quote) if ref}
        there = {key(ref) for ref in named if self.square.there(reader, ref)}
        told = set(map(key, originals))
        assert told == there or (told < there and len(there) > MANY), ("originals", reader, shown, originals)
        assert len(told) == len(originals)
        return posts

    async def pages(self, reader: str, action: str, /, **fields: Any) -> list[tuple[str, str]]:
        """All of it by small pages, newest first and each once."""
        shown: list[tuple[str, str]] = []
        more: dict[str, Any] = {}
        limit = self.dice.choice((*range(1, 10), 50))
        while True:
            page = await self.page(reader, action, limit=limit, **fields, **more)
            assert "building" not in page, page
            assert len(page["posts"]) <= limit
            shown += map(key, page["posts"])
            if "before" not in page:
                break
            more = {"before": page["before"]}
        assert shown == sorted(set(shown), reverse=True), ("order", reader, action, fields, shown)
        return shown

    async def within(self, reader: str, action: str, must: list[Post], may: list[Post]) -> None:
        """All that must be there, and nothing that may not."""
        shown = await self.pages(reader, action)
        missing = [vars(post) for post in must if key(post) not in shown]
        allowed = set(map(key, may))
        more = [each for each in shown if each not in allowed]
        assert not missing, ("missing", reader, action, missing)
        assert not more, ("too much", reader, action, more)

    async def timeline(self, reader: str, author: str) -> None:
        """What somebody sees of an author."""
        if reader != author and not self.square.sees(reader, author):
            answer = await self.devices.ask(reader, "timeline.user", user=author)
            expected = "unknown_user" if self.square.apart(reader, author) else "forbidden"
            assert answer.get("code") == expected, (answer, reader, author)
            return
        shown = await self.pages(reader, "timeline.user", user=author)
        assert shown == [key(each) for each in ordered(self.square.by(author))], (reader, author)

    async def thread(self, reader: str, post: Post) -> None:
        """A post, what it answers, what answers it, and how often it was liked."""
        answer = await self.devices.ask(reader, "post.get", **post.name, limit=self.dice.randint(1, 5))
        meant = post.meant
        if not self.square.there(reader, meant):
            assert answer.get("code") == "not_found", (answer, reader, vars(post))
            return
        assert key(answer["post"]) == key(meant)
        chain = []
        above = meant.reply_to
        while above is not None:
            chain.append(above)
            above = above.reply_to
        there = [key(each) for each in chain[::-1] if self.square.there(reader, each)]
        if len(chain) <= 20:
            assert [key(each) for each in answer["ancestors"]] == there, (answer, reader)
            assert "above" not in answer, answer
        shown = [answer["post"], *answer["ancestors"], *answer["replies"]]
        self.same_posts(reader, shown, answer.get("originals", []))
        self.same_counts(reader, meant, answer["counts"])
        replies = [key(each) for each in answer["replies"]]
        while "before" in answer:
            answer = await self.page(reader, "post.replies", **meant.name, before=answer["before"], limit=3)
            replies += map(key, answer["posts"])
        expected = [key(each) for each in ordered(self.square.replies(meant)) if self.square.there(reader, each)]
        assert replies == expected, (reader, vars(meant), replies, expected)

    def same_counts(self, reader: str, post: Post, counts: dict[str, Any]) -> None:
        """The counts of a post that is there."""
        found = counts["likes"], counts["reposts"], counts["replies"]
        assert found == self.square.counts(post), (reader, vars(post), counts, self.square.counts(post))
        mine = (reader, post) in self.square.likes, self.square.repost(reader, post) is not None
        assert (counts["liked"], counts["reposted"]) == mine, (reader, vars(post), counts)

    async def counts(self, reader: str) -> None:
        """The counts of all posts."""
        posts = [each for each in self.square.posts if each.alive and each.repost_of is None]
        for some in (posts[at : at + 50] for at in range(0, len(posts), 50)):
            answer = await self.devices.ask(reader, "post.counts", posts=[each.name for each in some])
            there = {key(each): each for each in some if self.square.there(reader, each)}
            assert {key(each) for each in answer["counts"]} == there.keys(), (reader, answer)
            for each in answer["counts"]:
                self.same_counts(reader, there[key(each)], each)

    def searched(self, reader: str, query: Query, author: str | None, oldest: int) -> list[Post]:
        """What a search has to find; `author`: who is meant by `from:`, else posts from `oldest` on (ms)."""
        posts = self.square.found(reader, ordered(self.square.posts))
        if author is not None:
            posts = [each for each in posts if each.author == author]
        else:
            posts = [each for each in posts if each.ms >= oldest]
        if query.since is not None:
            posts = [each for each in posts if day(each.ms) >= query.since]
        return [each for each in posts if each.text.holds(query)]

    async def tag(self, reader: str, tag: str) -> None:
        """What has a tag, where the index of it is there."""
        now = (await self.devices.ask(reader, "whoami"))["at"]
        if "building" in await self.page(reader, "timeline.tag", tag=tag):
            return
        shown = await self.pages(reader, "timeline.tag", tag=tag)
        query = Query((tag,))
        must, may = (self.searched(reader, query, None, now - HORIZON_MS + more) for more in (HOUR_MS, 0))
        assert {key(each) for each in must} <= set(shown) <= {key(each) for each in may}, (reader, tag, shown)

    async def people(self, reader: str, words: list[str]) -> None:
        """Who is found by how words begin."""
        found: list[str] = []
        more: dict[str, Any] = {}
        while True:
            page = await self.devices.ask(reader, "people.search", q=" ".join(words), limit=2, **more)
            found += [each["user"] for each in page["people"]]
            if "after" not in page:
                break
            more = {"after": page["after"]}
        expected = [user for user in self.square.users if self._called(user, words)]
        seen = [user for user in expected if not self.square.apart(reader, user)]
        assert sorted(found) == sorted(seen), (reader, words, found, seen)

    def _called(self, user: str, words: list[str]) -> bool:
        named = [*self.square.names.get(user, "").lower().split(), self.square.handles.get(user, "")]
        return all(any(each.startswith(word) for each in named) for word in words)

    async def persons(self, reader: str) -> None:
        """Everybody's counts and relations, and the lists of follows, requests, blocks and mutes."""
        square = self.square
        answer = await self.devices.ask(reader, "people", users=square.users)
        assert [each["user"] for each in answer["people"]] == [
            each for each in square.users if (each, reader) not in square.blocks
        ]
        for each in answer["people"]:
            user = each["user"]
            counts = len(square.followers(user)), len(square.following(user))
            assert (each["followers"], each["follows"]) == counts, (reader, each, counts)
            assert each["private"] is (user in square.private)
            assert each.get("handle", "") == square.handles.get(user, "")
            assert each.get("name", "") == square.names.get(user, ""), each
            if user != reader:
                assert each["relation"] == {
                    "following": (reader, user) in square.follows,
                    "requested": (reader, user) in square.asks,
                    "followed_by": (user, reader) in square.follows,
                    "blocked": (reader, user) in square.blocks,
                    "muted": (reader, user) in square.mutes,
                }, (reader, each)
        for user in square.users:
            for action, expected in (("followers", square.followers(user)), ("following", square.following(user))):
                await self._listed(reader, action, expected, user)
        await self._listed(reader, "follow.requests", {each for each, author in square.asks if author == reader})
        await self._listed(reader, "blocks", {whom for who, whom in square.blocks if who == reader})
        await self._listed(reader, "mutes", {whom for who, whom in square.mutes if who == reader})

    async def _listed(self, reader: str, action: str, expected: set[str], user: str | None = None) -> None:
        fields: dict[str, Any] = {} if user is None else {"user": user}
        found: list[str] = []
        while True:
            answer = await self.devices.ask(reader, action, limit=2, **fields)
            if user is not None and not self.square.sees(reader, user):
                code = "unknown_user" if self.square.apart(reader, user) else "forbidden"
                assert answer.get("code") == code, (reader, action, user, answer)
                return
            found += answer["users"]
            if "after" not in answer:
                break
            fields["after"] = answer["after"]
        assert sorted(found) == sorted(expected), (reader, action, user, found, expected)


def day(ms: int) -> str:
    """The day of a moment, in UTC."""
    return datetime.fromtimestamp(ms / 1_000, UTC).date().isoformat()
