"""What this device wants to hear of live: conversations, people, the home timeline, and who is told that we are typing.

The server forgets watches with the connection, so each connection begins by asking again.  Somebody's being online is
believed for a time only (their line may be lost without a word), and a timeline is watched for a quarter of an hour:
then it is asked again.
"""

from __future__ import annotations

from typing import Any

from client.events import Presence
from client.lanes import Request
from client.order import Recent

ASK_AGAIN_S = 30.0
"""Seconds between two questions, at least."""
TIMELINE_S = 600.0
"""Seconds after which the home timeline is watched anew."""
TYPING_S = 4.0
"""Seconds before "typing" is said again.  Whoever hears it believes it for ten."""


class Watching:
    """The watches that stand, and what was last said about typing."""

    def __init__(self) -> None:
        self._users: tuple[str, ...] = ()
        self._conversations: dict[str, None] = {}
        self._believed: dict[str, float] = {}
        self._asked_at = 0.0
        self._timeline = False
        self._timeline_at: float | None = None
        self._timeline_anew = False
        self._typing: Recent[str, tuple[bool, float]] = Recent()

    def asked(self, request: Request) -> None:
        """A caller wants to watch, or to watch no more."""
        if request.action == "presence.watch":
            self._users = tuple(request.fields["users"])
        elif request.action == "timeline.watch":
            self._timeline = request.fields.get("on", True)
        elif request.action == "watch" and request.fields.get("on", True):
            self._conversations[request.fields["conversation"]] = None
        elif request.action == "watch":
            self._conversations.pop(request.fields["conversation"], None)

    def refused(self, request: Request) -> None:
        """The server does not allow it: do not ask again."""
        if request.action == "presence.watch":
            self._users = ()
        elif request.action == "timeline.watch":
            self._timeline = False
        else:
            self._conversations.pop(request.fields["conversation"], None)

    def requests(self, waiting: list[Request]) -> list[Request]:
        """What a new connection has to ask, beside what `waiting` asks: that is as new, or newer."""
        covered = {_subject(each) for each in waiting}
        asked = [Request("watch", {"conversation": each}, "watch") for each in self._conversations]
        if self._users:
            asked.append(self._question())
        if self._timeline:
            asked.append(_timeline())
        asked = [each for each in asked if _subject(each) not in covered]
        self._timeline_anew = any(each.action == "timeline.watch" for each in asked)
        return asked

    def heard(self, presence: Presence, now: float) -> None:
        """Somebody is online, for so long, or is not."""
        if presence.online and presence.until is not None:
            self._believed[presence.user] = now + max(0, presence.until - presence.at) / 1_000
        else:
            self._believed.pop(presence.user, None)

    def watched(self, now: float) -> bool:
        """The server has said whether the home timeline is watched: if so, it has to be asked again some time.

        Whether it was not for a while, the line being lost.
        """
        self._timeline_at = now + TIMELINE_S if self._timeline else None
        anew, self._timeline_anew = self._timeline_anew, False
        return anew and self._timeline

    @property
    def ask_at(self) -> float | None:
        """When it is time to ask again, None for never."""
        return min((at for at in (self._people_at(), self._timeline_at) if at is not None), default=None)

    def _people_at(self) -> float | None:
        believed = min((at for user, at in self._believed.items() if user in self._users), default=None)
        return None if believed is None else max(believed, self._asked_at + ASK_AGAIN_S)

    def ask_again(self, now: float) -> list[Request]:
        """The questions for which it is time."""
        asked = []
        people = self._people_at()
        if people is not None and people <= now:
            self._asked_at = now
            asked.append(self._question())
        if self._timeline_at is not None and self._timeline_at <= now:
            self._timeline_at = None
            asked.append(_timeline())
        return asked

    def _question(self) -> Request:
        return Request("presence.watch", {"users": list(self._users)}, "watch")

    def typing(self, conversation: str, typing: bool, now: float) -> dict[str, Any] | None:
        """The fields to tell the others with; None if they were told a moment ago."""
        said, at = self._typing.get(conversation) or (False, 0.0)
        if said == typing and (not typing or now - at < TYPING_S):
            return None
        self._typing[conversation] = (typing, now)
        return {"conversation": conversation, "typing": typing}

    def spoke(self) -> None:
        """A message ends its author's typing wherever it is read."""
        self._typing.clear()


def _timeline() -> Request:
    return Request("timeline.watch", {}, "watch")


def _subject(request: Request) -> tuple[str, str]:
    return (request.action, request.fields.get("conversation", ""))
