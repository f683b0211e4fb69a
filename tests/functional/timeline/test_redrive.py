"""`tidings ops redrive`: dead letters go back, failed stream records are planned anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.events import load
from tests.functional.rig import without_move_tasks
from tests.functional.timeline.conftest import ACCOUNT, LANES, REGION, Deployed, get_items
from tidings.bootstrap import clients, redrive
from tidings.bootstrap.redrive import LaneUrls
from tidings.services.redrive import Redrive
from tidings.storage import keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "tidings-failures"
SETTLE_MS = 30_000
KEY = "aws/lambda/9b1f/shardId-0/2027/01/15/2027-01-15T08.11.12-1f2e"


class Operator:
    """An operator's machine, and what they see."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.s3: S3Client = boto3.client("s3", region_name=REGION)
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dead = {lane: clients.sqs().create_queue(QueueName=f"tidings-{lane}-dead")["QueueUrl"] for lane in LANES}

    def build(self, bucket: str | None = BUCKET) -> Redrive:
        base = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/tidings-"
        lanes: Any = {lane: LaneUrls(base + lane, self.dead[lane]) for lane in LANES}
        return redrive.build(clients.sqs(), self.s3, lanes, bucket, SETTLE_MS)

    def fail(self, key: str, records: list[dict[str, Any]] | None) -> None:
        """An object as Lambda leaves it, or something else."""
        batch = load("failed_batch")
        batch["payload"] = json.dumps({"Records": records})
        body = json.dumps(batch) if records is not None else "not ours"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def kept(self) -> list[str]:
        """What is in the bucket."""
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def operator(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    monkeypatch.setattr(redrive, "SystemClock", lambda: deployed.clock)
    without_move_tasks(monkeypatch)
    return Operator(deployed)


def test_nothing_to_do(operator: Operator) -> None:
    done = operator.build().run()
    assert (done.jobs, done.planned, done.kept) == ({"small": 0, "large": 0}, 0, [])
    assert operator.build(bucket=None).run().planned == 0


def test_dead_letters_go_back_on_their_own_lane_whole(operator: Operator) -> None:
    for lane, number in (("small", 12), ("large", 1)):
        for each in range(number):
            clients.sqs().send_message(QueueUrl=operator.dead[lane], MessageBody=json.dumps({"job": f"{lane}-{each}"}))
    done = operator.build().run()
    assert done.jobs == {"small": 12, "large": 1}
    assert sorted(job["job"] for job in operator.deployed.queued("small")) == sorted(f"small-{n}" for n in range(12))
    assert [job["job"] for job in operator.deployed.queued("large")] == ["large-0"]
    assert operator.build().run().jobs == {"small": 0, "large": 0}


def test_a_post_whose_planner_failed_is_fanned_out_after_all(operator: Operator) -> None:
    deployed = operator.deployed
    ann, bob = deployed.join("ann"), deployed.join("bob")
    deployed.ask(bob, "follow", client_id="c-1", user="ann")
    deployed.settle()
    deployed.ask(ann, "post", client_id="c-1", text="late but here")
    operator.fail(KEY, deployed.stream())
    done = operator.build().run()
    assert (done.planned, done.kept, operator.kept()) == (1, [], [])
    deployed.settle()
    assert deployed.home(bob) == ["late but here"]


def test_a_delete_whose_planner_failed_is_swept_twice_after_all(operator: Operator) -> None:
    deployed = operator.deployed
    ann = deployed.join("ann")
    position = deployed.ask(ann, "post", client_id="c-1", text="oops")["position"]
    deployed.settle()
    deployed.ask(ann, "post.delete", position=position)
    operator.fail(KEY, deployed.stream())
    operator.build().run()
    assert sorted(bool(job.get("due")) for job in deployed.queued()) == [False, False, True, True]
    deployed.settle()
    assert get_items(keys.TIMELINES) == []


def test_what_cannot_be_planned_stays_and_does_not_hold_up_the_rest(operator: Operator) -> None:
    deployed = operator.deployed
    deployed.ask(deployed.join("ann"), "post", client_id="c-1", text="hello")
    good = deployed.stream()
    push = load("mailboxes_stream")["Records"]
    poison = deployed.record({**good[0]["dynamodb"]["NewImage"], "path": {"S": "pigeon"}})
    operator.fail(f"{KEY}-a", push)
    operator.fail(f"{KEY}-b", None)
    operator.fail(f"{KEY}-c", [poison, *good])
    operator.fail(f"{KEY}-d", good)
    done = operator.build().run()
    assert done.kept == [f"{KEY}-a", f"{KEY}-b", f"{KEY}-c"] == operator.kept()
    assert done.planned == 2
