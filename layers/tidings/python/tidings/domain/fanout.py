"""Cutting an audience into chunks.

Chunks are cut by member key, not by count: a member whose hash says so ends its chunk, whoever else came or went.
So when a plan is replayed after the membership has changed, all other recipients are in the same job as before
(but for the rare chunk that reaches `MAX_CHUNK` first).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from zlib import crc32

MEAN_CHUNK: Final = 200
"""Eight batches of 25 writes take well under a second, so that a redelivered chunk repeats little; and one strong
read of the post for 200 recipients keeps a post within its read budget (followers / 60 + 1)."""
MAX_CHUNK: Final = 1_000
"""One chunk in 150 reaches it.  1,000 ids of 128 characters, each escaped in JSON, are 259 KB: under SQS's 262,144."""
SMALL_AUDIENCE: Final = 1_000
"""Audiences up to this size take the small lane, so that a celebrity's chunks never stand in front of them."""


def ends_chunk(member: str, mean: int = MEAN_CHUNK) -> bool:
    """Whether a chunk ends after `member`."""
    return crc32(member.encode()) % mean == 0


def chunks(members: Iterable[str], mean: int = MEAN_CHUNK) -> Iterator[list[str]]:
    """`members`, given in key order, as lists of 1 to `MAX_CHUNK` ids, `mean` on average."""
    chunk: list[str] = []
    for member in members:
        chunk.append(member)
        if ends_chunk(member, mean) or len(chunk) == MAX_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
