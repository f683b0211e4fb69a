"""The planner: lanes, chunks, continuation, replay."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import Died, Rig
from tidings.domain.events import Path
from tidings.domain.fanout import MAX_CHUNK
from tidings.domain.position import floor
from tidings.domain.posts import Post
from tidings.services.fanout.jobs import PoisonJob


def fans(rig: Rig, number: int, shards: int = 1, author: str = "ann") -> list[str]:
    """Give `author` followers, as the graph holds them."""
    names = [f"fan-{each:06d}" for each in range(number)]
    rig.graph.shard_counts[author] = shards
    for index, name in enumerate(names):
        rig.graph.halves.setdefault((author, index % shards), set()).add(name)
    return names


def queued(rig: Rig, kind: str) -> list[dict[str, Any]]:
    """Jobs of a kind on the lanes."""
    return [each.job for each in rig.lanes.queued if each.job["kind"] == kind]


def recipients(rig: Rig, kind: str = "post") -> list[str]:
    """All recipients of chunks of a kind."""
    return [member for job in queued(rig, kind) for member in job["recipients"]]


@pytest.mark.parametrize("number", [0, 1, 24, 999, 1_000, 1_001, 5_000])
@pytest.mark.parametrize("shards", [1, 3])
def test_everybody_once_and_the_author_first(rig: Rig, number: int, shards: int) -> None:
    names = fans(rig, number, shards)
    rig.post("ann")
    rig.plan()
    found = recipients(rig)
    assert found[0] == "ann"
    assert sorted(found) == sorted(["ann", *names])
    lane = "large" if number + 1 > 1_000 else "small"
    assert {each.lane for each in rig.lanes.queued if each.job["kind"] != "task"} == {lane}
    assert {job.get("large", False) for job in queued(rig, "post")} == {lane == "large"}


def test_jobs_carry_ids_and_no_contents(rig: Rig) -> None:
    fans(rig, 10)
    rig.post("ann", "a secret")
    rig.plan()
    assert "secret" not in repr(rig.lanes.queued)


def test_a_pulled_post_is_planned_for_its_author_and_who_pulls_too_many(rig: Rig) -> None:
    fans(rig, 10)
    for reader in ("eve", "cid", "dan"):
        rig.residue.enter("ann", reader, 1, rig.world.fence())
    rig.residue.drop("ann", "dan", rig.world.fence())
    at = floor(rig.clock.now())
    rig.plan_record(Post("ann", at, "c", Path.PULL, "hello"))
    assert recipients(rig, "pulled") == ["ann", "cid", "eve"]
    assert {each.lane for each in rig.lanes.queued} == {"small", "live"}
    rig.lanes.queued.clear()
    rig.plan_record(Post("ann", at, "c", Path.PULL, None))
    assert recipients(rig, "unpulled") == ["ann", "cid", "dan", "eve"], "a copy may still lie with dan"


def test_what_nobody_can_plan_fails() -> None:
    rig = Rig()
    turn = rig.planner.begin()
    with pytest.raises(PoisonJob):
        rig.worker.begin().run('{"v":1,"kind":"plan","of":"message","owner":"a","position":"p"}')
    with pytest.raises(KeyError):
        turn.run({})


def test_a_tombstone_is_swept_at_once_and_again_after_settling(rig: Rig) -> None:
    fans(rig, 3)
    rig.delete("ann", rig.post("ann"))
    rig.posts.stream.pop(0)
    rig.plan()
    assert recipients(rig, "unpost") == ["ann", "fan-000000", "fan-000001", "fan-000002"]
    [again] = [each for each in rig.lanes.queued if each.job["kind"] == "plan"]
    assert again.due == rig.clock.now() + 30_000
    assert again.job["due"] == again.due


def test_a_large_audience_goes_on_as_jobs_from_cut_to_cut(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    names = fans(rig, 9_000, shards=2)
    rig.post("ann")
    whole = Rig()
    fans(whole, 9_000, shards=2)
    whole.plan_record(rig.posts.stream[0])
    monkeypatch.setattr("tidings.services.fanout.plan.Allowance.__init__.__defaults__", (2_000,))
    rig.plan()
    runs = 1
    while plans := [each for each in rig.lanes.queued if each.job["kind"] == "plan"]:
        rig.lanes.queued = [each for each in rig.lanes.queued if each.job["kind"] != "plan"]
        assert [each.lane for each in plans] == ["large"]
        rig.do(plans[0].job)
        runs += 1
    assert runs >= 4
    assert sorted(recipients(rig)) == sorted(["ann", *names])
    cuts = [job["recipients"] for job in queued(rig, "post")]
    assert cuts == [job["recipients"] for job in queued(whole, "post")]


def test_one_invocation_reads_a_bounded_number_of_members(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidings.services.fanout.plan.Allowance.__init__.__defaults__", (1_000,))
    fans(rig, 800)
    places = [floor(number) for number in range(10)]
    posts = [Post("ann", at, "c", Path.PUSH, "hello") for at in places]
    turn = rig.planner.begin()
    for post in posts:
        turn.run({"post": post})
    assert {job["position"] for job in queued(rig, "post")} == set(places[:2])
    assert {job["position"] for job in queued(rig, "plan")} == set(places[2:])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_plan_that_dies_and_is_replayed_after_changes_puts_each_into_the_same_job(data: st.DataObject) -> None:
    rig = Rig()
    names = fans(rig, 3_000)
    rig.post("ann")
    record = rig.posts.stream[0]
    rig.plan()
    before = _places(rig)
    rig.lanes.queued.clear()
    stays = set(names)
    for name in data.draw(st.sets(st.sampled_from(names), max_size=40)):
        rig.graph.halves["ann", 0].discard(name)
        stays.discard(name)
    for number in data.draw(st.sets(st.integers(0, 3_000), max_size=40)):
        rig.graph.halves["ann", 0].add(f"fan-{number:06d}-new")
    rig.hook = _die_at(data.draw(st.integers(1, 6)))
    rig.plan_record(record)
    rig.hook = None
    rig.plan_record(record)
    after = _places(rig)
    assert stays <= after.keys()
    stays.add("ann")
    known = {*names, "ann", "the end"}
    for name in stays:
        cut_gone = before[name] not in stays and before[name] != "the end"
        cut_new = after[name] not in known
        assert after[name] == before[name] or cut_gone or cut_new


def _places(rig: Rig) -> dict[str, str]:
    """The end of the chunk that each recipient is in.  Chunks of the largest size are cut by count: none here."""
    jobs = queued(rig, "post")
    assert all(len(job["recipients"]) < MAX_CHUNK for job in jobs)
    last = jobs[-1]["recipients"][-1]
    return {
        name: "the end" if job["recipients"][-1] == last else job["recipients"][-1]
        for job in jobs
        for name in job["recipients"]
    }


def _die_at(number: int):  # type: ignore[no-untyped-def]
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    return hook
