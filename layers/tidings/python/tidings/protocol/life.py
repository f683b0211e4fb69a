"""Frames of a message's life: edit, unsend, react, hide."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import ClientId, ConversationId, PositionText, Request, Text
from tidings.protocol.patterns import EMOJI


class EditRequest(Request):
    """A new text for one of the caller's own messages, within the edit window."""

    action: Literal["edit"] = "edit"
    client_id: ClientId
    conversation: ConversationId
    position: PositionText
    text: Text


class UnsendRequest(Request):
    """Take a message back for everyone: one's own within the unsend window, or anybody's as a group's admin."""

    action: Literal["unsend"] = "unsend"
    client_id: ClientId
    conversation: ConversationId
    position: PositionText


class ReactRequest(Request):
    """React to a message with one emoji; without `emoji`, take the reaction back.  One reaction a member."""

    action: Literal["react"] = "react"
    client_id: ClientId
    conversation: ConversationId
    position: PositionText
    emoji: Annotated[str, Field(min_length=1, max_length=32, pattern=EMOJI)] | None = None


class HideRequest(Request):
    """Delete a message for the caller only, on all their devices."""

    action: Literal["hide"] = "hide"
    client_id: ClientId
    conversation: ConversationId
    position: PositionText
