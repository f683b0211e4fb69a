"""Groups on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidings.domain.events import Details, Path
from tidings.domain.groups import Role
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.protocol.frames import AckReply, Request
from tidings.protocol.groups import (
    GroupAddRequest,
    GroupCreateRequest,
    GroupInfoRequest,
    GroupLeaveRequest,
    GroupMembersRequest,
    GroupRemoveRequest,
    GroupReply,
    GroupRoleRequest,
    GroupUpdateRequest,
    MembersReply,
    MemberView,
)
from tidings.router import Router
from tidings.services.group_views import GroupView, GroupViews
from tidings.services.groups import Changed, GroupActions

FIELDS = ("title", "picture", "description", "who_posts", "who_adds", "history")

GroupRequest = (
    GroupCreateRequest
    | GroupUpdateRequest
    | GroupAddRequest
    | GroupRemoveRequest
    | GroupLeaveRequest
    | GroupRoleRequest
)


def register(router: Router, actions: GroupActions, views: GroupViews, spend: Callable[[str], None]) -> None:
    """Enter the routes of groups.  `spend(user_id)` counts a change and raises `RateLimited` when it is too much."""

    def change(caller: Caller, request: Request) -> AckReply:
        assert isinstance(request, GroupRequest)
        spend(caller.user_id)
        return _ack(request.id, _change(actions, caller, request))

    def info(caller: Caller, request: GroupInfoRequest) -> GroupReply:
        return _group(request.id, views.info(caller, request.conversation))

    def members(caller: Caller, request: GroupMembersRequest) -> MembersReply:
        page, after = views.members(caller, request.conversation, request.after, request.limit)
        shown = [
            MemberView(user=each.user_id, role=each.role.value, joined=ms_of(each.stays[-1].joined)) for each in page
        ]
        return MembersReply(id=request.id, conversation=request.conversation, members=shown, after=after)

    for model in (
        GroupCreateRequest,
        GroupUpdateRequest,
        GroupAddRequest,
        GroupRemoveRequest,
        GroupLeaveRequest,
        GroupRoleRequest,
    ):
        router.route(model, change)
    router.route(GroupInfoRequest, info)
    router.route(GroupMembersRequest, members)


def _change(actions: GroupActions, caller: Caller, request: GroupRequest) -> Changed:
    client_id = request.client_id
    match request:
        case GroupCreateRequest():
            return actions.create(caller, client_id, request.members or (), _values(request))
        case GroupUpdateRequest():
            return actions.update(caller, client_id, request.conversation, _values(request))
        case GroupAddRequest():
            return actions.add(caller, client_id, request.conversation, request.members)
        case GroupRemoveRequest():
            return actions.remove(caller, client_id, request.conversation, request.member)
        case GroupLeaveRequest():
            return actions.leave(caller, client_id, request.conversation)
        case GroupRoleRequest():
            return actions.role(caller, client_id, request.conversation, request.member, Role(request.role))


def _values(request: GroupCreateRequest | GroupUpdateRequest) -> Details:
    """The fields that were given."""
    given: dict[str, Any] = {name: getattr(request, name) for name in FIELDS}
    return tuple(sorted((name, value) for name, value in given.items() if value is not None))


def _ack(request_id: str, changed: Changed) -> AckReply:
    return AckReply(
        id=request_id,
        client_id=changed.client_id,
        conversation=changed.conversation_id,
        position=changed.position,
        at=ms_of(changed.position),
        not_added=list(changed.not_added) or None,
    )


def _group(request_id: str, view: GroupView) -> GroupReply:
    group = view.group
    return GroupReply(
        id=request_id,
        conversation=group.conversation_id,
        title=group.title,
        picture=group.picture or None,
        description=group.description or None,
        who_posts=group.who_posts.value,
        who_adds=group.who_adds.value,
        history=group.history.value,
        members=group.members,
        role=view.me.role.value,
        live=group.path is not Path.PULL,
    )
