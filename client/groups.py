"""Groups: making them, changing them, and who is in them.  `client.groups` of a client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Literal

from client.core import Ask, new_id
from client.paging import paged
from client.replies import Ack, Group, Member, ack_of, group_of, member_of

Role = Literal["owner", "admin", "member"]
Who = Literal["members", "admins"]
History = Literal["join", "all"]


class Groups:
    """A group is a conversation: `client.send(group, text)` writes into it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def create(
        self,
        title: str,
        members: Iterable[str] = (),
        *,
        picture: str | None = None,
        description: str | None = None,
        who_posts: Who | None = None,
        who_adds: Who | None = None,
        history: History | None = None,
    ) -> Ack:
        """Make a group, owned by us.  The ack's `conversation` is its id; its `not_added` are not in it.

        `history`: whether those who join later see `all` that was written, or only what comes after they joined.
        """
        return ack_of(
            await self._ask(
                "group.create",
                client_id=new_id(),
                title=title,
                members=list(members) or None,
                picture=picture,
                description=description,
                who_posts=who_posts,
                who_adds=who_adds,
                history=history,
            )
        )

    async def update(
        self,
        group: str,
        *,
        title: str | None = None,
        picture: str | None = None,
        description: str | None = None,
        who_posts: Who | None = None,
        who_adds: Who | None = None,
        history: History | None = None,
    ) -> Ack:
        """Change what a group is called, looks like or allows; what is None stays, "" clears."""
        return ack_of(
            await self._ask(
                "group.update",
                client_id=new_id(),
                conversation=group,
                title=title,
                picture=picture,
                description=description,
                who_posts=who_posts,
                who_adds=who_adds,
                history=history,
            )
        )

    async def add(self, group: str, members: Iterable[str]) -> Ack:
        """Add members.  The ack's `not_added` names those who were not, for reasons of their own."""
        return ack_of(await self._ask("group.add", client_id=new_id(), conversation=group, members=list(members)))

    async def remove(self, group: str, member: str) -> Ack:
        """Remove a member: they get nothing later."""
        return ack_of(await self._ask("group.remove", client_id=new_id(), conversation=group, member=member))

    async def leave(self, group: str) -> Ack:
        """Leave.  If we own it, the longest-standing admin, else member, becomes the owner."""
        return ack_of(await self._ask("group.leave", client_id=new_id(), conversation=group))

    async def role(self, group: str, member: str, role: Role) -> Ack:
        """Give a member a role.  Giving `owner` away makes us an admin."""
        return ack_of(await self._ask("group.role", client_id=new_id(), conversation=group, member=member, role=role))

    async def info(self, group: str) -> Group:
        """What a group is."""
        return group_of(await self._ask("group.info", conversation=group))

    def members(self, group: str) -> AsyncIterator[Member]:
        """Who is in a group; as few pages are asked for as you take."""
        return paged(
            lambda after: self._ask("group.members", conversation=group, after=after, limit=100),
            "members",
            "after",
            member_of,
        )

    async def watch(self, group: str, on: bool = True) -> None:
        """Hear live of a large group, whose events otherwise come by sync, and of who types in a group.

        It is kept up over reconnects until you end it.
        """
        await self._ask("watch", conversation=group, on=on)
