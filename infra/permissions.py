"""Who may do what: the one table.  Action by action, no wildcard action, no Scan.

A function's name is its construct id.  `tables` are DynamoDB actions on exactly that table, `streams` the tables
whose stream it reads, `sends` the lanes it may put jobs on, `consumes` the lanes it works off, `applications` SNS
actions on the platform applications, `endpoints` on these and their endpoints (both only where push is set up),
`posts`, `looks` and `closes` whether it may post to sockets, ask the gateway about them, end them.  A test compares
this page with the calls that the functions are seen making.

A transaction is authorized by its parts (PutItem, UpdateItem, DeleteItem: how Timeline changes both halves of a follow
edge, and Send the members of a group, its count and its log), a batch by BatchGetItem or BatchWriteItem itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tidings.storage import keys
from tidings.storage.keys import Table

SMALL: Final = "small"
LARGE: Final = "large"
LANES: Final = (SMALL, LARGE)
"""The lanes on which nothing is ever dropped: each has a dead-letter queue."""
LIVE: Final = "live"
"""The lane of live frames that nobody waits for."""

STREAM_READ: Final = ("DescribeStream", "GetRecords", "GetShardIterator")
STREAM_LIST: Final = ("ListStreams",)
QUEUE_CONSUME: Final = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")


@dataclass(frozen=True, slots=True)
class Access:
    """What one function may do."""

    tables: dict[Table, tuple[str, ...]] = field(default_factory=dict)
    streams: tuple[Table, ...] = ()
    sends: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    posts: bool = False
    looks: bool = False
    closes: bool = False

    @property
    def sockets(self) -> tuple[str, ...]:
        """What it may do with sockets, as methods of `@connections`."""
        every = {"POST": self.posts, "GET": self.looks, "DELETE": self.closes}
        return tuple(method for method, may in every.items() if may)


ACCESS: Final[dict[str, Access]] = {
    "Authorizer": Access(),
    "Connect": Access(
        tables={
            keys.USERS: ("GetItem", "BatchGetItem", "UpdateItem"),
            keys.CONNECTIONS: ("BatchGetItem", "UpdateItem"),
            keys.DEVICES: ("GetItem", "PutItem", "UpdateItem", "Query"),
            keys.WATCHERS: ("GetItem", "Query", "BatchWriteItem"),
            keys.MEMBERSHIPS: ("BatchGetItem",),
            keys.GRAPH: ("BatchGetItem",),
        },
        posts=True,
        looks=True,
        closes=True,
        applications=("CreatePlatformEndpoint",),
        endpoints=("GetEndpointAttributes", "SetEndpointAttributes", "DeleteEndpoint"),
    ),
    "Send": Access(
        tables={
            keys.USERS: ("BatchGetItem",),
            keys.CONNECTIONS: ("BatchGetItem", "UpdateItem"),
            keys.OUTBOX: ("GetItem", "PutItem", "UpdateItem"),
            keys.CONVERSATIONS: ("GetItem", "PutItem", "UpdateItem", "Query"),
            keys.MAILBOXES: ("PutItem", "BatchWriteItem", "UpdateItem", "Query"),
            keys.MEMBERS: ("GetItem", "BatchGetItem", "PutItem", "Query"),
            keys.MEMBERSHIPS: ("GetItem", "BatchGetItem", "UpdateItem", "PutItem", "Query"),
            keys.WATCHERS: ("PutItem", "DeleteItem", "Query"),
        },
        posts=True,
    ),
    "Timeline": Access(
        tables={
            keys.USERS: ("GetItem", "BatchGetItem", "UpdateItem", "PutItem", "DeleteItem"),
            keys.OUTBOX: ("GetItem", "PutItem", "UpdateItem"),
            keys.POSTS: ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query"),
            keys.ENGAGEMENTS: ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            keys.GRAPH: ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            keys.TIMELINES: ("Query",),
            keys.MEMBERSHIPS: ("UpdateItem",),
            keys.SEARCH: ("BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            keys.WATCHERS: ("PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem"),
        },
        sends=(SMALL,),
    ),
    "Plan": Access(
        tables={keys.GRAPH: ("Query",), keys.CONVERSATIONS: ("GetItem",), keys.MEMBERS: ("Query",)},
        streams=(keys.POSTS, keys.CONVERSATIONS),
        sends=(*LANES, LIVE),
    ),
    "Work": Access(
        tables={
            keys.POSTS: ("GetItem", "BatchGetItem", "Query"),
            keys.SEARCH: ("GetItem", "UpdateItem", "BatchWriteItem", "Query"),
            keys.GRAPH: ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            keys.TIMELINES: ("Query", "BatchWriteItem"),
            keys.CONVERSATIONS: ("GetItem", "Query", "UpdateItem"),
            keys.MEMBERS: ("GetItem", "BatchGetItem", "Query"),
            keys.MEMBERSHIPS: ("BatchGetItem", "UpdateItem"),
            keys.USERS: ("BatchGetItem",),
            keys.MAILBOXES: ("PutItem", "UpdateItem", "BatchWriteItem", "Query"),
            keys.CONNECTIONS: ("BatchGetItem", "UpdateItem"),
            keys.WATCHERS: ("Query", "BatchGetItem"),
        },
        sends=(*LANES, LIVE),
        consumes=(*LANES, LIVE),
        posts=True,
    ),
    "Push": Access(
        tables={
            keys.USERS: ("BatchGetItem",),
            keys.MAILBOXES: ("Query",),
            keys.CONVERSATIONS: ("GetItem", "Query"),
            keys.MEMBERSHIPS: ("GetItem", "BatchGetItem"),
            keys.DEVICES: ("GetItem", "Query", "UpdateItem", "DeleteItem"),
        },
        streams=(keys.MAILBOXES,),
        endpoints=("Publish", "GetEndpointAttributes"),
    ),
}

OPERATOR_ON_DEAD_LETTERS: Final = (
    "StartMessageMoveTask",
    "ListMessageMoveTasks",
    "CancelMessageMoveTask",
    "ReceiveMessage",
    "DeleteMessage",
    "GetQueueAttributes",
)
"""What `tidings ops redrive` needs on a dead-letter queue (a move task receives and deletes as its caller)."""

OPERATOR_ON_LANES: Final = ("SendMessage", "GetQueueAttributes")
"""And on the lane it puts the messages back on."""

OPERATOR_ON_FAILURES: Final = ("GetObject", "DeleteObject")
"""And on the batches of stream records in the failure bucket (which it lists)."""

OPERATOR_ON_STACK: Final = ("DescribeStacks",)
"""And on the stack, whose outputs say where all of these are."""
