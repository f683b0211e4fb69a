"""What asks for a tally, and the task that runs until nothing is left to walk through."""

from __future__ import annotations

import pytest

from tests.unit.messaging.party import GROUP, READ, Party
from tests.unit.messaging.rig import Rig
from tidings.domain.events import Change, GroupChange, LogEntry, LogEvent, Message, Path, Unsend
from tidings.domain.position import make
from tidings.domain.tally import DELAY_MS
from tidings.ports.streams import Logged, TallyDue
from tidings.services.announce import PAGE, PAGES
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Wanted
from tidings.services.fanout.tally import TALLY, tally_rule, tally_tasks

AT = str(make(1_000_000, "aaaaaaaa", "aaaaaaaa"))


def logged(event: LogEvent, path: Path = Path.CHUNK, fresh: bool = True) -> Logged:
    entry = LogEntry(event.position, event.sender, event.client_id, path, event)
    return Logged(event.conversation_id, entry, fresh)


def change(what: Change, chat: str = GROUP) -> GroupChange:
    return GroupChange(chat, AT, "ann", "c", what, ("bob",))


def unsend(chat: str = GROUP) -> Unsend:
    return Unsend(chat, AT, "ann", "c", AT)


def test_a_confirmation_asks_through_the_item() -> None:
    assert list(tally_rule(TallyDue(GROUP, 5_000))) == [Wanted(TaskJob(TALLY, GROUP, due=5_000))]


@pytest.mark.parametrize("event", [change(Change.LEFT), change(Change.REMOVED), unsend()])
@pytest.mark.parametrize("path", [Path.INLINE, Path.CHUNK])
def test_who_goes_and_what_is_taken_back_is_no_longer_in_the_way(event: LogEvent, path: Path) -> None:
    due = 1_000_000 + DELAY_MS
    assert list(tally_rule(logged(event, path))) == [Wanted(TaskJob(TALLY, GROUP, due=due))]


@pytest.mark.parametrize(
    "shown",
    [
        logged(change(Change.ADDED)),
        logged(change(Change.UPDATED)),
        logged(change(Change.LEFT), Path.PULL),
        logged(unsend(), Path.PULL),
        logged(unsend(), fresh=False),
        logged(unsend("dm#ann#bob"), Path.INLINE),
        logged(Message(GROUP, AT, "ann", "c", "hi")),
        Logged(GROUP, LogEntry(AT, "ann", "c", Path.CHUNK, None), True),
    ],
)
def test_what_asks_for_nothing(shown: Logged) -> None:
    assert list(tally_rule(shown)) == []


def test_the_task_goes_on_until_the_log_is_walked() -> None:
    party = Party(Rig(), "ann", "bob")
    sent = [party.say("ann") for _ in range(PAGE * PAGES + 1)]
    party.ack("bob", sent[-1])
    task, job = tally_tasks(party.job())[TALLY], TaskJob(TALLY, GROUP, due=7, tries=2)
    assert task.run(job) == TaskJob(TALLY, GROUP)
    assert task.run(TaskJob(TALLY, GROUP)) is None
    assert (READ, sent[-1].position) in party.news("ann")
