"""Frames of groups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidings.protocol.frames import ClientId, ConversationId, CursorText, Frame, Reply, Request, UserId
from tidings.protocol.patterns import LINE, PICTURE

MAX_TITLE = 100
MAX_DESCRIPTION = 2_000
MAX_URL = 2_000
MAX_ADDED = 90
"""A change of members is one transaction, and DynamoDB allows 100 items in one."""
MAX_PAGE = 100

Title = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE, pattern=LINE, strip_whitespace=True)]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION)]
PictureUrl = Annotated[str, Field(max_length=MAX_URL, pattern=PICTURE)]
RoleName = Literal["owner", "admin", "member"]
WhoName = Literal["members", "admins"]
HistoryName = Literal["join", "all"]


class GroupCreateRequest(Request):
    """Make a group with the caller as its owner.  The ack's `conversation` is its id."""

    action: Literal["group.create"] = "group.create"
    client_id: ClientId
    title: Title
    members: Annotated[list[UserId], Field(min_length=1, max_length=MAX_ADDED)] | None = None
    picture: PictureUrl | None = None
    description: Description | None = None
    who_posts: WhoName | None = None
    who_adds: WhoName | None = None
    history: HistoryName | None = None


class GroupUpdateRequest(Request):
    """Change what a group is called, looks like or allows; what is left out stays, an empty string clears."""

    action: Literal["group.update"] = "group.update"
    client_id: ClientId
    conversation: ConversationId
    title: Title | None = None
    picture: PictureUrl | None = None
    description: Description | None = None
    who_posts: WhoName | None = None
    who_adds: WhoName | None = None
    history: HistoryName | None = None


class GroupAddRequest(Request):
    """Add members.  The ack's `not_added` names those who were not, for reasons of their own."""

    action: Literal["group.add"] = "group.add"
    client_id: ClientId
    conversation: ConversationId
    members: Annotated[list[UserId], Field(min_length=1, max_length=MAX_ADDED)]


class GroupRemoveRequest(Request):
    """Remove a member: they get nothing later."""

    action: Literal["group.remove"] = "group.remove"
    client_id: ClientId
    conversation: ConversationId
    member: UserId


class GroupLeaveRequest(Request):
    """Leave a group.  If the owner leaves, the longest-standing admin, else member, becomes the owner."""

    action: Literal["group.leave"] = "group.leave"
    client_id: ClientId
    conversation: ConversationId


class GroupRoleRequest(Request):
    """Give a member a role.  Giving `owner` away makes the caller an admin."""

    action: Literal["group.role"] = "group.role"
    client_id: ClientId
    conversation: ConversationId
    member: UserId
    role: RoleName


class GroupInfoRequest(Request):
    """What a group is."""

    action: Literal["group.info"] = "group.info"
    conversation: ConversationId


class GroupMembersRequest(Request):
    """Who is in a group; `after` is the string that the last page gave."""

    action: Literal["group.members"] = "group.members"
    conversation: ConversationId
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class GroupReply(Reply):
    """A group as it stands; `role` is the caller's own; `live`: its events come live (else only to who watches)."""

    type: Literal["group"] = "group"
    conversation: str
    title: str
    picture: str | None = None
    description: str | None = None
    who_posts: WhoName
    who_adds: WhoName
    history: HistoryName
    members: int
    role: RoleName
    live: bool


class MemberView(Frame):
    """Somebody in a group, since `joined` (epoch ms)."""

    user: str
    role: RoleName
    joined: int


class MembersReply(Reply):
    """Members in order of their ids, shard by shard; `after` is absent at the end."""

    type: Literal["members"] = "members"
    conversation: str
    members: list[MemberView]
    after: str | None = None
