"""What a mailbox notes about conversations whose log a sync reads besides (`tidings.domain.pulled`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tidings.domain.groups import Stay
from tidings.domain.stamp import Fence


class Pulled(Protocol):
    """Each user's notes.  All writes may come twice, late and in any order; what is open never overwrites an end.

    Around a change of a group:   `expect` or `doubt`  ->  the change itself  ->  `settle`, now or by the stream.
    """

    def expect(
        self, user_id: str, conversation_id: str, joined: str, fence: Fence, *, start: int = 0, own: bool = False
    ) -> bool:
        """Somebody is about to join at the position `joined`: *before* it is written.  `start` is the group's
        `pulled_from`: a joiner marks themselves.

        False: there are `ROOM` notes (`OWN_ROOM` with `own`: a group that the user makes), and this is none of them.
        Then nothing is noted.  Joins at the same time may get a few notes past that.
        """
        ...

    def doubt(self, user_id: str, conversation_id: str, joined: str, fence: Fence) -> None:
        """The stay that began at `joined` is about to end: *before* that is written."""
        ...

    def settle(
        self, user_id: str, conversation_id: str, stays: Iterable[Stay], fence: Fence, *, start: int = 0
    ) -> None:
        """What stands, as strongly read from the members.  With `start` (epoch ms) the conversation is pulled from
        then on."""
        ...

    def close(self, user_id: str, conversation_id: str, start: int, until: int, fence: Fence) -> None:
        """What has been pulled from `start` on is pushed again: nothing is pulled from `until` (epoch ms) on."""
        ...
