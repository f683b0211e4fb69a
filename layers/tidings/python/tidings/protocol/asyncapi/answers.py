"""Which reply answers which request, in the order of the table of actions.

Any request may be answered by an `ErrorReply` instead.  A test holds this against what the routes return.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tidings.protocol import (
    connection,
    conversations,
    groups,
    life,
    messaging,
    people,
    posts,
    profiles,
    search,
    timelines,
)
from tidings.protocol.frames import AckReply, Reply, Request

ANSWERS: Final[Mapping[type[Request], type[Reply]]] = {
    connection.WhoamiRequest: connection.WhoamiReply,
    connection.DeviceRegisterRequest: connection.DeviceReply,
    connection.DeviceRemoveRequest: connection.DeviceReply,
    connection.DeviceListRequest: connection.DevicesReply,
    people.PrivacyRequest: people.PrivacyReply,
    people.PresenceWatchRequest: people.PresenceReply,
    messaging.SendRequest: AckReply,
    messaging.AckRequest: messaging.ReceiptReply,
    messaging.SyncRequest: messaging.SyncReply,
    messaging.HistoryRequest: messaging.HistoryReply,
    messaging.BatchRequest: messaging.BatchReply,
    life.EditRequest: AckReply,
    life.UnsendRequest: AckReply,
    life.ReactRequest: AckReply,
    life.HideRequest: AckReply,
    conversations.ReceiptsRequest: conversations.ReceiptsReply,
    conversations.ConversationsRequest: conversations.ConversationsReply,
    conversations.ConversationSetRequest: AckReply,
    groups.GroupCreateRequest: AckReply,
    groups.GroupUpdateRequest: AckReply,
    groups.GroupAddRequest: AckReply,
    groups.GroupRemoveRequest: AckReply,
    groups.GroupLeaveRequest: AckReply,
    groups.GroupRoleRequest: AckReply,
    groups.GroupInfoRequest: groups.GroupReply,
    groups.GroupMembersRequest: groups.MembersReply,
    conversations.WatchRequest: AckReply,
    conversations.TypingRequest: AckReply,
    posts.PostRequest: AckReply,
    posts.PostDeleteRequest: AckReply,
    posts.PostGetRequest: posts.ThreadReply,
    posts.PostRepliesRequest: timelines.TimelineReply,
    posts.PostCountsRequest: posts.CountsReply,
    posts.LikeRequest: AckReply,
    posts.UnlikeRequest: AckReply,
    posts.RepostRequest: AckReply,
    posts.UnrepostRequest: AckReply,
    timelines.FollowRequest: AckReply,
    timelines.UnfollowRequest: AckReply,
    people.BlockRequest: AckReply,
    people.UnblockRequest: AckReply,
    people.BlocksRequest: people.BlocksReply,
    people.MuteRequest: AckReply,
    people.UnmuteRequest: AckReply,
    people.MutesRequest: people.MutesReply,
    profiles.ProfileRequest: profiles.ProfileReply,
    profiles.PeopleRequest: profiles.PeopleReply,
    profiles.PeopleSearchRequest: profiles.PeopleFoundReply,
    profiles.FollowersRequest: profiles.UsersReply,
    profiles.FollowingRequest: profiles.UsersReply,
    profiles.FollowRequestsRequest: profiles.UsersReply,
    profiles.FollowAcceptRequest: AckReply,
    profiles.FollowDeclineRequest: AckReply,
    timelines.HomeRequest: timelines.TimelineReply,
    timelines.UserTimelineRequest: timelines.TimelineReply,
    timelines.MentionsRequest: timelines.TimelineReply,
    timelines.TimelineWatchRequest: timelines.TimelineWatchReply,
    search.TagTimelineRequest: search.FoundReply,
    search.SearchRequest: search.FoundReply,
}


def action_of(request: type[Request]) -> str:
    """The action that a request fixes."""
    action = request.model_fields["action"].default
    assert isinstance(action, str)
    return action
