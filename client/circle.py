"""Profiles, and who follows whom: the rest of `client.people`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass

from client.core import Ask, new_id
from client.frames import Reply
from client.paging import paged
from client.replies import Ack, ack_of


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user says of themselves.  `private`: only followers see the posts."""

    user: str
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as we see them: `followers` and `follows` are counts, the rest is how we stand to them."""

    profile: Profile
    followers: int
    follows: int
    following: bool = False
    requested: bool = False
    followed_by: bool = False
    blocked: bool = False
    muted: bool = False


class Circle:
    """Profiles, follows and requests to follow."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def profile(
        self,
        *,
        handle: str | None = None,
        name: str | None = None,
        bio: str | None = None,
        avatar: str | None = None,
        private: bool | None = None,
    ) -> Profile:
        """Our profile as it stands, after changing what is not None; an empty text takes away."""
        changes = {"handle": handle, "name": name, "bio": bio, "avatar": avatar, "private": private}
        client_id = new_id() if any(each is not None for each in changes.values()) else None
        return profile_of(await self._ask("profile", client_id=client_id, **changes))

    async def look_up(self, users: Iterable[str]) -> dict[str, Person]:
        """Those of `users` (50 at most) who exist, by user id."""
        reply = await self._ask("people", users=list(users))
        return {each["user"]: person_of(each) for each in reply["people"]}

    async def by_handle(self, handle: str) -> Person:
        """Who has a handle, in any case and with or without `@`."""
        reply = await self._ask("people", handle=handle.removeprefix("@"))
        return person_of(reply["people"][0])

    def search(self, text: str) -> AsyncIterator[Profile]:
        """People whose handle, or a word of whose name, begins with each word of `text`."""

        def page(after: str | None) -> Awaitable[Reply]:
            return self._ask("people.search", q=text, after=after, limit=50)

        return paged(page, "people", "after", profile_of)

    def followers(self, user: str | None = None) -> AsyncIterator[str]:
        """Who follows a user, or us."""
        return self._users("followers", user)

    def following(self, user: str | None = None) -> AsyncIterator[str]:
        """Whom a user follows, or we do."""
        return self._users("following", user)

    def _users(self, action: str, user: str | None) -> AsyncIterator[str]:
        return paged(lambda after: self._ask(action, user=user, after=after, limit=100), "users", "after", str)

    def requests(self) -> AsyncIterator[str]:
        """Who asks to follow us."""
        return paged(lambda after: self._ask("follow.requests", after=after, limit=100), "users", "after", str)

    async def accept(self, user: str) -> Ack:
        """Let somebody follow us who asks to."""
        return ack_of(await self._ask("follow.accept", client_id=new_id(), user=user))

    async def decline(self, user: str) -> Ack:
        """End somebody's request.  They are not told."""
        return ack_of(await self._ask("follow.decline", client_id=new_id(), user=user))


def profile_of(view: Reply) -> Profile:
    """The profile in a reply, or in a person on one."""
    said = {name: view.get(name) for name in ("handle", "name", "bio", "avatar")}
    return Profile(view["user"], private=view["private"], **said)


def person_of(view: Reply) -> Person:
    """Somebody on a reply."""
    return Person(profile_of(view), view["followers"], view["follows"], **view["relation"])
