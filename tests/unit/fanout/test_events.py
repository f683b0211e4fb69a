"""Events of a group by chunks: who gets them, under which arrival, and what a tombstone does."""

from collections.abc import Callable

import pytest

from tests.unit.fanout.rig import GROUP, Died, Rig
from tidings.domain.errors import Unavailable
from tidings.domain.events import Change as Kind
from tidings.domain.events import GroupChange, Message, Path
from tidings.domain.position import ms_of

NAMES = [f"m-{each:03d}" for each in range(60)]
T = 30_000


@pytest.fixture
def group(rig: Rig) -> Rig:
    rig.join("ann", *NAMES)
    return rig


def at_write(rig: Rig, number: int, act: Callable[[], None]) -> None:
    """Run `act` before the `number`-th write takes effect."""
    seen = 0

    def commit() -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            act()

    rig.commit = commit


def die() -> None:
    raise Died


def test_every_member_gets_it_under_its_position_the_sender_too(group: Rig) -> None:
    at = group.send("ann")
    group.clock.advance(1_234)
    group.settle()
    assert all(group.arrivals(name) == [at] for name in ("ann", *NAMES))
    assert {owner for owner, _ in group.mailboxes.pushes} == set(NAMES)
    assert group.world.meter.counts["FanoutWritten"] == 61
    assert group.world.meter.counts["FanoutLagMs"] >= 1_234


def test_only_stays_that_cover_it_receive(group: Rig) -> None:
    group.leave("m-000")
    group.clock.advance(8_001)
    before = group.send("ann")
    group.leave("m-001")
    group.join("new")
    group.settle()
    assert group.box("m-000") == []
    assert group.box("m-001") == [before], "it was positioned before the leave took effect"
    assert group.box("new") == []


def test_a_chunk_that_is_done_after_a_leave_still_delivers_what_is_theirs(group: Rig) -> None:
    at = group.send("ann")
    group.plan()
    group.leave("m-000")
    group.clock.advance(2 * 3_600_000)
    group.settle()
    assert group.box("m-000") == [at]


@pytest.mark.parametrize("path", [Path.INLINE, Path.PULL])
def test_other_paths_are_other_peoples_work(group: Rig, path: Path) -> None:
    group.send("ann", path=path)
    group.settle()
    assert group.mailboxes.boxes == {}


def test_every_kind_of_event_is_delivered(group: Rig) -> None:
    at = group.place("ann")
    group.log.append(GroupChange(GROUP, at, "ann", "c", Kind.UPDATED), Path.CHUNK, group.world.fence())
    group.settle()
    assert group.box("m-005") == [at]


def test_it_goes_live_to_all_but_the_sending_device(group: Rig) -> None:
    phone, laptop, other = group.online("ann"), group.online("ann", "laptop"), group.online("m-001")
    at = group.send("ann")
    group.settle()
    sockets = group.world.sockets
    assert sockets.seen(phone.connection_id) == []
    assert [event.position for event in sockets.seen(laptop.connection_id)] == [at]
    assert [event.position for event in sockets.seen(other.connection_id)] == [at]
    assert len(sockets.posted) == 2


def test_a_sender_with_one_device_only_is_not_looked_up(group: Rig) -> None:
    other = group.online("m-001")
    group.online("ann")
    asked: list[str] = []
    lookup = group.world.registry.lookup

    def noted(users, now):  # type: ignore[no-untyped-def]
        asked.extend(users)
        return lookup(users, now)

    group.world.registry.lookup = noted  # type: ignore[method-assign]
    at = group.place("ann")
    event = Message(GROUP, at, "ann", "c", "hi")
    group.log.append(event, Path.CHUNK, group.world.fence(), alone=True)
    group.settle()
    assert sorted(asked) == NAMES
    assert [event.position for event in group.world.sockets.seen(other.connection_id)] == [at]
    assert group.box("ann") == [at]


def test_a_chunk_that_comes_twice_writes_the_same_items(group: Rig) -> None:
    group.send("ann")
    group.plan()
    jobs = group.lanes.due()
    for job in [*jobs, *jobs]:
        group.do(job)
    assert all(len(group.box(name)) == 1 for name in NAMES)


def test_between_fence_and_settling_time_a_chunk_is_put_off(group: Rig) -> None:
    at = group.send("ann")
    group.plan()
    group.clock.ms = ms_of(at) + 15_001
    group.work()
    assert group.mailboxes.boxes == {}
    assert {job.due for job in group.lanes.queued} == {ms_of(at) + T + 1}
    group.settle()
    late = group.arrivals("m-000")
    assert all(group.arrivals(name) == late for name in NAMES)
    assert ms_of(late[0]) > ms_of(at) + T
    assert group.log.entries[GROUP, at].claims == (ms_of(late[0]),)


def test_past_settling_only_who_lacks_it_gets_it_under_a_claim(group: Rig) -> None:
    at = group.send("ann")
    group.plan()
    at_write(group, 2, die)
    group.work()
    had = [name for name in NAMES if group.box(name)]
    assert 25 <= len(had) < 60
    group.commit = None
    group.settle()
    assert all(group.box(name) == [at] for name in ("ann", *NAMES))
    assert all(group.arrivals(name) == [at] for name in had)
    [claim] = group.log.entries[GROUP, at].claims
    assert {ms_of(group.arrivals(name)[0]) for name in NAMES if name not in had} == {claim}
    assert claim > ms_of(at) + T


def test_late_chunks_share_a_claim_that_is_not_settled(group: Rig) -> None:
    at = group.send("ann")
    group.clock.advance(T + 1)
    for shard in (0, 1):
        group.do(_chunk(at, [name for name in NAMES if name.endswith(str(shard))], shard, group.clock.now()))
        group.clock.advance(5_000)
    assert len(group.log.entries[GROUP, at].claims) == 1
    assert len({group.arrivals(name)[0] for name in NAMES if name[-1] in "01"}) == 1


def test_a_claim_between_its_fence_and_its_settling_puts_a_chunk_off(group: Rig) -> None:
    at = group.send("ann")
    group.clock.advance(T + 1)
    group.do(_chunk(at, ["m-000"], 0, group.clock.now()))
    claimed = group.clock.now()
    group.clock.advance(15_001)
    group.do(_chunk(at, ["m-001"], 0, claimed))
    assert group.box("m-001") == []
    assert [each.due for each in group.lanes.queued] == [claimed + T + 1]
    group.settle()
    assert group.box("m-001") == [at]
    assert len(group.log.entries[GROUP, at].claims) == 2


def test_a_tombstone_beats_a_chunk_early_and_late(group: Rig) -> None:
    early, late = group.send("ann"), group.send("ann")
    group.bury(early)
    group.plan()
    group.work()
    jobs = [_chunk(late, ["m-000"], 0, group.clock.now())]
    group.clock.advance(T + 1)
    group.bury(late)
    for job in jobs:
        group.do(job)
    group.settle()
    assert early not in group.box("m-000")
    assert group.log.entries[GROUP, late].claims == ()


def test_a_worker_that_read_it_alive_writes_nothing_by_that_after_its_fence(group: Rig) -> None:
    """Past T the claim is fresh, but what was read is not."""
    at = group.send("ann")
    group.clock.advance(T + 1)
    read = group.clock.now()

    def wait(name: str) -> None:
        if name == "claim_late":
            group.hook = None
            group.clock.ms = read + 15_001
            group.bury(at)

    group.hook = wait
    group.do(_chunk(at, ["m-000"], 0, read))
    assert group.box("m-000") == []


def test_a_claim_is_not_planned_as_news(group: Rig) -> None:
    at = group.send("ann")
    group.plan()
    group.clock.advance(T + 1)
    group.work()
    assert group.log.entries[GROUP, at].claims
    assert [record.fresh for record in group.log.stream] == [False]
    group.plan()
    assert not group.lanes.queued


def test_busy_mailboxes_put_the_rest_back(group: Rig) -> None:
    def busy() -> None:
        raise Unavailable("busy")

    at = group.send("ann")
    at_write(group, 1, busy)
    group.plan()
    group.work()
    assert [each.due for each in group.lanes.queued] == [group.clock.now() + 1_000]
    group.settle()
    assert all(group.box(name) == [at] for name in NAMES)


def test_a_death_at_any_call_loses_nobody_and_repeats_nothing() -> None:
    number = 1
    while _died_at(number):
        number += 1
    assert number > 10


def _died_at(number: int) -> bool:
    """One message whose worker dies at a call.  Everybody has it once afterwards; whether there was such a call."""
    group = Rig()
    group.join("ann", *NAMES)
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    at = group.send("ann")
    group.hook = hook
    group.plan()
    group.work()
    group.hook = None
    group.settle()
    assert all(group.box(name) == [at] for name in ("ann", *NAMES))
    return seen >= number


def _chunk(at: str, recipients: list[str], shard: int, planned_at: int) -> dict[str, object]:
    return {
        "v": 1,
        "kind": "event",
        "owner": GROUP,
        "position": at,
        "shard": shard,
        "planned_at": planned_at,
        "recipients": recipients,
    }
