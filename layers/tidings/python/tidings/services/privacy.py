"""`privacy`: what a user shows of themselves, and what pushes show.

Each setting is a register by the position of the frame, so the request needs no outbox: the same frame twice sets the
same value, and of two devices' requests the later one stands, however late the earlier one runs.
"""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.domain.position import stamped
from tidings.domain.privacy import Privacy, PrivacyChange
from tidings.ports.people import Users


class PrivacySettings:
    """Changes and shows the caller's own settings."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def change(self, caller: Caller, change: PrivacyChange) -> Privacy:
        """Set what `change` gives, which may be nothing.  The settings as they stand."""
        if change == PrivacyChange():
            return self._users.privacy(caller.user_id)
        at = stamped(caller.stamp, caller.user_id, caller.identity.device_id, caller.frame_id, caller.index)
        return self._users.set_privacy(caller.user_id, change, str(at))
