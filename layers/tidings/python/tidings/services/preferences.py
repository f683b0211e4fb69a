"""`conversation.set`: mute, pin and archive, for the caller, on all their devices.

Outbox, then the caller's row (each setting a register by position), then the caller's own mailbox where other devices
read it.  That it is told twice is harmless: it is a register there, too, so a resend past `T` simply tells it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidings.domain import conversation, position
from tidings.domain.errors import InvalidRequest, NotFound
from tidings.domain.events import Setting
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.groups import Memberships
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.facts import Sent
from tidings.services.own_rows import OwnRows
from tidings.services.people import Circle


@dataclass(frozen=True, slots=True)
class SetConversation:
    """New values of `muted_until` (epoch ms), `mentions`, `pinned`, `archived`; what is not named stays."""

    client_id: str
    conversation_id: str
    values: Mapping[str, int | bool]


class Preferences:
    """Changes how a conversation stands in the caller's list."""

    def __init__(self, claims: Claims, memberships: Memberships, rows: OwnRows) -> None:
        self._claims = claims
        self._memberships = memberships
        self._rows = rows

    def prepare(self, caller: Caller, command: SetConversation, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Set the values, or find them set.

        Raises `InvalidRequest` where there are none, `NotFound`, `Forbidden`, `Conflict` (nothing is written by
        these), `RetryLater`, `Unavailable`.
        """
        user_id, chat, values = caller.user_id, command.conversation_id, command.values
        if not values:
            raise InvalidRequest("Give at least one of `muted_until`, `mentions`, `pinned` and `archived`.")
        self._check(caller, chat)
        ours = dict(values)

        def look(at: str) -> bool | None:
            """Whether every value was set, by a first try or later; what was set later is no longer ours."""
            row = self._memberships.get(user_id, chat, strong=True)
            set_at = row.set_at if row is not None else {}
            for name in [name for name in ours if set_at.get(name, "") > at]:
                del ours[name]
            return all(set_at.get(name) == at for name in ours) or None

        mark = fingerprint("conversation.set", {"conversation": chat, **values})
        claim = self._claims.take(caller, command.client_id, mark, look, after=after)
        arrival, fence = claim.position, claim.fence
        if claim.fact is None:
            self._memberships.set(user_id, chat, ours, claim.position, fence)
        else:
            stamp = self._claims.stamp(caller)
            device = caller.identity.device_id
            arrival = str(position.stamped(stamp, user_id, device, caller.frame_id, caller.index))
            fence = self._claims.fence(stamp)
        sent = Sent(command.client_id, chat, claim.position)
        if not circle.other_devices or not ours:
            return Prepared(sent)
        details = tuple(sorted((name, _text(value)) for name, value in ours.items()))
        return Prepared(sent, (Parcel(user_id, Setting(chat, claim.position, details, arrival), fence),))

    def _check(self, caller: Caller, chat: str) -> None:
        """Whether the caller has such a conversation: one that has begun on their side, and be it that they left."""
        if not conversation.is_group(chat):
            conversation.other(chat, caller.user_id)
        for strong in (False, True):  # A row that has just begun may not be everywhere yet.
            row = self._memberships.get(caller.user_id, chat, strong=strong)
            if row is not None and row.since:
                return
        fence = self._claims.fence(self._claims.stamp(caller))
        if not conversation.is_group(chat) or not self._rows.begin(caller.user_id, chat, fence):
            raise NotFound("There is no such conversation.")


def _text(value: int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
