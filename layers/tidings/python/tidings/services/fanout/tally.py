"""The tally of a group as a task: when one is asked for, and when somebody or something is no longer in its way.

A confirmation asks through the `tally` item.  A member who goes and a message that is taken back ask for nothing by
themselves, but what others wait for may hold now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tidings.domain import conversation
from tidings.domain.events import Change, GroupChange, Path, Unsend
from tidings.domain.position import ms_of
from tidings.domain.tally import DELAY_MS
from tidings.ports.streams import Logged, Shown, TallyDue
from tidings.services.announce import Announcer
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Task, Wanted

TALLY: Final = "tally"
GOES: Final = (Change.LEFT, Change.REMOVED)


def tally_rule(shown: Shown) -> Iterator[Wanted]:
    """What asks for a tally."""
    if isinstance(shown, TallyDue):
        yield Wanted(TaskJob(TALLY, shown.conversation_id, due=shown.due))
    elif isinstance(shown, Logged) and shown.fresh and _clears(shown):
        yield Wanted(TaskJob(TALLY, shown.conversation_id, due=ms_of(shown.entry.position) + DELAY_MS))


def _clears(logged: Logged) -> bool:
    entry = logged.entry
    if entry.path is Path.PULL or not logged.conversation_id.startswith(f"{conversation.GROUP}#"):
        return False
    event = entry.event
    return isinstance(event, Unsend) or (isinstance(event, GroupChange) and event.change in GOES)


class TallyTask:
    """Tallies a group, run after run until there is nothing left to walk through."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    def run(self, job: TaskJob) -> TaskJob | None:
        """One run.  What is left of it."""
        return replace(job, due=0, tries=0) if self._announcer.run(job.owner) else None


def tally_tasks(announcer: Announcer) -> dict[str, Task]:
    """The registry's entry."""
    return {TALLY: TallyTask(announcer)}
