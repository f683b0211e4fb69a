"""What people on the square do, at random: each act is asked for, its answer compared, and entered into the model.

An act gives what it changes, to be entered when it is acked: so some of them can be done at the same time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from tests.e2e.square.devices import Devices
from tests.e2e.square.model import Post, Square
from tests.e2e.square.words import Text, Vocabulary

Change = Callable[[], None]
Act = Callable[[str], Awaitable[Change | None]]


def check(answer: dict[str, Any], expected: str, *said: Any) -> bool:
    """Whether it was done; an answer other than the `expected` one (an error's code, or a type) fails."""
    given = answer["code"] if answer["type"] == "error" else answer["type"]
    assert given == expected, (given, expected, answer, said)
    return answer["type"] != "error"


class Acts:
    """All that can be done."""

    def __init__(self, square: Square, devices: Devices, vocabulary: Vocabulary, dice: Random) -> None:
        self.square = square
        self.devices = devices
        self.vocabulary = vocabulary
        self.dice = dice
        self.log: list[str] = []

    def note(self, *said: Any) -> None:
        """Keep what is done, for whoever has to find out what went wrong."""
        self.log.append(f"{self.square.step}: " + " ".join(map(str, said)))

    def other(self, user: str) -> str:
        """Somebody else."""
        return self.dice.choice([each for each in self.square.users if each != user])

    def some_post(self) -> Post | None:
        """A post, rather a new one; now and then a deleted one."""
        posts = [each for each in self.square.posts if each.alive or self.dice.random() < 0.05]
        return self.dice.choice(posts[-12:]) if posts else None

    def _about(self, user: str, post: Post | None) -> str:
        """How a request about a post is answered."""
        return "ack" if post is None or self.square.there(user, post.meant) else "not_found"

    async def post(self, user: str) -> Change | None:
        """Post, answer, quote."""
        text = self.vocabulary.text()
        kind = self.dice.random()
        reply_to = self.some_post() if kind < 0.4 else None
        quote = self.some_post() if 0.3 < kind < 0.55 else None
        expected = "not_found" if "not_found" in (self._about(user, reply_to), self._about(user, quote)) else "ack"
        return await self._post(user, text, reply_to, quote, expected)

    async def _post(
        self, user: str, text: Text, reply_to: Post | None, quote: Post | None, expected: str
    ) -> Change | None:
        refs = {name: post.name for name, post in (("reply_to", reply_to), ("quote", quote)) if post}
        said = (user, "post", text, refs)
        mentioned = {owner for owner, handle in self.square.handles.items() if handle.lower() in text.mentions}
        answer = await self.devices.act(user, "post", text=str(text), **refs)
        self.note(*said, answer.get("position", answer.get("code")))
        if not check(answer, expected, said):
            return None
        told = mentioned | {each.meant.author for each in (reply_to, quote) if each}

        def change() -> None:
            post = Post(
                user,
                answer["position"],
                self.square.step + 1,
                text,
                reply_to=reply_to and reply_to.meant,
                quote=quote and quote.meant,
                told=frozenset(told - {user}),
            )
            self.square.posts.append(post)

        return change

    async def delete(self, user: str) -> Change | None:
        """Take a post, an answer or a repost back."""
        mine = [each for each in self.square.posts if each.author == user]
        if not mine:
            return None
        post = self.dice.choice(mine)
        answer = await self.devices.ask(user, "post.delete", position=post.position)
        self.note(user, "delete", post.name)
        check(answer, "ack", user, "delete", post.name)
        return lambda: self.square.end(post)

    async def like(self, user: str) -> Change | None:
        """Like, or take it back."""
        post = self.some_post()
        if post is None:
            return None
        on = (user, post.meant) not in self.square.likes or self.dice.random() < 0.2
        action, key = "like" if on else "unlike", (user, post.meant)
        expected = self._about(user, post) if on else "ack"
        answer = await self.devices.act(user, action, **post.name)
        self.note(user, action, post.name, expected)
        if not check(answer, expected, user, action, post):
            return None
        likes = self.square.likes
        return lambda: likes.add(key) if on else likes.discard(key)

    async def repost(self, user: str) -> Change | None:
        """Pass a post on, or take that back."""
        post = self.some_post()
        if post is None:
            return None
        original = post.meant
        standing = self.square.repost(user, original)
        if standing is not None and self.dice.random() < 0.8:
            answer = await self.devices.act(user, "unrepost", **post.name)
            self.note(user, "unrepost", post.name)
            check(answer, "ack", user, "unrepost", post)
            return lambda: self.square.end(standing)
        expected = self._about(user, post)
        if expected == "ack" and original.author in self.square.private - {user}:
            expected = "forbidden"
        answer = await self.devices.act(user, "repost", **post.name)
        self.note(user, "repost", post.name, answer.get("position", answer.get("code")))
        if not check(answer, expected, user, "repost", post):
            return None
        if standing is not None:
            assert answer["position"] == standing.position, "passed on already"
            return None

        def change() -> None:
            position, step = answer["position"], self.square.step + 1
            self.square.posts.append(Post(user, position, step, Text(), repost_of=original))

        return change

    async def follow(self, user: str) -> Change | None:
        """Follow, ask to, or no longer."""
        author = self.other(user)
        pair = user, author
        square = self.square
        if (pair in square.follows or pair in square.asks) and self.dice.random() < 0.5:
            self.note(user, "unfollow", author)
            check(await self.devices.act(user, "unfollow", user=author), "ack", user, "unfollow", author)

            def end() -> None:
                square.follows.pop(pair, None)
                square.asks.discard(pair)

            return end
        expected = "unknown_user" if square.apart(user, author) else "ack"
        answer = await self.devices.act(user, "follow", user=author)
        self.note(user, "follow", author, expected)
        if not check(answer, expected, user, "follow", author):
            return None
        asked = author in square.private and pair not in square.follows
        assert answer.get("requested", False) is asked, answer

        def change() -> None:
            if asked:
                square.asks.add(pair)
                return
            square.asks.discard(pair)
            square.follows.setdefault(pair, square.step + 1)

        return change

    async def answer(self, user: str) -> Change | None:
        """Accept or decline a request."""
        asking = sorted(reader for reader, author in self.square.asks if author == user)
        reader = self.dice.choice(asking) if asking and self.dice.random() < 0.9 else self.other(user)
        action = self.dice.choice(("follow.accept", "follow.accept", "follow.decline"))
        expected = "ack" if reader in asking else "not_found"
        self.note(user, action, reader, expected)
        if not check(await self.devices.act(user, action, user=reader), expected, user, action, reader):
            return None

        def change() -> None:
            self.square.asks.discard((reader, user))
            if action == "follow.accept":
                self.square.follows[reader, user] = self.square.step + 1

        return change

    async def block(self, user: str) -> Change | None:
        """Block, or unblock."""
        other = self.other(user)
        square, pair = self.square, (user, other)
        mine = sorted(whom for who, whom in square.blocks if who == user)
        if mine and self.dice.random() < 0.7:
            pair = user, self.dice.choice(mine)
            self.note(user, "unblock", pair[1])
            check(await self.devices.act(user, "unblock", user=pair[1]), "ack", "unblock", pair)
            return lambda: square.blocks.discard(pair)
        self.note(user, "block", other)
        check(await self.devices.act(user, "block", user=other), "ack", "block", pair)

        def change() -> None:
            square.blocks.add(pair)
            square.part(user, other)

        return change

    async def mute(self, user: str) -> Change | None:
        """Mute, or unmute."""
        square, pair = self.square, (user, self.other(user))
        on = pair not in square.mutes
        action = "mute" if on else "unmute"
        self.note(*pair, action)
        check(await self.devices.act(user, action, user=pair[1]), "ack", action, pair)
        return lambda: square.mutes.add(pair) if on else square.mutes.discard(pair)

    async def again(self, _user: str) -> Change | None:
        """Somebody resends what was acked before, whatever came after it.  It changes nothing."""
        if not self.devices.acked:
            return None
        user, action, fields, ack = self.dice.choice(self.devices.acked[-15:])
        answer = await self.devices.ask(user, action, **fields)
        self.note(user, "again", action, fields, answer.get("code"))
        if action in ("post", "follow", "unfollow", "block", "unblock", "mute", "unmute"):
            gone = action in ("follow", "unfollow") and answer.get("code") == "unknown_user"
            assert gone or answer.get("position") == ack["position"], (user, action, fields, ack, answer)
        return None

    async def profile(self, user: str) -> Change | None:
        """Change the handle, the name, or who may look."""
        square = self.square
        what = self.dice.choice(("handle", "name", "private"))
        value: Any = self.vocabulary.name()
        if what == "private":
            value = user not in square.private
        elif what == "handle":
            value = self.dice.choice([*self.vocabulary.handles, ""])
        elif self.dice.random() < 0.2:
            value = ""
        taken = what == "handle" and value and value in {h for who, h in square.handles.items() if who != user}
        answer = await self.devices.act(user, "profile", **{what: value})
        self.note(user, what, value, answer.get("code"))
        if not check(answer, "handle_taken" if taken else "profile", user, what, value):
            return None

        def change() -> None:
            if what == "private":
                (square.private.add if value else square.private.discard)(user)
                return
            part = square.handles if what == "handle" else square.names
            part.pop(user, None)
            if value:
                part[user] = value

        return change
