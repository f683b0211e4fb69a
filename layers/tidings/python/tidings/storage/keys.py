"""The schema, in prose and then as constants.  The stores and the template are made from this page.

Everything is a log, partitioned by its reader.  `position` and `arrival` are the fixed-width strings of
`tidings.domain.position`, so a sort key's order is time's order.

Users          user_id                    profile, the set of registered device ids and privacy settings; made at the
                                          first connect.  `handle#<folded handle>`: whose it is.
Connections    user_id                    one item a user, one attribute a device: `d#<device>` -> map of connection
                                          id, connected_at (ms), protocol, the token's expiry; `opened`: all sockets
                                          that have not ended, replaced ones, too.  Nothing else lives on the item.
Outbox         user_id / client_id        one conditional put per mutating request: fingerprint and position.
                                          The client id ` rate`, which no client can choose: the token bucket of
                                          what the user sends, as the moment at which it is full again.
Mailboxes      user_id / arrival          the user's event log, read by sync.  `push` is there on events that may
                                          sound a phone, and is what the push function's stream filter looks for.
                                          The arrival `~pulled` sorts after all: the item of the conversations
                                          whose log a sync reads besides, found by the query that reads the mailbox's
                                          end: `s#<conversation>#<position of a join>`, `p#<conversation>#<start>`.
Conversations  conversation_id / item     `log#<position>`: one event of the log, with `path` (who delivers it) and
                                          the claims of late arrivals; or its tombstone, which has no text any more
                                          but all that says where copies went.  `meta`: what a group is.
                                          `react#<position>#<user>`: a reaction, a register by position; with
                                          another `#` behind it one that is withheld: the other side sees the first.
                                          `tally`: how far everybody in a group has got.
Members        shard / user_id            who is in a group: `shard` is `<conversation>#<number>`.  Short items,
                                          for a planner reads all of them: about 65 to the read unit.
                                          In shard 0 ` shards`, which sorts before every user id, says how many
                                          shards there are (absent: one), as the group's `meta` does.
Memberships    user_id / conversation_id  the same edge from the reader's side: watermarks, mute, pin, archive, block
                                          of a 1:1.  `hidden#<conversation>#<position>`: deleted for the reader only.
Watchers       subject / watcher          who wants live frames: `subject` is `c#<conversation>`, `p#<user>` or
                                          `q#<term>` (whose index a search waits for), `watcher` is
                                          `<user>#<device>`.  `w#<user>`: the list of all presences that a device of
                                          the user watches.  Soft state: it ends by itself.
                                          Whoever watches their home timeline has `t#<user>` / `<user>`, with an
                                          attribute for each device that does; `t` / `<user>`, so that a worker
                                          learns in one query that nobody watches, or few; and, for each author whom
                                          they pull, `a#<author>#<shard>` / `<user>` (the shard by the user's hash).
Devices        user_id / device_id        push endpoints.  Beside them, for what SNS tells of an endpoint of which it
                                          gives the name only: `endpoint#<ARN>` / `owner`, whose it is.

The tables of posts and timelines are in `tidings.storage.timeline_keys`, that of search is in
`tidings.storage.search_keys`.

User ids hold no `#`, so a key made of several parts is read back without doubt.

Beside their keys the items hold (N: epoch ms unless it says otherwise; `?`: may be absent; `expires_at`: see `TTL`):

Users          created_at N, name ?, devices ? (a set of device ids), last_seen N, revoked_at N ? (both only grow; the
               name is a register by last_seen);
               seen_by ? (`everyone`, `following`, `nobody`), read_receipts N ? (0 or 1), previews ? (`full`, `sender`,
               `none`), each with <name>_at ? (the position that set it)
Connections    d#<device> ? (a map of id, at N, protocol, expires N ?: epoch seconds), opened SS ?, expires_at
Outbox         fingerprint, position, expires_at;   ` rate`, ` rate#<kind>`: full_at N, expires_at
Mailboxes      conversation, position ? (absent: the arrival), expires_at; a message: sender, client_id, text, push ?;
               a receipt: reader ?, receipt (`delivered`, `read` or `seen`), taken_at N, after ? (a position)
               ~pulled: s#<conversation>#<position> N (the end of a stay; 0: none, below: in doubt),
               p#<conversation>#<start> N (the end of what is pulled from then on; 0: none), changes N (a count),
               full N ?, own_full N ? (until when there is no room for another join, or for a group of one's own)
Conversations  log#: path, sender, client_id, text ?, claims ? (a list of N, oldest first), deleted ?, withheld ?,
               quiet ?, alone ?, edited ? (the position of the edit whose text it is), edits ? (a set of positions),
               unsent ? (on a tombstone, the position of the unsend); a change of a group: kind, change, users ?,
               details ? (a map)
               react#: position, emoji ?, deleted ?, withheld ?
               meta: created (a position), title, picture, description, who_posts, who_adds, history, each with
               <name>_at ? (the position that last changed it), members N (a count), shards N (a count), path,
               pulled_from N
               tally: due N ?, run ?, delivered ?, read ? (positions), delivered_by ?, read_by ? (user ids)
Members        stays (binary: `tidings.storage.stays`), role ?, role_at ? (the position that gave it);
               ` shards`: shards N (a count)
Memberships    delivered ?, read ?, seen ? (positions), delivered_at N ?, read_at N ?, seen_at N ? (when taken);
               since ?, joined_at ?, left_at ? (positions); muted_until N ?, mentions N ?, pinned N ?, archived N ?,
               blocked N ?, each with <name>_at (the position that set it)
Watchers       expires_at;   w#<user>: watched (a set of subjects), expires_at
               t#<user>: d#<device> N ? (until when that device watches), expires_at
Devices        position, platform ?, endpoint ?, issued_at N ?, deleted ?, expires_at ? (with `deleted`)
               endpoint#: owner (`<user>#<device>`)

What expires in Outbox and Mailboxes does so at its own position or arrival plus retention (a bucket, when it
is full): a replay writes
the very same item, and a read leaves out what has expired by a bound on the key, without reading it.  Tombstones in
Devices live for a day; an item of Connections as long as its newest connection can.
"""

from __future__ import annotations

from typing import Final

from tidings.storage.search_keys import SEARCH as SEARCH
from tidings.storage.search_keys import people as people
from tidings.storage.tables import DELETED as DELETED
from tidings.storage.tables import TTL as TTL
from tidings.storage.tables import Table as Table
from tidings.storage.timeline_keys import BLOCKED_BY_PREFIX as BLOCKED_BY_PREFIX
from tidings.storage.timeline_keys import BLOCKED_PREFIX as BLOCKED_PREFIX
from tidings.storage.timeline_keys import BLOCKS_PREFIX as BLOCKS_PREFIX
from tidings.storage.timeline_keys import COUNTS as COUNTS
from tidings.storage.timeline_keys import EDGE_BLOCKED as EDGE_BLOCKED
from tidings.storage.timeline_keys import EDGE_COUNTS as EDGE_COUNTS
from tidings.storage.timeline_keys import EDGE_MUTED as EDGE_MUTED
from tidings.storage.timeline_keys import EDGE_PULLED as EDGE_PULLED
from tidings.storage.timeline_keys import EDGE_RATE as EDGE_RATE
from tidings.storage.timeline_keys import EDGE_REMOVED as EDGE_REMOVED
from tidings.storage.timeline_keys import EDGE_SEEN as EDGE_SEEN
from tidings.storage.timeline_keys import EDGE_SHARDS as EDGE_SHARDS
from tidings.storage.timeline_keys import ENGAGEMENTS as ENGAGEMENTS
from tidings.storage.timeline_keys import FOLLOWS_END as FOLLOWS_END
from tidings.storage.timeline_keys import FOLLOWS_PREFIX as FOLLOWS_PREFIX
from tidings.storage.timeline_keys import GRAPH as GRAPH
from tidings.storage.timeline_keys import MARK_PREFIX as MARK_PREFIX
from tidings.storage.timeline_keys import MUTED_PREFIX as MUTED_PREFIX
from tidings.storage.timeline_keys import MUTES_PREFIX as MUTES_PREFIX
from tidings.storage.timeline_keys import POSTS as POSTS
from tidings.storage.timeline_keys import READER_PREFIX as READER_PREFIX
from tidings.storage.timeline_keys import REMOVED_PREFIX as REMOVED_PREFIX
from tidings.storage.timeline_keys import REQUESTS_PREFIX as REQUESTS_PREFIX
from tidings.storage.timeline_keys import TIMELINES as TIMELINES
from tidings.storage.timeline_keys import blocked as blocked
from tidings.storage.timeline_keys import blocked_by as blocked_by
from tidings.storage.timeline_keys import blocks as blocks
from tidings.storage.timeline_keys import counters as counters
from tidings.storage.timeline_keys import engagement as engagement
from tidings.storage.timeline_keys import followers as followers
from tidings.storage.timeline_keys import follows as follows
from tidings.storage.timeline_keys import mark as mark
from tidings.storage.timeline_keys import muted as muted
from tidings.storage.timeline_keys import mutes as mutes
from tidings.storage.timeline_keys import removal as removal
from tidings.storage.timeline_keys import replies as replies
from tidings.storage.timeline_keys import reply as reply
from tidings.storage.timeline_keys import requests as requests
from tidings.storage.timeline_keys import residue as residue

USERS: Final = Table("Users", "user_id")
CONNECTIONS: Final = Table("Connections", "user_id", ttl=True)
OUTBOX: Final = Table("Outbox", "user_id", "client_id", ttl=True)
MAILBOXES: Final = Table("Mailboxes", "user_id", "arrival", stream=True, ttl=True)
CONVERSATIONS: Final = Table("Conversations", "conversation_id", "item", stream=True)
MEMBERS: Final = Table("Members", "shard", "user_id")
MEMBERSHIPS: Final = Table("Memberships", "user_id", "conversation_id")
WATCHERS: Final = Table("Watchers", "subject", "watcher", ttl=True)
DEVICES: Final = Table("Devices", "user_id", "device_id", ttl=True)

TABLES: Final = (
    USERS,
    CONNECTIONS,
    OUTBOX,
    MAILBOXES,
    CONVERSATIONS,
    MEMBERS,
    MEMBERSHIPS,
    WATCHERS,
    POSTS,
    TIMELINES,
    GRAPH,
    SEARCH,
    ENGAGEMENTS,
    DEVICES,
)

LOG_PREFIX: Final = "log#"
META: Final = "meta"
TALLY: Final = "tally"
LOWEST_CONVERSATION: Final = "dm#"
HIGHEST_CONVERSATION: Final = "g#~"
"""Between these lie, in `Memberships`, the ids of conversations and nothing else."""
RATE: Final = " rate"
"""The bucket of what a user sends; the others have their kind behind it."""
REACTION_PREFIX: Final = "react#"
WATCHED_HOMES: Final = "t"
"""Partition key, in `Watchers`, of all who watch their home timelines."""
AFTER_USERS: Final = "\x7f"
"""Sorts after every user id."""
HIDDEN_PREFIX: Final = "hidden#"
PULLED: Final = "~pulled"
"""Arrival of the item, in each mailbox, of the conversations that a sync pulls."""
AFTER_ARRIVALS: Final = "~"
"""Sorts after every arrival of an event, and before that item."""
STAY_PREFIX: Final = "s#"
SPAN_PREFIX: Final = "p#"
DEVICE_PREFIX: Final = "d#"
OPENED: Final = "opened"
"""String set on a `Connections` item: a digest of the device's id and the connection id of each socket that was opened
and has not ended as far as is known, with an entry or not."""
ENDPOINT_PREFIX: Final = "endpoint#"
OWNER: Final = "owner"
MEMBER_SHARDS: Final = " shards"

HANDLE_PREFIX: Final = "handle#"

PUSH_MARK: Final = "push"
"""String attribute, present ("1") on mailbox items that may become a push."""

WITHHELD: Final = "withheld"
"""String attribute, present ("1") on log items that nobody but their sender may see."""

ALONE: Final = "alone"
"""String attribute, present ("1") on log items whose sender had no other device: nobody to look up."""

QUIET: Final = "quiet"
"""String attribute, present ("1") on log items whose sender is not told who reads them."""


def log_item(position: str) -> str:
    """Sort key of the log item at `position` in `Conversations`."""
    return LOG_PREFIX + position


def members(conversation_id: str, shard: int) -> str:
    """Partition key of one shard of a group's members."""
    return f"{conversation_id}#{shard}"


def reaction(position: str, user_id: str, *, withheld: bool = False) -> str:
    """Sort key, in `Conversations`, of a user's reaction to the message at `position`."""
    return f"{REACTION_PREFIX}{position}#{user_id}" + ("#" if withheld else "")


def hidden(conversation_id: str, position: str) -> str:
    """Sort key, in `Memberships`, of a message that the reader deleted for themselves."""
    return f"{HIDDEN_PREFIX}{conversation_id}#{position}"


def watched_conversation(conversation_id: str) -> str:
    """Partition key, in `Watchers`, of a conversation."""
    return f"c#{conversation_id}"


def watched_presence(user_id: str) -> str:
    """Partition key, in `Watchers`, of a user's presence."""
    return f"p#{user_id}"


def watched_term(term: str) -> str:
    """Partition key, in `Watchers`, of a term whose index is being built."""
    return f"q#{term}"


def watching(user_id: str) -> str:
    """Partition key, in `Watchers`, of the lists of what a user's devices watch."""
    return f"w#{user_id}"


def watched_home(user_id: str) -> str:
    """Partition key, in `Watchers`, of the devices that watch a user's home timeline."""
    return f"t#{user_id}"


def watched_author(author_id: str, shard: int) -> str:
    """Partition key, in `Watchers`, of some of those who watch their home timelines and pull an author."""
    return f"a#{author_id}#{shard}"


def watcher(user_id: str, device_id: str) -> str:
    """Sort key, in `Watchers`, of a device (device ids hold no `#`)."""
    return f"{user_id}#{device_id}"


def pulled_stay(conversation_id: str, joined: str) -> str:
    """Attribute name, in a mailbox's `~pulled`, of the stay that began at the position `joined`."""
    return f"{STAY_PREFIX}{conversation_id}#{joined}"


def pulled_span(conversation_id: str, start: int) -> str:
    """Attribute name, in a mailbox's `~pulled`, of what is pulled from `start` (epoch ms) on."""
    return f"{SPAN_PREFIX}{conversation_id}#{start}"


def handle(folded: str) -> str:
    """Partition key, in `Users`, of who has a handle (user ids hold no `#`)."""
    return HANDLE_PREFIX + folded


def endpoint(arn: str) -> str:
    """Partition key, in `Devices`, of what is known of a push endpoint (user ids hold no `#`)."""
    return ENDPOINT_PREFIX + arn


def device(device_id: str) -> str:
    """Attribute name of a device's entry in a `Connections` item."""
    return DEVICE_PREFIX + device_id
