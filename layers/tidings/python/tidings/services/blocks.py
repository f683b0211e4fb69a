"""Who has blocked whom, for whoever shows people to each other in messaging: presence, groups, typing.

The answer is in the rows of the 1:1 conversation, on the side of whoever blocks: two users, two rows, half a read unit
each (eventually consistent).  The timeline function asks its own table (`tidings.ports.blocks`).
"""

from __future__ import annotations

from collections.abc import Iterable

from tidings.domain.conversation import direct_id
from tidings.ports.groups import Memberships


class Blocks:
    """Answers from `Memberships`."""

    def __init__(self, memberships: Memberships) -> None:
        self._memberships = memberships

    def against(self, user: str, others: Iterable[str]) -> frozenset[str]:
        """Those of `others` who have blocked `user`."""
        return frozenset(other for other, _ in self._blocking((other, user) for other in others))

    def either(self, user: str, others: Iterable[str]) -> frozenset[str]:
        """Those of `others` who have blocked `user`, or whom `user` has blocked."""
        pairs = self._blocking(pair for other in others for pair in ((other, user), (user, other)))
        return frozenset(whom if who == user else who for who, whom in pairs)

    def _blocking(self, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those pairs of which the first has blocked the second; nobody blocks themselves."""
        keys = {(who, direct_id(who, whom)): (who, whom) for who, whom in pairs if who != whom}
        return {keys[key] for key, row in self._memberships.many(keys).items() if row.blocked}
