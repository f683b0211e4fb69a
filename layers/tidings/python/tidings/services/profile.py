"""`profile`: what a user says of themselves.

Each part is a register by the position of the frame, so the request needs no outbox: the same frame twice sets the
same values, and of two devices' requests the later one stands, however late the earlier one runs.
"""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.domain.profile import Profile, ProfileChange, check_handle
from tidings.ports.profiles import Profiles
from tidings.services.claim import Claims


class ProfileSettings:
    """Changes and shows the caller's own profile."""

    def __init__(self, claims: Claims, profiles: Profiles) -> None:
        self._claims = claims
        self._profiles = profiles

    def change(self, caller: Caller, change: ProfileChange) -> Profile:
        """Set what `change` gives, which may be nothing.  The profile as it stands.

        Raises `InvalidRequest` for what is no handle and `HandleTaken` (nothing is written by these), `RetryLater`,
        `Unavailable`.
        """
        if change == ProfileChange():
            return self._profiles.get(caller.user_id)
        if change.handle:
            check_handle(change.handle)
        position = self._claims.proposed(caller)
        _, stands = self._profiles.set(caller.user_id, change, position, self._claims.fence(position))
        return stands
