"""The conversation list: what is there, what is unread, and what is muted, pinned or archived."""

from __future__ import annotations

from collections.abc import AsyncIterator

from client.core import Core, new_id
from client.paging import paged
from client.replies import Ack, Overview, ack_of, overview_of

FOREVER = 9_999_999_999_999
"""Epoch ms: the end of a mute that has none."""


class Conversations(Core):
    """The home screen."""

    def conversations(self) -> AsyncIterator[Overview]:
        """All our conversations, newest activity first; as few pages are asked for as you take."""
        return paged(lambda before: self.ask("conversations", before=before), "conversations", "before", overview_of)

    async def unread(self) -> int:
        """Unread messages in what is neither muted nor archived, counted up to 99."""
        return int((await self.ask("conversations", limit=1)).get("unread", 0))

    async def mute(self, conversation: str, seconds: float | None = None, *, mentions: bool | None = None) -> Ack:
        """No pushes for so long (None: until unmuted), but for messages that mention us, unless `mentions` is False.

        By the server's clock, which is asked: ours may be wrong.
        """
        until = FOREVER if seconds is None else min(FOREVER, await self.sync() + int(seconds * 1_000))
        return await self.set_conversation(conversation, muted_until=until, mentions=mentions)

    async def unmute(self, conversation: str) -> Ack:
        """Pushes again."""
        return await self.set_conversation(conversation, muted_until=0)

    async def pin(self, conversation: str, pinned: bool = True) -> Ack:
        """Keep a conversation on top."""
        return await self.set_conversation(conversation, pinned=pinned)

    async def archive(self, conversation: str, archived: bool = True) -> Ack:
        """Put a conversation away."""
        return await self.set_conversation(conversation, archived=archived)

    async def set_conversation(
        self,
        conversation: str,
        *,
        muted_until: int | None = None,
        mentions: bool | None = None,
        pinned: bool | None = None,
        archived: bool | None = None,
    ) -> Ack:
        """Change several of these at once (`muted_until` is epoch ms, 0: not muted); what is None stays."""
        return ack_of(
            await self.ask(
                "conversation.set",
                client_id=new_id(),
                conversation=conversation,
                muted_until=muted_until,
                mentions=mentions,
                pinned=pinned,
                archived=archived,
            )
        )
