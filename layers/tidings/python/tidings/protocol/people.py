"""Frames about people: blocks, mutes, privacy, presence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import ClientId, CursorText, Frame, Reply, Request, UserId

MAX_WATCHED = 100
MAX_PAGE = 100

Audience = Literal["everyone", "following", "nobody"]
Preview = Literal["full", "sender", "none"]


class BlockRequest(Request):
    """Hear and show nothing of a user, in messages and timelines alike.  They are not told."""

    action: Literal["block"] = "block"
    client_id: ClientId
    user: UserId


class UnblockRequest(Request):
    """End a block.  What was sent meanwhile stays unseen."""

    action: Literal["unblock"] = "unblock"
    client_id: ClientId
    user: UserId


class BlocksRequest(Request):
    """Whom the caller has blocked; `after` is the string that the last page gave."""

    action: Literal["blocks"] = "blocks"
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class MuteRequest(Request):
    """Show nothing of a user in home and mentions, without unfollowing.  They are not told."""

    action: Literal["mute"] = "mute"
    client_id: ClientId
    user: UserId


class UnmuteRequest(Request):
    """End a mute.  What was hidden is there again."""

    action: Literal["unmute"] = "unmute"
    client_id: ClientId
    user: UserId


class MutesRequest(Request):
    """Whom the caller has muted; `after` is the string that the last page gave."""

    action: Literal["mutes"] = "mutes"
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class PrivacyRequest(Request):
    """Change the caller's privacy settings (what is left out stays), or, with none given, ask for them.

    `last_seen`: who sees when they are online and were last seen; `read_receipts`: whether others learn what they
    read (off: nor do they learn it of others); `previews`: what a push shows.
    """

    action: Literal["privacy"] = "privacy"
    client_id: ClientId | None = None
    last_seen: Audience | None = None
    read_receipts: bool | None = None
    previews: Preview | None = None


class PresenceWatchRequest(Request):
    """Ask whether users are online, and hear of changes on this device, for two hours and ten minutes from the last
    asking on.  Replaces the device's earlier list."""

    action: Literal["presence.watch"] = "presence.watch"
    users: Annotated[list[UserId], Field(max_length=MAX_WATCHED)]


class BlocksReply(Reply):
    """Blocked users; `after` is absent at the end."""

    type: Literal["blocks"] = "blocks"
    users: list[str]
    after: str | None = None


class MutesReply(Reply):
    """Muted users; `after` is absent at the end."""

    type: Literal["mutes"] = "mutes"
    users: list[str]
    after: str | None = None


class PrivacyReply(Reply):
    """The settings as they stand."""

    type: Literal["privacy"] = "privacy"
    last_seen: Audience
    read_receipts: bool
    previews: Preview


class PresenceView(Frame):
    """Whether a user is online (at most until `until` unless you hear more) or was last seen; epoch ms."""

    user: str
    online: bool
    until: int | None = None
    last_seen: int | None = None


class PresenceReply(Reply):
    """One entry a user asked for.  Who shows nothing to the caller looks like somebody who was never there."""

    type: Literal["presence"] = "presence"
    users: list[PresenceView]
    at: int
