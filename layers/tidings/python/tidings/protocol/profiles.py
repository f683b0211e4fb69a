"""Frames about profiles, about who follows whom, and about requests to follow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tidings.protocol.frames import ClientId, CursorText, Frame, Reply, Request, UserId
from tidings.protocol.patterns import HANDLE, LINE, PICTURE

MAX_PEOPLE = 50
MAX_PAGE = 100

Handle = Annotated[str, StringConstraints(max_length=15, pattern=HANDLE)]
Name = Annotated[str, StringConstraints(max_length=50, pattern=LINE, strip_whitespace=True)]
Bio = Annotated[str, StringConstraints(max_length=160, strip_whitespace=True)]
Picture = Annotated[str, StringConstraints(max_length=500, pattern=PICTURE)]


class ProfileRequest(Request):
    """Change the caller's profile (what is left out stays, an empty text takes away); with nothing given, ask for it.

    `handle` is unique whatever its case; `name` the display name; `avatar` an https URL.  `private`: following needs
    the caller's consent from now on, and only followers see the posts.
    """

    action: Literal["profile"] = "profile"
    client_id: ClientId | None = None
    handle: Handle | None = None
    name: Name | None = None
    bio: Bio | None = None
    avatar: Picture | None = None
    private: bool | None = None


class PeopleRequest(Request):
    """Who somebody is, and how the caller stands to them: by user ids, or by one handle."""

    action: Literal["people"] = "people"
    users: Annotated[list[UserId], Field(min_length=1, max_length=MAX_PEOPLE)] | None = None
    handle: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class PeopleSearchRequest(Request):
    """People whose handle, or a word of whose name, begins with each word of `q`; two characters at least, or the whole
    word.  `after` is the string that the last page of the same search gave."""

    action: Literal["people.search"] = "people.search"
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    after: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PEOPLE)] = 20


class FollowersRequest(Request):
    """Who follows a user, or the caller; `after` is the string that the last page gave."""

    action: Literal["followers"] = "followers"
    user: UserId | None = None
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class FollowingRequest(Request):
    """Whom a user, or the caller, follows; `after` is the string that the last page gave."""

    action: Literal["following"] = "following"
    user: UserId | None = None
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class FollowRequestsRequest(Request):
    """Who asks to follow the caller; `after` is the string that the last page gave."""

    action: Literal["follow.requests"] = "follow.requests"
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class FollowAcceptRequest(Request):
    """Let a user follow who asks to."""

    action: Literal["follow.accept"] = "follow.accept"
    client_id: ClientId
    user: UserId


class FollowDeclineRequest(Request):
    """End a user's request.  They are not told, and may ask again."""

    action: Literal["follow.decline"] = "follow.decline"
    client_id: ClientId
    user: UserId


class ProfileReply(Reply):
    """The caller's profile as it stands."""

    type: Literal["profile"] = "profile"
    user: str
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    private: bool


class RelationView(Frame):
    """How the caller stands to somebody: follows them, asks to, is followed by them, has blocked, has muted them."""

    following: bool
    requested: bool
    followed_by: bool
    blocked: bool
    muted: bool


class PersonView(Frame):
    """Somebody.  `followers` and `follows` are counts."""

    user: str
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    private: bool
    followers: int
    follows: int
    relation: RelationView


class PeopleReply(Reply):
    """Those who exist, in the order of asking."""

    type: Literal["people"] = "people"
    people: list[PersonView]


class FoundView(Frame):
    """Somebody who was found; `people` has the rest."""

    user: str
    handle: str | None = None
    name: str | None = None
    avatar: str | None = None
    private: bool


class PeopleFoundReply(Reply):
    """Who was found, by the words they are found by; `after` is absent at the end."""

    type: Literal["found"] = "found"
    people: list[FoundView]
    after: str | None = None


class UsersReply(Reply):
    """User ids; `after` is absent at the end."""

    type: Literal["users"] = "users"
    users: list[str]
    after: str | None = None
