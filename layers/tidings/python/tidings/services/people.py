"""Who exists, and whether the caller has other devices: one eventually consistent batch read a frame.

That a user exists never changes back, so it is remembered, up to a bound.  Devices come and go: never remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import TokenExpired, UnknownUser
from tidings.domain.identity import SIGNED_OUT, Caller, signed_out
from tidings.domain.privacy import OPEN, Privacy
from tidings.ports.people import Users

REMEMBERED: Final = 10_000
"""User ids, at most 1.5 MB."""


@dataclass(frozen=True, slots=True)
class Circle:
    """`known` are those of the asked-for users who exist; `other_devices`: the caller registered another device.

    `privacy` are the caller's own settings.  Both are only there if they were asked for.
    """

    known: frozenset[str] = frozenset()
    other_devices: bool = False
    privacy: Privacy = OPEN


def unknown() -> UnknownUser:
    """There is nobody of that id, or nobody for the caller."""
    return UnknownUser("Nobody of that user id has ever connected.")


class People:
    """Reads users, and remembers who exists."""

    def __init__(self, users: Users, remembered: int = REMEMBERED) -> None:
        self._users = users
        self._capacity = remembered
        self._seen: OrderedDict[str, None] = OrderedDict()

    def circle(self, caller: Caller, others: Iterable[str], *, own: bool) -> Circle:
        """Look `others` up, and with `own` the caller.  Reads nothing when nothing is left to ask.

        Raises `TokenExpired` where it sees that the caller's device was signed out: this is an older socket of it then,
        which a later one had replaced, so that nobody found it to end it.
        """
        wanted = frozenset(others)
        asked = {user_id for user_id in wanted if not self._remembers(user_id)}
        if own:
            asked.add(caller.user_id)
        found = self._users.get(sorted(asked)) if asked else {}
        for user_id in found:
            self._remember(user_id)
        me, mine = found.get(caller.user_id) if own else None, caller.identity
        if me and signed_out(me.revoked_at, mine.issued_at, mine.device_id, me.devices):
            raise TokenExpired(SIGNED_OUT)
        devices = me.devices - {caller.identity.device_id} if me else frozenset()
        known = (wanted - asked) | (wanted & found.keys())
        return Circle(known, bool(devices), me.privacy if me else OPEN)

    def _remembers(self, user_id: str) -> bool:
        if user_id not in self._seen:
            return False
        self._seen.move_to_end(user_id)
        return True

    def _remember(self, user_id: str) -> None:
        self._seen[user_id] = None
        self._seen.move_to_end(user_id)
        while len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
