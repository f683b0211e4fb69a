"""`mute` and `unmute`: what somebody posts stays out of one's timelines, without unfollowing, and they are not told.

A register by position, with the name that a home read finds beside it: outbox, register, ack.
"""

from __future__ import annotations

from typing import Literal

from tidings.domain import conversation
from tidings.domain.errors import InvalidRequest
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.blocks import Mute, Mutes
from tidings.services.claim import Claims
from tidings.services.people import People, unknown


class Muting:
    """Changes mutes, and lists them."""

    def __init__(self, claims: Claims, people: People, mutes: Mutes) -> None:
        self._claims = claims
        self._people = people
        self._mutes = mutes

    def mute(self, caller: Caller, client_id: str, user: str) -> str:
        """Show nothing of `user` in home and mentions.  The position of the mute.

        Raises `InvalidRequest` for oneself, `UnknownUser`, `Conflict` (nothing is written by these), `RetryLater`,
        `Unavailable`.
        """
        return self._change(caller, client_id, user, "mute")

    def unmute(self, caller: Caller, client_id: str, user: str) -> str:
        """End a mute: what was hidden is there again.  The position of its tombstone.  Raises the same."""
        return self._change(caller, client_id, user, "unmute")

    def page(self, caller: Caller, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Whom the caller has muted, in order of user ids; where to go on.  Raises `InvalidRequest`."""
        return self._mutes.page(caller.user_id, None if after is None else conversation.check_user_id(after), limit)

    def _change(self, caller: Caller, client_id: str, user: str, action: Literal["mute", "unmute"]) -> str:
        if user == caller.user_id:
            raise InvalidRequest(f"You cannot {action} yourself.")
        if user not in self._people.circle(caller, [user], own=False).known:
            raise unknown()

        def look(at: str) -> Mute | None:
            standing = self._mutes.get(caller.user_id, user)
            return standing if standing is not None and standing.position >= at else None

        claim = self._claims.take(caller, client_id, fingerprint(action, {"user": user}), look)
        if claim.fact is None:
            self._mutes.put(caller.user_id, Mute(user, claim.position, action == "mute"), claim.fence)
        return claim.position
