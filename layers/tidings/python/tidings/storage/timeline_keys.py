"""The schema of posts and timelines, in prose and then as constants; `tidings.storage.keys` has the rest.

Posts          author_id / position       each post once, or its tombstone; `path` says push or pull.
Timelines      user_id / position         the home feed: a copy of the post (up to 1 KB), else id and excerpt.
                                          `mentions#<user>`, as `user_id`: likewise, the posts that mention, answer or
                                          quote the user.
Graph          owner / edge               `owner` is a user id and `edge` is `follows#<author>` (an edge from the
                                          follower's side: a register by position, with the shard, a tombstone when
                                          unfollowed), `blocks#<user>` (whom the owner has blocked: likewise, a
                                          tombstone when unblocked), `mutes#<user>` (whom the owner has muted:
                                          likewise); or
                                          `owner` is `<author>#<shard>` and `edge` is the follower's user id.  These
                                          hold little but their key and the day, so that a planner reads about 85 to
                                          the read unit; both halves of an edge change in one transaction.  In each
                                          shard the edge ` shards`, which sorts before every user id: how many followers
                                          the shard holds, and in shard 0 also how many shards there are (absent: one),
                                          so that a plan needs no read of its own.
                                          `counts`, with the user id as `owner`: how many the user follows.
                                          `requests#<follower>`: who asks to follow the owner; the register says so,
                                          too, as a tombstone that is `requested` and does not expire.
                                          `reader#<what>`, with the user id as `owner`: what a home read needs to know
                                          of its reader, all in one query: `reader#removed` (recent removals, a filter),
                                          `reader#pulled` (the authors that a read pulls: one attribute a mark, and how
                                          many are open, for there is a most), `reader#blocked` and `reader#muted`
                                          (whom the reader is not shown: one attribute each, changed with the register;
                                          many may block one user, so there is a most, and then it is `full`),
                                          `reader#seen` (down to which day all of the reader's halves are fresh),
                                          `reader#rate` (how often they read, roughly).
                                          `<author>#residue`, by reader: who would pull the author and is full; they are
                                          pushed to when others pull.
Engagements    owner / item               `owner` is a user id and `item` is `like#<author>/<position>` or
                                          `repost#<author>/<position>`: what the user did with a post, a register by
                                          position, a tombstone when taken back.  Or `owner` is
                                          `<author>/<position>#<shard>` and `item` is `counts`: how often the post was
                                          liked, reposted and answered, changed in one transaction with the register or
                                          the reply; shard 0 says how many shards there are (absent: one).  Or `owner`
                                          is `<author>/<position>#replies` and `item` is `<position>#<replier>`: the
                                          replies to the post.

Beside their keys the items hold (N: epoch ms unless it says otherwise; `?`: may be absent; `expires_at`: see `TTL`):

Posts          client_id, path, text ?, deleted ?, reply_to ?, root ?, quote ?, repost_of ? (each
               `<author>/<position>`), mentions ? (a set of user ids)
Timelines      author, text, truncated ?, reply_to ?, quote ?, repost_of ?, expires_at
Graph          follows#<author>: position, shard N (a count), deleted ?, requested ? (with `deleted`),
               expires_at ? (with `deleted` alone)
               requests#<follower>: position
               counts: following N (a count)
               blocks#<user>: position, deleted ?, expires_at ? (with `deleted`)
               mutes#<user>: position, deleted ?, expires_at ? (with `deleted`)
               reader#blocked: b#<user> N ? (blocked by the reader), o#<user> N ? (who has blocked the reader),
               named N (a count), full N ?
               reader#muted: m#<user> N ?, named N (a count), full N ?
               reader#removed: r#<author> ? (the position of the unfollow), expires_at
               reader#pulled: p#<author>#<start> N ? (the end of what is pulled from then on; 0: none), open N (a count)
               reader#seen: day N ? (since the epoch), asked N ? (when a return was last asked for)
               reader#rate: reads N (a count), since N
               <author>#<shard>: seen N ? (the day, since the epoch, on which the follower was last known to look)
               ` shards`: shards N ?, followers N ? (counts); in shard 0 also, of the author: path ?, pulled_from N ?,
               leaving N ?, crossed N ?; weighed N ?, weighed_followers N ?, weighed_first N ? (counts), post_rate N ?,
               read_rate N ? (thousandths a day)
               <author>#residue: start N, expires_at ? (when the pull is over), deleted ? (epoch ms: when they were
               found to follow no more)
Engagements    like#, repost#: position, shard N (where it is counted), post ? (the position of the repost), deleted ?,
               expires_at ? (with `deleted`)
               counts: likes N ?, reposts N ?, replies N ?, shards N ? (a count)
               a reply: shard N (where it is counted)

What expires in Timelines does so at its own position plus retention: a replay writes the very same item, and a read
leaves out what has expired by a bound on the key.  Tombstones and removals in Graph, and tombstones in
Engagements, live for retention too.
"""

from __future__ import annotations

from typing import Final

from tidings.storage.tables import Table

POSTS: Final = Table("Posts", "author_id", "position", stream=True)
TIMELINES: Final = Table("Timelines", "user_id", "position", ttl=True)
GRAPH: Final = Table("Graph", "owner", "edge", ttl=True)
ENGAGEMENTS: Final = Table("Engagements", "owner", "item", ttl=True)

FOLLOWS_PREFIX: Final = "follows#"
REQUESTS_PREFIX: Final = "requests#"
FOLLOWS_END: Final = "follows$"
"""Sorts after every edge to an author: `$` comes right after `#`."""
BLOCKS_PREFIX: Final = "blocks#"
MUTES_PREFIX: Final = "mutes#"
READER_PREFIX: Final = "reader#"
EDGE_REMOVED: Final = "reader#removed"
REMOVED_PREFIX: Final = "r#"
EDGE_SEEN: Final = "reader#seen"
EDGE_PULLED: Final = "reader#pulled"
EDGE_RATE: Final = "reader#rate"
RESIDUE: Final = "residue"
MARK_PREFIX: Final = "p#"
EDGE_BLOCKED: Final = "reader#blocked"
BLOCKED_PREFIX: Final = "b#"
BLOCKED_BY_PREFIX: Final = "o#"
EDGE_MUTED: Final = "reader#muted"
MUTED_PREFIX: Final = "m#"
EDGE_COUNTS: Final = "counts"
"""Edge, in a user's partition, of how many the user follows."""
EDGE_SHARDS: Final = " shards"
"""Edge, in each shard of an author's followers, of what is known of the author."""
COUNTS: Final = "counts"


def follows(author_id: str) -> str:
    """Sort key, in the follower's partition of `Graph`, of the edge to `author_id`."""
    return FOLLOWS_PREFIX + author_id


def requests(follower_id: str) -> str:
    """Sort key, in an author's partition of `Graph`, of the request of `follower_id`."""
    return REQUESTS_PREFIX + follower_id


def blocks(user_id: str) -> str:
    """Sort key, in the partition of whoever has blocked `user_id`, of that block in `Graph`."""
    return BLOCKS_PREFIX + user_id


def mutes(user_id: str) -> str:
    """Sort key, in the partition of whoever has muted `user_id`, of that mute in `Graph`."""
    return MUTES_PREFIX + user_id


def blocked(user_id: str) -> str:
    """Attribute name, in a user's `reader#blocked` item, of somebody whom they have blocked."""
    return BLOCKED_PREFIX + user_id


def blocked_by(user_id: str) -> str:
    """Attribute name, in a user's `reader#blocked` item, of somebody who has blocked them."""
    return BLOCKED_BY_PREFIX + user_id


def muted(user_id: str) -> str:
    """Attribute name, in a user's `reader#muted` item, of somebody whom they have muted."""
    return MUTED_PREFIX + user_id


def followers(author_id: str, shard: int) -> str:
    """Partition key of one shard of `author_id`'s followers in `Graph`."""
    return f"{author_id}#{shard}"


def removal(author_id: str) -> str:
    """Attribute name, in a user's `reader#removed` item, of the removal of `author_id`; its value is the position."""
    return REMOVED_PREFIX + author_id


def residue(author_id: str) -> str:
    """Partition key, in `Graph`, of those who pull too many to pull `author_id`, too."""
    return f"{author_id}#{RESIDUE}"


def mark(author_id: str, start: int) -> str:
    """Attribute name, in a user's `reader#pulled` item, of the pull of `author_id` that began at `start` (epoch ms)."""
    return f"{MARK_PREFIX}{author_id}#{start}"


def engagement(kind: str, post: str) -> str:
    """Sort key, in a user's partition of `Engagements`, of what they did with `post` (`<author>/<position>`)."""
    return f"{kind}#{post}"


def counters(post: str, shard: int) -> str:
    """Partition key, in `Engagements`, of one shard of a post's counts."""
    return f"{post}#{shard}"


def replies(post: str) -> str:
    """Partition key, in `Engagements`, of the replies to a post."""
    return f"{post}#replies"


def reply(position: str, author_id: str) -> str:
    """Sort key, in there, of a reply."""
    return f"{position}#{author_id}"
