"""Two things at the same time of which each undoes, or forbids, the other: the acks, or one view, say which stands."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from tests.e2e.square.acts import Acts, check
from tests.e2e.square.devices import Devices
from tests.e2e.square.model import Post, Square
from tests.e2e.square.words import Text


def code(answer: dict[str, Any]) -> str:
    """An error's code, or the type."""
    return str(answer["code"] if answer["type"] == "error" else answer["type"])


class Duels:
    """All that can be in each other's way."""

    def __init__(self, acts: Acts, dice: Random) -> None:
        self.acts = acts
        self.square: Square = acts.square
        self.devices: Devices = acts.devices
        self.dice = dice

    async def any(self) -> None:
        """One of them, entered into the model; all is to be settled behind it."""
        twice = (self.deleted, self.turned)
        kind = self.dice.choice((*twice, *twice, self.blocked, self.answered, self.named, self.hid))
        self.acts.note("duel", kind.__name__)
        await kind(*self.dice.sample(self.square.users, 2))
        self.square.tick()

    async def _both(self, one: Any, other: Any) -> list[dict[str, Any]]:
        """Two requests, in any order."""
        if self.dice.random() < 0.5:
            return list(await asyncio.gather(one, other))
        second, first = await asyncio.gather(other, one)
        return [first, second]

    async def deleted(self, user: str, author: str) -> None:
        """What is deleted is answered, quoted, passed on, liked."""
        mine = [p for p in self.square.by(author) if self.square.there(user, p) and p.repost_of is None]
        if not mine:
            return
        post = self.dice.choice(mine)
        action = self.dice.choice(("reply_to", "quote", "repost", "like"))
        text = self.acts.vocabulary.text()
        if action in ("reply_to", "quote"):
            request = self.devices.act(user, "post", text=str(text), **{action: post.name})
        else:
            request = self.devices.act(user, action, **post.name)
        ending = self.devices.ask(author, "post.delete", position=post.position)
        answer, ended = await self._both(request, ending)
        check(ended, "ack")
        self.acts.note(user, action, post.name, text, answer)
        private = author in self.square.private
        assert code(answer) in ("ack", "not_found", "forbidden" if private else "ack"), answer
        standing = self.square.repost(user, post)
        if code(answer) == "ack" and action in ("reply_to", "quote"):
            told = {owner for owner, handle in self.square.handles.items() if handle.lower() in text.mentions}
            made = Post(user, answer["position"], self.square.step + 1, text, told=frozenset(told | {author}) - {user})
            setattr(made, action, post)
            self.square.posts.append(made)
        elif code(answer) == "ack" and action == "repost" and standing is None:
            made = Post(user, answer["position"], self.square.step + 1, Text(), repost_of=post)
            self.square.posts.append(made)
        elif code(answer) == "ack" and action == "like":
            self.square.likes.add((user, post))
        self.square.tick()
        self.square.end(post)

    async def blocked(self, user: str, other: str) -> None:
        """Who is blocked follows, or is accepted, or asks."""
        if self.square.apart(user, other):
            return
        action, user_field = ("follow", other) if self.dice.random() < 0.6 else ("follow.accept", other)
        request = self.devices.act(user, action, user=user_field)
        who, whom = (other, user) if self.dice.random() < 0.6 else (user, other)
        answer, ended = await self._both(request, self.devices.act(who, "block", user=whom))
        check(ended, "ack")
        self.acts.note(user, action, other, code(answer), who, "blocks")
        self.square.blocks.add((who, whom))
        self.square.part(user, other)

    async def turned(self, user: str, other: str) -> None:
        """There and back, by frames that overtake each other: the later one stands."""
        posts = [p for p in self.square.posts if p.alive and self.square.there(user, p.meant)]
        square = self.square
        kind = self.dice.choice(("like", "repost", "mute", "follow"))
        if kind in ("like", "repost"):
            if not posts:
                return
            post = self.dice.choice(posts[-10:])
            if kind == "repost" and post.meant.author in square.private - {user}:
                return
            acks = await self._both(
                self.devices.act(user, kind, **post.name), self.devices.act(user, "un" + kind, **post.name)
            )
            assert [code(each) for each in acks] == ["ack", "ack"], acks
            counted = await self.devices.ask(user, "post.counts", posts=[post.meant.name])
            (counts,) = counted["counts"]
            self.acts.note(user, kind, post.name, acks, counts)
            key = user, post.meant
            if kind == "like":
                (square.likes.add if counts["liked"] else square.likes.discard)(key)
                return
            standing = square.repost(user, post.meant)
            if not counts["reposted"]:
                if standing:
                    square.end(standing)
                return
            if standing and standing.position == acks[0]["position"]:
                return
            if standing:
                square.end(standing)
            square.posts.append(Post(user, acks[0]["position"], square.step + 1, Text(), repost_of=post.meant))
            return
        if kind == "follow" and square.apart(user, other):
            return
        on, off = await self._both(
            self.devices.act(user, kind, user=other), self.devices.act(user, "un" + kind, user=other)
        )
        assert [code(on), code(off)] == ["ack", "ack"], (on, off)
        stands = on["position"] > off["position"]
        self.acts.note(user, kind, other, on, off)
        if kind == "mute":
            (square.mutes.add if stands else square.mutes.discard)((user, other))
            return
        square.asks.discard((user, other))
        if not stands:
            square.follows.pop((user, other), None)
            return
        relation = await self._relation(user, other)
        assert relation["following"] or relation["requested"], (on, off, relation)
        self._stands(user, other, relation)

    async def _relation(self, user: str, other: str) -> dict[str, Any]:
        answer = await self.devices.ask(user, "people", users=[other])
        return dict(answer["people"][0]["relation"])

    def _stands(self, user: str, other: str, relation: dict[str, Any]) -> None:
        """As one view says; what came before may have been taken out and brought again."""
        pair = user, other
        self.square.follows.pop(pair, None)
        self.square.asks.discard(pair)
        if relation["following"]:
            self.square.follows[pair] = self.square.step + 1
        if relation["requested"]:
            self.square.asks.add(pair)

    async def answered(self, user: str, author: str) -> None:
        """A request is taken back while it is accepted."""
        if (user, author) not in self.square.asks:
            return
        action = self.dice.choice(("follow.accept", "follow.decline"))
        ask = self.dice.choice(("unfollow", "follow"))
        first, second = await self._both(
            self.devices.act(author, action, user=user), self.devices.act(user, ask, user=author)
        )
        assert code(first) in ("ack", "not_found")
        check(second, "ack")
        self.acts.note(author, action, user, ask, first, second)
        self._stands(user, author, await self._relation(user, author))

    async def named(self, user: str, other: str) -> None:
        """Two want the same handle."""
        handle = self.dice.choice(self.acts.vocabulary.handles)
        square = self.square
        free = handle not in square.handles.values()
        first, second = await self._both(
            self.devices.act(user, "profile", handle=handle), self.devices.act(other, "profile", handle=handle)
        )
        won = [each for each, answer in ((user, first), (other, second)) if code(answer) == "profile"]
        self.acts.note(handle, first, second)
        if free:
            assert len(won) == 1, (first, second)
        for name in won:
            square.handles[name] = handle

    async def hid(self, user: str, author: str) -> None:
        """Somebody follows while the account becomes private, or is no more."""
        square = self.square
        if square.apart(user, author) or (user, author) in square.follows:
            return
        private = author not in square.private
        ack, profile = await self._both(
            self.devices.act(user, "follow", user=author), self.devices.act(author, "profile", private=private)
        )
        check(ack, "ack")
        check(profile, "profile")
        (square.private.add if private else square.private.discard)(author)
        self.acts.note(user, "follows", author, private, ack)
        relation = await self._relation(user, author)
        assert relation["requested"] is ack.get("requested", False), (ack, relation)
        self._stands(user, author, relation)
