"""`hide`: a message is deleted for the caller only, on all their devices: any that `history` shows them, also in a
group that they have left.

Outbox, then the caller's own side of the conversation, then the caller's own mailbox.  The item in `Memberships` is the
fact; that it is told twice is harmless, so a resend past `T` simply tells it again.

It is told in the mailbox also where no other device reads that: the message's copy stays there, and a device that comes
later, or the same one without its cursor, syncs from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain import position
from tidings.domain.errors import NotFound
from tidings.domain.events import Hidden
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.groups import Memberships
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.facts import Sent
from tidings.services.people import Circle
from tidings.services.targets import Targets
from tidings.services.views import View, Views


@dataclass(frozen=True, slots=True)
class HideMessage:
    """Delete the message at `target` for the caller."""

    client_id: str
    conversation_id: str
    target: str


class Hider:
    """Hides messages."""

    def __init__(self, claims: Claims, views: Views, targets: Targets, memberships: Memberships) -> None:
        self._claims = claims
        self._views = views
        self._targets = targets
        self._memberships = memberships

    def prepare(self, caller: Caller, command: HideMessage, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Hide it, or find it hidden.  Raises `NotFound`, `Forbidden`, `Conflict`, `RetryLater`, `Unavailable`."""
        view = self._views.of(caller, command.conversation_id)
        chat, target = command.conversation_id, str(position.parse(command.target))

        def look(_at: str) -> bool | None:
            return self._hidden(caller.user_id, chat, target) or None

        mark = fingerprint("hide", {"conversation": chat, "target": target})
        claim = self._claims.take(caller, command.client_id, mark, look, after=after)
        sent = Sent(command.client_id, chat, claim.position)
        arrival, fence = claim.position, claim.fence
        if claim.fact is None:
            self._check(caller, chat, view, target)
            self._memberships.hide(caller.user_id, chat, target, fence)
        else:
            stamp = self._claims.stamp(caller)
            device = caller.identity.device_id
            arrival = str(position.stamped(stamp, caller.user_id, device, caller.frame_id, caller.index))
            fence = self._claims.fence(stamp)
        event = Hidden(chat, claim.position, target, arrival)
        return Prepared(sent, (Parcel(caller.user_id, event, fence, live=circle.other_devices),))

    def _check(self, caller: Caller, conversation_id: str, view: View, target: str) -> None:
        """Whether there is something to hide: what was hidden before it was unsent stays so for a resend."""
        try:
            self._targets.shown(caller, conversation_id, view.shows, target)
        except NotFound:
            if not self._hidden(caller.user_id, conversation_id, target):
                raise

    def _hidden(self, user_id: str, conversation_id: str, target: str) -> bool:
        return target in self._memberships.hidden(user_id, conversation_id, target[:-1], target + "~")
