"""Profiles, people, lists of follows and requests on the wire."""

from __future__ import annotations

from tidings.domain.errors import InvalidRequest
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.profile import ProfileChange
from tidings.ports.people import User
from tidings.protocol.frames import AckReply
from tidings.protocol.profiles import (
    FollowAcceptRequest,
    FollowDeclineRequest,
    FollowersRequest,
    FollowingRequest,
    FollowRequestsRequest,
    FoundView,
    PeopleFoundReply,
    PeopleReply,
    PeopleRequest,
    PeopleSearchRequest,
    PersonView,
    ProfileReply,
    ProfileRequest,
    RelationView,
    UsersReply,
)
from tidings.router import Router
from tidings.services.directory import Directory, Person
from tidings.services.people_search import PeopleSearch
from tidings.services.profile import ProfileSettings
from tidings.services.requests import FollowRequests


def register(
    router: Router,
    profiles: ProfileSettings,
    directory: Directory,
    finder: PeopleSearch,
    requests: FollowRequests,
) -> None:
    """Enter the routes."""

    def profile(caller: Caller, request: ProfileRequest) -> ProfileReply:
        change = ProfileChange(request.handle, request.name, request.bio, request.avatar, request.private)
        stands = profiles.change(caller, change)
        return ProfileReply(
            id=request.id,
            user=caller.user_id,
            handle=stands.handle,
            name=stands.name,
            bio=stands.bio,
            avatar=stands.avatar,
            private=stands.private,
        )

    def people(caller: Caller, request: PeopleRequest) -> PeopleReply:
        if (request.users is None) == (request.handle is None):
            raise InvalidRequest("Give `users` or a `handle`, not both.")
        if request.handle is not None:
            found = directory.named(caller, request.handle)
        else:
            found = directory.people(caller, request.users or ())
        return PeopleReply(id=request.id, people=[person_view(person) for person in found])

    def search(caller: Caller, request: PeopleSearchRequest) -> PeopleFoundReply:
        found, after = finder.search(caller, request.q, request.after, request.limit)
        return PeopleFoundReply(id=request.id, people=[found_view(user) for user in found], after=after)

    def followers(caller: Caller, request: FollowersRequest) -> UsersReply:
        return _users(request.id, directory.followers(caller, request.user, request.after, request.limit))

    def following(caller: Caller, request: FollowingRequest) -> UsersReply:
        return _users(request.id, directory.following(caller, request.user, request.after, request.limit))

    def asking(caller: Caller, request: FollowRequestsRequest) -> UsersReply:
        return _users(request.id, requests.page(caller, request.after, request.limit))

    def accept(caller: Caller, request: FollowAcceptRequest) -> AckReply:
        return _ack(request, requests.accept(caller, request.client_id, request.user))

    def decline(caller: Caller, request: FollowDeclineRequest) -> AckReply:
        return _ack(request, requests.decline(caller, request.client_id, request.user))

    router.route(ProfileRequest, profile)
    router.route(PeopleRequest, people)
    router.route(PeopleSearchRequest, search)
    router.route(FollowersRequest, followers)
    router.route(FollowingRequest, following)
    router.route(FollowRequestsRequest, asking)
    router.route(FollowAcceptRequest, accept)
    router.route(FollowDeclineRequest, decline)


def _ack(request: FollowAcceptRequest | FollowDeclineRequest, position: str) -> AckReply:
    return AckReply(id=request.id, client_id=request.client_id, position=position, at=ms_of(position))


def _users(request_id: str, page: tuple[list[str], str | None]) -> UsersReply:
    users, after = page
    return UsersReply(id=request_id, users=users, after=after)


def person_view(person: Person) -> PersonView:
    """Somebody on the wire."""
    says, relation = person.user.profile, person.relation
    return PersonView(
        user=person.user.user_id,
        handle=says.handle,
        name=person.user.name,
        bio=says.bio,
        avatar=says.avatar,
        private=says.private,
        followers=person.counts.followers,
        follows=person.counts.following,
        relation=RelationView(
            following=relation.following,
            requested=relation.requested,
            followed_by=relation.followed_by,
            blocked=relation.blocked,
            muted=relation.muted,
        ),
    )


def found_view(user: User) -> FoundView:
    """Somebody who was found, on the wire."""
    says = user.profile
    return FoundView(user=user.user_id, handle=says.handle, name=user.name, avatar=says.avatar, private=says.private)
