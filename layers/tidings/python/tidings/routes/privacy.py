"""Privacy settings on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.domain.privacy import Audience, Previews, PrivacyChange
from tidings.protocol.people import PrivacyReply, PrivacyRequest
from tidings.router import Router
from tidings.services.privacy import PrivacySettings


def register(router: Router, settings: PrivacySettings) -> None:
    """Enter the route."""

    def privacy(caller: Caller, request: PrivacyRequest) -> PrivacyReply:
        change = PrivacyChange(
            None if request.last_seen is None else Audience(request.last_seen),
            request.read_receipts,
            None if request.previews is None else Previews(request.previews),
        )
        stands = settings.change(caller, change)
        return PrivacyReply(
            id=request.id,
            last_seen=stands.last_seen.value,
            read_receipts=stands.read_receipts,
            previews=stands.previews.value,
        )

    router.route(PrivacyRequest, privacy)
