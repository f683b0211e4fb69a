"""`profile`: what a user says of themselves, and the words by which they are found.

Each part is a register by the position of the frame, so the request needs no outbox: the same frame twice sets the
same values, and of two devices' requests the later one stands, however late the earlier one runs.

Order of writes: the new words enter the index, the profile changes (the fact), the old words leave.  Whoever dies in
between leaves words that are not true, which searches look up and leave out, never a name that cannot be found.  Words
of the handle and of the name are entries of their own, each a register by the position of the change: so changes of
two devices, in whatever order they run, take out nothing that a later one has entered.

A change that is refused has no place in that order, though its words do.  So it takes only out what nobody but itself
has entered: not what was there, nor what an earlier change, which is still to be made, has come upon.
"""

from __future__ import annotations

from tidings.domain.errors import HandleTaken
from tidings.domain.identity import Caller
from tidings.domain.names import entries
from tidings.domain.profile import Profile, ProfileChange, check_handle
from tidings.ports.people_index import PeopleIndex
from tidings.ports.profiles import Profiles
from tidings.services.claim import Claims


class ProfileSettings:
    """Changes and shows the caller's own profile."""

    def __init__(self, claims: Claims, profiles: Profiles, index: PeopleIndex) -> None:
        self._claims = claims
        self._profiles = profiles
        self._index = index

    def change(self, caller: Caller, change: ProfileChange) -> Profile:
        """Set what `change` gives, which may be nothing.  The profile as it stands.

        Raises `InvalidRequest` for what is no handle and `HandleTaken` (the profile stays as it is then), `RetryLater`,
        `Unavailable`.
        """
        user = caller.user_id
        if change == ProfileChange():
            return self._profiles.get(user)
        if change.handle:
            check_handle(change.handle)
        position = self._claims.proposed(caller)
        fence = self._claims.fence(position)
        new = entries(user, Profile(change.handle or None, change.name or None))
        made = self._index.enter(new, position, fence)
        try:
            before, stands = self._profiles.set(user, change, position, fence)
        except HandleTaken:
            self._index.withdraw(made, position, fence)
            raise
        gone = (entries(user, before) | new) - entries(user, stands)
        self._index.leave(gone, position, fence)
        return stands
