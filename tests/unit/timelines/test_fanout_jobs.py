"""The codec of the lanes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.fanout import MAX_CHUNK
from tidings.gateway.queues import encoded
from tidings.services.fanout.jobs import ChunkJob, EdgeJob, Job, PlanJob, PoisonJob, decode, encode

ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), min_size=1, max_size=128)
times = st.integers(min_value=0, max_value=2**45)


@st.composite
def chunk_jobs(draw: st.DrawFn) -> ChunkJob:
    recipients = draw(st.lists(ids, min_size=1, max_size=20, unique=True))
    cursor = draw(st.none() | st.sampled_from(recipients))
    kind = draw(st.sampled_from(["post", "unpost", "message"]))
    return ChunkJob(
        kind,
        draw(ids),
        draw(ids),
        draw(times),
        draw(times),
        tuple(recipients),
        draw(st.booleans()),
        cursor,
        draw(times),
    )


jobs = (
    chunk_jobs()
    | st.builds(PlanJob, ids, ids, ids, times, st.none() | ids, st.booleans(), times, times, st.just("plan"))
    | st.builds(
        EdgeJob,
        st.sampled_from(["backfill", "purge"]),
        ids,
        ids,
        ids,
        st.booleans(),
        times,
        times,
        st.none() | ids,
        times,
    )
)


@given(jobs)
def test_a_job_survives_the_lane(job: Job) -> None:
    assert decode(json.dumps(encode(job))) == job


def test_the_form_on_the_lane() -> None:
    job = ChunkJob("post", "ann", "p", 0, 7, ("bob", "cid"))
    assert encode(job) == {
        "v": 1,
        "kind": "post",
        "owner": "ann",
        "position": "p",
        "shard": 0,
        "planned_at": 7,
        "recipients": ["bob", "cid"],
    }


@pytest.mark.parametrize("letter", ["a", "\\"])
def test_the_largest_chunk_fits_a_message(letter: str) -> None:
    """User ids may be made of characters that JSON has to escape."""
    members = tuple(letter * 128 for _ in range(MAX_CHUNK + 1))
    job = ChunkJob("unpost", members[0], "p" * 40, 99, 2**45, members, True, members[-1], 99)
    assert decode(encoded(encode(job))).cursor == members[-1]


GOOD = {"v": 1, "kind": "post", "owner": "ann", "position": "p", "shard": 0, "planned_at": 7, "recipients": ["bob"]}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        '{"v": 2, "kind": "plan"}',
        '{"kind": "plan"}',
        '{"v": 1, "kind": "plan"}',
        *(
            json.dumps({**GOOD, **change})
            for change in (
                {"recipients": []},
                {"recipients": "bob"},
                {"recipients": [1]},
                {"cursor": "eve"},
                {"cursor": 1},
                {"shard": True},
                {"shard": "0"},
                {"shard": -1},
                {"owner": None},
                {"kind": 1},
                {"text": "contents"},
                {"large": 1},
            )
        ),
        *(json.dumps({name: value for name, value in GOOD.items() if name != left_out}) for left_out in GOOD),
    ],
)
def test_what_is_no_job_is_poison_and_is_not_repeated_in_the_error(body: str) -> None:
    with pytest.raises(PoisonJob) as raised:
        decode(body)
    assert "bob" not in str(raised.value)
    assert "contents" not in str(raised.value)
