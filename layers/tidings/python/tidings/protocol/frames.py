"""What all frames of `tidings.v1` share: strict models, request ids, the ack and the error.

A frame is one JSON object of at most 32 KB.  Requests carry `action` and `id`; each gets exactly one reply, which
echoes the `id`.  Unknown fields are refused, so that a typing error is not a silent loss.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from tidings.domain.errors import TidingsError
from tidings.protocol.patterns import CLIENT_ID, POSITION, USER_ID, VISIBLE

MAX_TEXT = 4_096
"""Characters of a message or post."""

RequestId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=VISIBLE)]
"""Chosen by the client, echoed in the reply; need not be unique."""
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CLIENT_ID)]
"""Chosen by the client, unique among the user's requests (a UUID); the same request resent keeps it."""
UserId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=USER_ID)]
ConversationId = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
PositionText = Annotated[str, StringConstraints(pattern=POSITION)]
CursorText = Annotated[str, StringConstraints(min_length=1, max_length=160)]


class Frame(BaseModel):
    """Base of every frame."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Request(Frame):
    """Base of every frame a client sends; subclasses fix `action`."""

    id: RequestId


class Reply(Frame):
    """Base of every answer; subclasses fix `type`."""

    id: str | None


class AckReply(Reply):
    """A mutation is durable.  `position` is its place in the order; `at` is that place's time, epoch ms.

    `not_added` are users who could not be put into a group; `requested`: the follow waits for consent.
    """

    type: Literal["ack"] = "ack"
    client_id: str | None = None
    conversation: str | None = None
    position: str | None = None
    at: int | None = None
    not_added: list[str] | None = None
    requested: bool | None = None


class ErrorReply(Reply):
    """What went wrong: a stable `code`, a sentence, and whether (and when) the same frame may be sent again."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool = False
    retry_after_ms: int | None = None


def error_reply(request_id: str | None, error: TidingsError) -> ErrorReply:
    """The frame for an error of the domain's tree."""
    return ErrorReply(
        id=request_id,
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
    )


def encode(frame: BaseModel) -> str:
    """The JSON text of a frame; absent values are left out."""
    return frame.model_dump_json(exclude_none=True)
