"""Event source mappings and lanes: every failure setting is there, and the filters let through what they should."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.templates import Deployment
from tidings.storage import keys

MAPPING = "AWS::Lambda::EventSourceMapping"
DAY = 86_400


def mappings(deployment: Deployment, attribute: str) -> dict[str, dict[str, Any]]:
    """Stream mappings (`StreamArn`) or queue mappings (`Arn`) by logical id."""
    found = deployment.of(MAPPING).items()
    return {name: each for name, each in found if each["EventSourceArn"]["Fn::GetAtt"][1] == attribute}


def stream_of(deployment: Deployment, table: keys.Table) -> dict[str, Any]:
    logical = deployment.table(table.name)
    (found,) = [
        each
        for each in mappings(deployment, "StreamArn").values()
        if each["EventSourceArn"]["Fn::GetAtt"][0] == logical
    ]
    return found


@pytest.mark.parametrize(
    ("table", "function"), [(keys.POSTS, "Plan"), (keys.CONVERSATIONS, "Plan"), (keys.MAILBOXES, "Push")]
)
def test_each_stream_has_one_reader(any_stage: Deployment, table: keys.Table, function: str) -> None:
    assert stream_of(any_stage, table)["FunctionName"] == {"Ref": any_stage.function(function)[0]}
    assert len(mappings(any_stage, "StreamArn")) == 3


def test_a_failing_stream_batch_is_halved_retried_given_up_and_kept(any_stage: Deployment) -> None:
    (bucket,) = any_stage.of("AWS::S3::Bucket")
    for name, made in mappings(any_stage, "StreamArn").items():
        assert made["StartingPosition"] == "TRIM_HORIZON", name
        assert made["BisectBatchOnFunctionError"] is True, name
        assert 0 < made["MaximumRetryAttempts"] <= 100, name
        assert 60 <= made["MaximumRecordAgeInSeconds"] < DAY, name
        assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert made["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [bucket, "Arn"]}}}, name
        assert made["FilterCriteria"]["Filters"], name


def test_queue_mappings_fail_job_by_job_and_are_bounded(any_stage: Deployment) -> None:
    found = mappings(any_stage, "Arn")
    assert len(found) == 3
    for name, made in found.items():
        assert made["FunctionName"] == {"Ref": any_stage.function("Work")[0]}, name
        assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert 2 <= made["ScalingConfig"]["MaximumConcurrency"] <= 1_000, name


def lanes(deployment: Deployment) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Lane id, lane and its dead-letter queue."""
    queues = deployment.of("AWS::SQS::Queue")
    found = []
    for name, made in queues.items():
        if "RedrivePolicy" in made:
            dead = made["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            found.append((name, made, queues[dead]))
    return found


def test_a_lane_waits_six_timeouts_and_its_dead_letters_keep_fourteen_days(any_stage: Deployment) -> None:
    timeout = any_stage.function("Work")[1]["Timeout"]
    assert len(lanes(any_stage)) == 2
    for name, lane, dead in lanes(any_stage):
        assert lane["VisibilityTimeout"] >= 6 * timeout, name
        assert lane["RedrivePolicy"]["maxReceiveCount"] >= 3, name
        assert dead["MessageRetentionPeriod"] == 14 * DAY, name
        assert lane["MessageRetentionPeriod"] < dead["MessageRetentionPeriod"], name
        assert lane["SqsManagedSseEnabled"], name
        assert dead["SqsManagedSseEnabled"], name


def test_dead_letters_accept_their_own_lane_only(any_stage: Deployment) -> None:
    for name, lane, dead in lanes(any_stage):
        policy = dead["RedriveAllowPolicy"]
        assert policy["redrivePermission"] == "byQueue"
        (source,) = policy["sourceQueueArns"]
        assert source["Fn::Join"][1][-1] == f":{lane['QueueName']}", name


def test_live_frames_have_a_lane_that_may_drop_on_few_workers(any_stage: Deployment) -> None:
    """With a batching window Lambda waits up to 20 s on a quiet queue, however short the window is, and what is older
    than 5 s is dropped: so there is none, and a batch holds the ten jobs that need none."""
    ((name, lane),) = [
        (name, made) for name, made in any_stage.of("AWS::SQS::Queue").items() if name.startswith("TidingsLanesLive")
    ]
    assert "RedrivePolicy" not in lane
    assert lane["MessageRetentionPeriod"] == 60
    assert lane["SqsManagedSseEnabled"]
    (made,) = [each for each in mappings(any_stage, "Arn").values() if each["EventSourceArn"]["Fn::GetAtt"][0] == name]
    assert made["ScalingConfig"]["MaximumConcurrency"] == 2
    assert made["MaximumBatchingWindowInSeconds"] == 0
    assert made["BatchSize"] == 10


def test_push_waits_a_little_for_company(dev: Deployment) -> None:
    assert stream_of(dev, keys.MAILBOXES)["MaximumBatchingWindowInSeconds"] == 3
    assert stream_of(dev, keys.POSTS)["MaximumBatchingWindowInSeconds"] == 0


def matches(pattern: Any, value: Any) -> bool:
    """Lambda's filter rule for the patterns that we use: a list is "one of" or "is there", an object descends."""
    if isinstance(pattern, list):
        return value in pattern or pattern == [{"exists": True}]
    return isinstance(value, dict) and all(key in value and matches(each, value[key]) for key, each in pattern.items())


def record(event: str, **image: str) -> dict[str, Any]:
    return {"eventName": event, "dynamodb": {"NewImage": {name: {"S": text} for name, text in image.items()}}}


def item(key: str, **image: str) -> dict[str, Any]:
    made = record("MODIFY", **image)
    made["dynamodb"]["Keys"] = {"item": {"S": key}}
    return made


def tally_due() -> dict[str, Any]:
    made = item("tally", read="1")
    made["dynamodb"]["NewImage"]["due"] = {"N": "1"}
    return made


REMOVED = {"eventName": "REMOVE", "dynamodb": {"Keys": {"user_id": {"S": "a"}}}}


@pytest.mark.parametrize(
    ("table", "passing", "dropped"),
    [
        (keys.POSTS, [record("INSERT"), record("MODIFY")], [REMOVED]),
        (
            keys.CONVERSATIONS,
            [
                record("INSERT", path="chunk"),
                record("INSERT", path="pull"),
                record("INSERT", path="inline", kind="unsend"),
                record("INSERT", path="inline", kind="group"),
                item("meta", path="chunk"),
                tally_due(),
            ],
            [
                record("INSERT", path="inline"),
                record("INSERT", path="inline", kind="reaction"),
                record("MODIFY", path="chunk"),
                record("INSERT"),
                item("react#1#a"),
                item("tally", read="1"),
                REMOVED,
            ],
        ),
        (
            keys.MAILBOXES,
            [record("INSERT", **{keys.PUSH_MARK: "1"})],
            [record("MODIFY", **{keys.PUSH_MARK: "1"}), record("INSERT"), REMOVED],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, keys.Table) else "",
)
def test_filters_wake_a_function_for_its_own_work_only(
    any_stage: Deployment, table: keys.Table, passing: list[Any], dropped: list[Any]
) -> None:
    filters = stream_of(any_stage, table)["FilterCriteria"]["Filters"]
    patterns = [json.loads(each["Pattern"]) for each in filters]
    assert all(any(matches(pattern, each) for pattern in patterns) for each in passing)
    assert not any(matches(pattern, each) for pattern in patterns for each in dropped)
