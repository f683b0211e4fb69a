"""How often a user may do what changes something in timelines: which actions share a token bucket.

Each kind has a bucket of its own.  Whoever has used up their likes can still post, and take a like back.
"""

from __future__ import annotations

from typing import Final

from tidings.bootstrap import clients
from tidings.bootstrap.world import settings
from tidings.domain.rate import Rate
from tidings.ports.world import Clock
from tidings.protocol import actions
from tidings.router import Router
from tidings.services.limits import Limits
from tidings.storage import keys
from tidings.storage.buckets import BucketStore

POSTING: Final = (actions.POST, actions.REPOST)
"""What is fanned out."""

ENGAGING: Final = (actions.LIKE, actions.FOLLOW)

CHANGING: Final = (
    actions.POST_DELETE,
    actions.UNLIKE,
    actions.UNREPOST,
    actions.UNFOLLOW,
    actions.BLOCK,
    actions.UNBLOCK,
    actions.MUTE,
    actions.UNMUTE,
    actions.PROFILE,
    actions.FOLLOW_ACCEPT,
    actions.FOLLOW_DECLINE,
)
"""What takes something back, or sets it: no likes and posts keep anybody from these."""


def register_limits(router: Router, clock: Clock) -> None:
    """Count what the timeline function is asked to change."""
    given = settings()
    posts, engagements = Rate(given.post_rate, given.post_burst), Rate(given.engage_rate, given.engage_burst)
    kinds = (
        (POSTING, "post", posts, "posting"),
        (ENGAGING, "engage", engagements, "liking and following"),
        (CHANGING, "change", engagements, "changing things"),
    )
    for counted, kind, rate, doing in kinds:
        buckets = BucketStore(clients.dynamodb(), given.table(keys.OUTBOX.variable), f"{keys.RATE}#{kind}")
        router.count(counted, Limits(buckets, clock, rate, doing).spend)
