"""People: who they are, who is blocked, who may see what of us, and who is there.  `client.people` of a client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Literal

from client.circle import Circle
from client.core import Ask, new_id
from client.events import Presence
from client.paging import paged
from client.replies import Ack, Privacy, ack_of, privacy_of
from client.wire import presence_of

Audience = Literal["everyone", "following", "nobody"]
Preview = Literal["full", "sender", "none"]


class People(Circle):
    """Profiles and follows, blocks and mutes, privacy and presence."""

    def __init__(self, ask: Ask, known: Callable[[str], Presence | None]) -> None:
        super().__init__(ask)
        self._known = known

    async def block(self, user: str) -> Ack:
        """Hear and show nothing of a user, in messages and timelines alike.  They are not told."""
        return ack_of(await self._ask("block", client_id=new_id(), user=user))

    async def unblock(self, user: str) -> Ack:
        """End a block.  What was sent meanwhile stays unseen."""
        return ack_of(await self._ask("unblock", client_id=new_id(), user=user))

    def blocks(self) -> AsyncIterator[str]:
        """Whom we have blocked."""
        return paged(lambda after: self._ask("blocks", after=after, limit=100), "users", "after", str)

    async def mute(self, user: str) -> Ack:
        """Show nothing of a user in home and mentions, without unfollowing.  They are not told."""
        return ack_of(await self._ask("mute", client_id=new_id(), user=user))

    async def unmute(self, user: str) -> Ack:
        """End a mute.  What was hidden is there again."""
        return ack_of(await self._ask("unmute", client_id=new_id(), user=user))

    def mutes(self) -> AsyncIterator[str]:
        """Whom we have muted."""
        return paged(lambda after: self._ask("mutes", after=after, limit=100), "users", "after", str)

    async def privacy(
        self,
        *,
        last_seen: Audience | None = None,
        read_receipts: bool | None = None,
        previews: Preview | None = None,
    ) -> Privacy:
        """Our privacy settings as they stand, after changing what is not None."""
        changes = last_seen, read_receipts, previews
        client_id = new_id() if any(each is not None for each in changes) else None
        return privacy_of(
            await self._ask(
                "privacy", client_id=client_id, last_seen=last_seen, read_receipts=read_receipts, previews=previews
            )
        )

    async def watch(self, users: Iterable[str]) -> dict[str, Presence]:
        """Whether these users are online; changes come as `Presence` events until another list replaces this one.

        It is kept up over reconnects.  Who shows us nothing looks like somebody who was never there.
        """
        reply = await self._ask("presence.watch", users=list(users))
        return {each["user"]: presence_of(each, reply["at"]) for each in reply["users"]}

    def presence(self, user: str) -> Presence | None:
        """What was last heard of a user whom we watch."""
        return self._known(user)
