"""The schema of search, in prose and then as constants; `tidings.storage.keys` has the rest.

Search         term / position            `recent#<day>#<shard>` / `<position>#<author>`: the posts of a day (UTC), in
                                          shards, so that no partition is hot; an index is built from these.
                                          `terms` / `<term>`: a term that is awake, and how far its index has got.
                                          `term#<term>#<shard>` / `<position>#<author>`: the term is in that post.
                                          `people#<beginning>` / `<word>#<user>#<handle or name>`: the user is found
                                          by that word, a register by position.  The beginning is two characters,
                                          or one of a script of thousands, such as Han (`domain.names.lead`).

Beside their keys the items hold (N: epoch ms unless it says otherwise; `?`: may be absent; `expires_at`: see `TTL`):

Search         recent#: text, truncated ?, expires_at;   terms: mark N, until N, moved N, covered (a position, or the
               13 digits of one), live ?, expires_at;   term#: expires_at;   people#: at (a position), shared ?

What belongs to a post expires at the post's position plus the horizon of search, and a read leaves it out by a bound on
the key; a term does so some time after it fell asleep.
"""

from __future__ import annotations

from typing import Final

from tidings.storage.tables import Table

SEARCH: Final = Table("Search", "term", "position", ttl=True)

RECENT_SHARDS: Final = 8
"""Partitions that a day's posts are spread over: together they take 8,000 posts a second."""
POSTING_SHARDS: Final = 4
"""And a term's postings: 4,000 posts a second that hold it."""
PEOPLE_PREFIX: Final = "people#"
SEARCHED_TERMS: Final = "terms"


def recent(day: int, shard: int) -> str:
    """Partition key, in `Search`, of one shard of the posts of a day (days since 1970)."""
    return f"recent#{day}#{shard}"


def postings(term: str, shard: int) -> str:
    """Partition key, in `Search`, of one shard of a term's postings."""
    return f"term#{term}#{shard}"


def people(lead: str) -> str:
    """Partition key, in `Search`, of the people who are found by words of that `lead` (`tidings.domain.names`)."""
    return PEOPLE_PREFIX + lead


def posting(position: str, author: str) -> str:
    """Sort key, in `Search`, of a post."""
    return f"{position}#{author}"
