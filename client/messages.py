"""Messages: writing them, changing them, and who has read them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable

from client.core import Core, new_id
from client.dispatch import Handler
from client.events import Entry, Message, Receipt
from client.paging import paged
from client.replies import Ack, Reader, ack_of, reader_of
from client.wire import entries_of


class Messages(Core):
    """A conversation is named by its id (`dm#alice#bob`, `g#…`), a message in it by its position."""

    async def send(
        self,
        to: str,
        text: str,
        *,
        reply_to: str | None = None,
        mentions: Iterable[str] = (),
        client_id: str | None = None,
    ) -> Ack:
        """Send a message to a user or into a conversation; returns when it is durable.

        Sends, edits and what else changes messages or groups take effect in the order of these calls.
        """
        where = {"conversation": to} if "#" in to else {"to": to}
        return ack_of(
            await self.ask(
                "send",
                client_id=client_id or new_id(),
                **where,
                text=text,
                reply_to=reply_to,
                mentions=list(mentions) or None,
            )
        )

    async def edit(self, conversation: str, position: str, text: str) -> Ack:
        """Give one of our own messages a new text."""
        return await self._change("edit", conversation, position, text=text)

    async def unsend(self, conversation: str, position: str) -> Ack:
        """Take a message back for everyone: one of our own, or anybody's as a group's admin."""
        return await self._change("unsend", conversation, position)

    async def react(self, conversation: str, position: str, emoji: str | None) -> Ack:
        """React to a message with an emoji; None takes the reaction back."""
        return await self._change("react", conversation, position, emoji=emoji)

    async def hide(self, conversation: str, position: str) -> Ack:
        """Delete a message for ourselves, on all our devices."""
        return await self._change("hide", conversation, position)

    def mark_read(self, conversation: str, position: str | None = None) -> bool:
        """Tell the other side that everything (up to `position`) was read.

        False if they know already, or if nothing of it has come or was shown by `history`.
        """
        noted = self._session.mark_read(conversation, position, time.monotonic())
        self._connection.wake()
        return noted

    def typing(self, conversation: str, typing: bool = True) -> None:
        """Tell the others that we are typing, or have stopped; call it at each keystroke.  Nobody waits for it."""
        self._session.typing(conversation, typing, time.monotonic())
        self._connection.wake()

    def receipts_of(self, conversation: str, position: str) -> AsyncIterator[Reader]:
        """Who has received and who has read the message at `position`, when."""

        return paged(
            lambda after: self.ask("receipts", conversation=conversation, position=position, after=after, limit=100),
            "members",
            "after",
            reader_of,
        )

    async def history(
        self, conversation: str, before: str | None = None, limit: int = 50
    ) -> tuple[list[Message], str | None]:
        """Messages, newest first, and the `before` of the next page (None at the beginning)."""
        entries, following = await self.past(conversation, before, limit)
        return [entry for entry in entries if isinstance(entry, Message)], following

    async def past(
        self, conversation: str, before: str | None = None, limit: int = 50
    ) -> tuple[list[Entry], str | None]:
        """`history` with what happened to the group between the messages."""
        reply = await self.ask("history", conversation=conversation, before=before, limit=limit)
        return entries_of(reply), reply.get("before")

    def conversation(self, conversation: str) -> tuple[Message, ...]:
        """A conversation's messages as they are to be shown: what this client has met of it, each once, by position.

        Edits are applied, reactions counted; what was taken back, or deleted for us, is not there.
        """
        return self._session.inbox.display.messages(conversation)

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        """`conversation` with what happened to the group between the messages."""
        return self._session.inbox.display.entries(conversation)

    def on_message(self, handler: Handler) -> None:
        """Call `handler` (sync or async) with each `Message`, once."""
        self.on(Message, handler)

    def on_receipt(self, handler: Handler) -> None:
        """Call `handler` (sync or async) with each `Receipt` that says something new."""
        self.on(Receipt, handler)

    def messages(self) -> AsyncIterator[Message]:
        """Messages as they come (from this call on), until the client is closed."""
        return self.events(Message)

    def receipts(self) -> AsyncIterator[Receipt]:
        """Receipts as they come (from this call on), until the client is closed."""
        return self.events(Receipt)

    async def _change(self, action: str, conversation: str, position: str, **fields: str | None) -> Ack:
        reply = await self.ask(action, client_id=new_id(), conversation=conversation, position=position, **fields)
        return ack_of(reply)
