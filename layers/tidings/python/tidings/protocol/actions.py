"""The actions of `tidings.v1`, by the function that answers them.  Names only: the template is made from this page."""

from __future__ import annotations

from typing import Final

SUBPROTOCOL: Final = "tidings.v1"
BEARER_PREFIX: Final = "bearer."

WHOAMI: Final = "whoami"
DEVICE_REGISTER: Final = "device.register"
DEVICE_REMOVE: Final = "device.remove"
DEVICE_LIST: Final = "device.list"
PRIVACY: Final = "privacy"
PRESENCE_WATCH: Final = "presence.watch"

SEND: Final = "send"
ACK: Final = "ack"
SYNC: Final = "sync"
HISTORY: Final = "history"
BATCH: Final = "batch"
EDIT: Final = "edit"
UNSEND: Final = "unsend"
REACT: Final = "react"
HIDE: Final = "hide"
RECEIPTS: Final = "receipts"
CONVERSATIONS: Final = "conversations"
CONVERSATION_SET: Final = "conversation.set"
GROUP_CREATE: Final = "group.create"
GROUP_UPDATE: Final = "group.update"
GROUP_ADD: Final = "group.add"
GROUP_REMOVE: Final = "group.remove"
GROUP_LEAVE: Final = "group.leave"
GROUP_ROLE: Final = "group.role"
GROUP_INFO: Final = "group.info"
GROUP_MEMBERS: Final = "group.members"
WATCH: Final = "watch"
TYPING: Final = "typing"

POST: Final = "post"
POST_DELETE: Final = "post.delete"
POST_GET: Final = "post.get"
POST_REPLIES: Final = "post.replies"
POST_COUNTS: Final = "post.counts"
LIKE: Final = "like"
UNLIKE: Final = "unlike"
REPOST: Final = "repost"
UNREPOST: Final = "unrepost"
FOLLOW: Final = "follow"
UNFOLLOW: Final = "unfollow"
BLOCK: Final = "block"
UNBLOCK: Final = "unblock"
BLOCKS: Final = "blocks"
MUTE: Final = "mute"
UNMUTE: Final = "unmute"
MUTES: Final = "mutes"
PROFILE: Final = "profile"
PEOPLE: Final = "people"
PEOPLE_SEARCH: Final = "people.search"
FOLLOWERS: Final = "followers"
FOLLOWING: Final = "following"
FOLLOW_REQUESTS: Final = "follow.requests"
FOLLOW_ACCEPT: Final = "follow.accept"
FOLLOW_DECLINE: Final = "follow.decline"
TIMELINE_HOME: Final = "timeline.home"
TIMELINE_USER: Final = "timeline.user"
TIMELINE_MENTIONS: Final = "timeline.mentions"
TIMELINE_WATCH: Final = "timeline.watch"
TIMELINE_TAG: Final = "timeline.tag"
SEARCH: Final = "search"

CONNECT_ROUTES: Final = (
    "$connect",
    "$disconnect",
    WHOAMI,
    DEVICE_REGISTER,
    DEVICE_REMOVE,
    DEVICE_LIST,
    PRIVACY,
    PRESENCE_WATCH,
)
SEND_ROUTES: Final = (
    "$default",
    SEND,
    ACK,
    SYNC,
    HISTORY,
    BATCH,
    EDIT,
    UNSEND,
    REACT,
    HIDE,
    RECEIPTS,
    CONVERSATIONS,
    CONVERSATION_SET,
    GROUP_CREATE,
    GROUP_UPDATE,
    GROUP_ADD,
    GROUP_REMOVE,
    GROUP_LEAVE,
    GROUP_ROLE,
    GROUP_INFO,
    GROUP_MEMBERS,
    WATCH,
    TYPING,
)
TIMELINE_ROUTES: Final = (
    POST,
    POST_DELETE,
    POST_GET,
    POST_REPLIES,
    POST_COUNTS,
    LIKE,
    UNLIKE,
    REPOST,
    UNREPOST,
    FOLLOW,
    UNFOLLOW,
    BLOCK,
    UNBLOCK,
    BLOCKS,
    MUTE,
    UNMUTE,
    MUTES,
    PROFILE,
    PEOPLE,
    PEOPLE_SEARCH,
    FOLLOWERS,
    FOLLOWING,
    FOLLOW_REQUESTS,
    FOLLOW_ACCEPT,
    FOLLOW_DECLINE,
    TIMELINE_HOME,
    TIMELINE_USER,
    TIMELINE_MENTIONS,
    TIMELINE_WATCH,
    TIMELINE_TAG,
    SEARCH,
)

ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "connect": CONNECT_ROUTES,
    "send": SEND_ROUTES,
    "timeline": TIMELINE_ROUTES,
}

IN_BATCH: Final = (SEND, ACK, EDIT, UNSEND, REACT, HIDE)
"""What may travel inside a `batch`: messaging that changes something."""
