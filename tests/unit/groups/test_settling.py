"""What follows from a change of a group: asked for by the stream of its log, done twice or late or in any order."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.groups.rig import Rig
from tidings.domain.events import Change, Message, Path
from tidings.domain.groups import Role
from tidings.domain.pulled import BEGINNING, OPEN
from tidings.ports.streams import Logged, TallyDue
from tidings.services.claim import Stamps
from tidings.services.fanout.jobs import PoisonJob, TaskJob
from tidings.services.fanout.settling import SETTLE, SLICE, Settling, settle_rule

PEOPLE = ("ann", "bob", "cid", *(f"user-{n:02d}" for n in range(60)))


@pytest.fixture
def rig() -> Rig:
    return Rig(*PEOPLE, most=100)


def settling(rig: Rig) -> Settling:
    return Settling(rig.world.log, rig.settle, Stamps(rig.clock, rig.world.times), rig.clock)


def asked(rig: Rig, chat: str) -> list[TaskJob]:
    """The jobs that the stream asks for, in order of the log."""
    shown = [
        Logged(chat, entry, fresh=True) for (where, _), entry in sorted(rig.world.log.entries.items()) if where == chat
    ]
    jobs = [wanted.job for each in shown for wanted in settle_rule(each)]
    assert all(isinstance(job, TaskJob) for job in jobs)
    return [job for job in jobs if isinstance(job, TaskJob)]


def do(rig: Rig, job: TaskJob) -> int:
    """Do a job to its end; in how many runs."""
    runs, rest = 0, job
    while rest is not None:
        runs, following = runs + 1, settling(rig).run(rest)
        if following is None:
            return runs
        rest = following
    return runs


def listed(rig: Rig, chat: str) -> set[str]:
    """Whose list of conversations has it."""
    rows = {user_id: rig.world.memberships.get(user_id, chat) for user_id in PEOPLE}
    return {user_id for user_id, row in rows.items() if row is not None and row.since and not row.left}


def test_joins_and_leaves_ask_for_it_and_nothing_else_does(rig: Rig) -> None:
    chat = rig.create("ann", "bob")
    rig.role("ann", chat, "bob", Role.ADMIN)
    rig.actions.update(rig.caller("ann"), rig.id(), chat, (("title", "New"),))
    rig.add("ann", chat, "cid")
    rig.remove("ann", chat, "bob")
    rig.leave("cid", chat)
    told = {event.position: event.change for event in rig.told(chat)}
    changes = [told[job.position] for job in asked(rig, chat)]
    assert changes == [Change.CREATED, Change.ADDED, Change.REMOVED, Change.LEFT]
    (entry, *_) = [entry for (where, _), entry in sorted(rig.world.log.entries.items()) if where == chat]
    assert list(settle_rule(Logged(chat, entry, fresh=False))) == []
    assert list(settle_rule(TallyDue(chat, 1))) == []


def test_everybody_has_it_in_their_list_and_knows_their_stay(rig: Rig) -> None:
    chat = rig.create("ann", *PEOPLE[1:])
    assert listed(rig, chat) == {"ann"}
    assert rig.noted(chat, "bob") == {rig.group(chat).created: BEGINNING}
    (job,) = asked(rig, chat)
    assert do(rig, job) == -(-len(PEOPLE) // SLICE)
    assert listed(rig, chat) == set(PEOPLE)
    assert all(rig.noted(chat, user_id) == {rig.group(chat).created: OPEN} for user_id in PEOPLE)


def test_any_order_comes_to_the_same(rig: Rig) -> None:
    chat = rig.create("ann", "bob")
    rig.leave("bob", chat)
    rig.clock.advance(10_000)
    rig.add("ann", chat, "bob")
    rig.remove("ann", chat, "bob")
    rig.clock.advance(10_000)
    rig.add("ann", chat, "bob", "cid")
    jobs = asked(rig, chat)
    stays = {stay.joined: stay.left or OPEN for stay in rig.member(chat, "bob").stays}
    for order in permutations(jobs):
        for job in (*order, order[0]):
            do(rig, job)
        assert listed(rig, chat) == {"ann", "bob", "cid"}
        assert rig.noted(chat, "bob") == stays


def test_a_job_about_nothing_is_poison(rig: Rig) -> None:
    chat = rig.create("ann")
    at = rig.group(chat).created
    with pytest.raises(PoisonJob):
        settling(rig).run(TaskJob(SETTLE, chat, at.replace("1", "2", 1)))
    rig.world.log.append(Message(chat, "1", "ann", "c", "text"), Path.CHUNK, rig.world.fence())
    with pytest.raises(PoisonJob):
        settling(rig).run(TaskJob(SETTLE, chat, "1"))
