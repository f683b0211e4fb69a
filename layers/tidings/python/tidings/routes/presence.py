"""`presence.watch` on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.people import PresenceReply, PresenceView, PresenceWatchRequest
from tidings.router import Router
from tidings.services.presence import Presences


def register(router: Router, presences: Presences) -> None:
    """Enter the route."""

    def watch(caller: Caller, request: PresenceWatchRequest) -> PresenceReply:
        seen = presences.watch(caller, request.users)
        users = [
            PresenceView(user=user, online=state.online, until=state.until, last_seen=state.last_seen)
            for user, state in seen.states.items()
        ]
        return PresenceReply(id=request.id, users=users, at=seen.at)

    router.route(PresenceWatchRequest, watch)
