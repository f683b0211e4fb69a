"""The planner's and the worker's handlers: partial failure, replay, poison, throttling, logs and metrics."""

import json
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.fanout.plan import handler as plan
from functions.fanout.work import handler as work
from tests.events import load
from tests.functional.timeline.conftest import Deployed, get_items
from tests.functional.timeline.test_timeline import clients_follow
from tidings.bootstrap import clients
from tidings.services.fanout.index import INDEX, UNINDEX
from tidings.storage import keys

SECRET = "nobody may read this"


@pytest.fixture
def posted(deployed: Deployed) -> Deployed:
    """ann has two followers and has just posted."""
    for name in ("bob", "cid"):
        clients_follow(deployed, name, "ann")
    deployed.ask(deployed.join("ann"), "post", client_id="c-1", text=SECRET)
    return deployed


def owners() -> list[str]:
    """Who has a copy."""
    return sorted(item["user_id"]["S"] for item in get_items(keys.TIMELINES))


def copies(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of `jobs` that are about timelines."""
    return [job for job in jobs if job["kind"] not in (INDEX, UNINDEX)]


def test_the_recorded_events_are_understood(deployed: Deployed) -> None:
    assert plan(load("posts_stream"), object()) == {"batchItemFailures": []}
    [job] = copies(deployed.queued("small"))
    assert (job["owner"], job["recipients"]) == ("ann", ["ann"])
    assert work(load("chunks_queue"), object()) == {"batchItemFailures": []}
    assert owners() == []  # there is no such post


def test_a_replayed_record_and_a_repeated_message_change_nothing(posted: Deployed) -> None:
    records = posted.stream()
    assert posted.plan(records) == []
    assert posted.plan(records) == []
    jobs = copies(posted.take())
    assert jobs[0]["recipients"] == jobs[1]["recipients"] == ["ann", "bob", "cid"]
    posted.work(jobs)
    before = get_items(keys.TIMELINES)
    posted.work(jobs)
    assert get_items(keys.TIMELINES) == before
    assert owners() == ["ann", "bob", "cid"]


def test_a_poison_record_fails_alone(posted: Deployed, log: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    good = posted.stream()[0]
    poison = posted.record({**good["dynamodb"]["NewImage"], "path": {"S": "pigeon"}})
    foreign = json.loads(json.dumps(good))
    foreign["dynamodb"]["Keys"] = {"conversation_id": {"S": "dm#a#b"}, "item": {"S": "log#1"}}
    foreign["dynamodb"]["SequenceNumber"] = "7"
    failed = posted.plan([poison, foreign, good])
    assert failed == [poison["dynamodb"]["SequenceNumber"], "7"]
    assert [job["position"] for job in copies(posted.queued())] == [good["dynamodb"]["Keys"]["position"]["S"]]
    assert SECRET not in log.getvalue() + capsys.readouterr().out
    assert "UnknownRecord" in log.getvalue()


def test_a_removed_item_asks_for_nothing(posted: Deployed) -> None:
    record = posted.stream()[0]
    del record["dynamodb"]["NewImage"]
    assert posted.plan([record]) == []
    assert posted.queued() == []


def test_a_poison_job_fails_alone(posted: Deployed, log: StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    posted.plan()
    [job] = copies(posted.take())
    assert posted.work(["not json", job, {"v": 1, "kind": "telegram", "text": SECRET}]) == ["m0", "m2"]
    assert owners() == ["ann", "bob", "cid"]
    assert SECRET not in log.getvalue() + capsys.readouterr().out
    assert "PoisonJob" in log.getvalue()


def test_a_batch_of_nothing_but_poison_is_reported_and_not_thrown(deployed: Deployed) -> None:
    assert deployed.work(["1", "2", "3"]) == ["m0", "m1", "m2"]


def test_progress_is_a_metric(posted: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    posted.plan()
    posted.clock.advance(1_500)
    capsys.readouterr()
    posted.work(copies(posted.take()))
    metrics: dict[str, Any] = {}
    units: dict[str, str] = {}
    for line in capsys.readouterr().out.splitlines():
        record = json.loads(line)
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "Tidings"
            for metric in directive["Metrics"]:
                metrics[metric["Name"]], units[metric["Name"]] = record[metric["Name"]], metric["Unit"]
    assert metrics["FanoutWritten"] == [3]
    assert metrics["FanoutLagMs"] == [1_500]
    assert units["FanoutLagMs"] == "Milliseconds"


def test_a_throttled_table_puts_the_rest_back_on_the_lane(posted: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    posted.plan()
    client = clients.dynamodb()
    real, calls = client.batch_write_item, []

    def busy(**request: Any) -> Any:
        calls.append(request)
        return {"UnprocessedItems": request["RequestItems"]}

    monkeypatch.setattr(client, "batch_write_item", busy)
    assert posted.work() == []
    assert len(calls) > 1
    assert owners() == []
    [job] = copies(posted.queued("small"))
    assert (job["tries"], job["recipients"]) == (1, ["ann", "bob", "cid"])
    monkeypatch.setattr(client, "batch_write_item", real)
    assert posted.work() == []
    assert owners() == ["ann", "bob", "cid"]


def test_a_worker_that_may_not_write_fails_its_job_loudly(
    posted: Deployed, monkeypatch: pytest.MonkeyPatch, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    posted.plan()

    def denied(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "BatchWriteItem")

    monkeypatch.setattr(clients.dynamodb(), "batch_write_item", denied)
    assert posted.work() == ["m0", "m1"]
    assert SECRET not in log.getvalue() + capsys.readouterr().out
    assert "ClientError" in log.getvalue()


def test_a_large_audience_takes_the_large_lane_in_batches_of_ten(deployed: Deployed) -> None:
    for number in range(2_600):
        clients_follow(deployed, f"fan-{number:05d}", "ann")
    deployed.ask(deployed.join("ann"), "post", client_id="c-1", text="hello")
    deployed.forget()
    assert deployed.plan() == []
    jobs = deployed.queued("large")
    assert sum(len(job["recipients"]) for job in jobs) == 2_601
    assert copies(deployed.queued("small")) == []
    assert deployed.calls.count("SendMessageBatch") <= -(-len(jobs) // 10) + 1
