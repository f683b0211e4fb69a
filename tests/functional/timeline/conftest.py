"""The timeline, plan and work functions in one process: real handlers, real stores, DynamoDB and SQS by moto.

The stream of `Posts` and the lanes' deliveries are made here from what the functions wrote, as Lambda hands it over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from moto import mock_aws
from moto.backends import get_backend

from functions.fanout.plan import handler as plan_handler
from functions.fanout.work import handler as work_handler
from functions.timeline.handler import handler as timeline_handler
from local.meter.units import measure
from tests.contract.engines import make_tables
from tests.events import Socket, load
from tests.fakes import FakeClock
from tests.functional.rig import lambda_environment, printed
from tidings.bootstrap import clients, fanout, search, telemetry, timeline, world
from tidings.domain.identity import Identity
from tidings.storage import keys
from tidings.storage.users import UserStore

ACCOUNT = "123456789012"
REGION = "eu-central-1"
LANES = ("small", "large")
QUEUES = (*LANES, "live")
SERVICE = "tidings-timeline-tests"


class Deployed:
    """The functions, their tables and lanes.  `units` is what the calls since `forget` would cost."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.units: dict[str, float] = {}
        self.calls: list[str] = []
        self._params: dict[str, Any] = {}
        self._seen: dict[tuple[str, str], Any] = {}
        self._numbers = iter(range(1, 1_000_000))
        for client in (clients.dynamodb(), clients.sqs()):
            client.meta.events.register("provide-client-params.*.*", self._note)
            client.meta.events.register("after-call.*.*", self._measure)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self._params = params

    def _measure(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls.append(model.name)
        service = model.service_model.service_name
        cost = measure(service, model.name, self._params, parsed, parsed.get("Error", {}).get("Code"))
        for name, units in cost.items():
            self.units[name] = self.units.get(name, 0) + units

    def forget(self) -> None:
        """Start counting again."""
        self.units.clear()
        self.calls.clear()

    def join(self, user_id: str) -> Socket:
        """A user who connected an hour ago; with their socket."""
        UserStore(clients.dynamodb(), keys.USERS.name, self.clock).ensure(
            Identity(user_id, "phone", 0), self.clock.now()
        )
        return Socket(user_id, connected_at=self.clock.now() - 3_600_000)

    def ask(self, socket: Socket, action: str, **fields: Any) -> dict[str, Any]:
        """The reply to a frame that the gateway took now, a millisecond after the last."""
        self.clock.advance(1)
        event = socket.message({"action": action, "id": f"r{next(self._numbers)}", **fields}, self.clock.now())
        response = timeline_handler(event, object())
        assert response["statusCode"] == 200
        reply: dict[str, Any] = json.loads(response["body"])
        return reply

    def stream(self) -> list[dict[str, Any]]:
        """The stream records of what has changed in `Posts` since the last call."""
        records = []
        client = get_items(keys.POSTS)
        for item in client:
            key = (item["author_id"]["S"], item["position"]["S"])
            if self._seen.get(key) != item:
                name = "MODIFY" if key in self._seen else "INSERT"
                self._seen[key] = item
                records.append(self.record(item, name))
        return records

    def record(self, item: dict[str, Any], name: str = "INSERT") -> dict[str, Any]:
        """A record of the stream of `Posts`."""
        record: dict[str, Any] = load("posts_stream")["Records"][0]
        record["eventName"] = name
        record["dynamodb"]["Keys"] = {each: item[each] for each in ("author_id", "position")}
        record["dynamodb"]["NewImage"] = item
        record["dynamodb"]["SequenceNumber"] = f"{next(self._numbers):028d}"
        return record

    def plan(self, records: list[dict[str, Any]] | None = None) -> list[str]:
        """Run the planner; the sequence numbers that failed."""
        found = self.stream() if records is None else records
        if not found:
            return []
        answer = plan_handler({"Records": found}, object())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def queued(self, lane: str | None = None) -> list[dict[str, Any]]:
        """The jobs on the lanes, delayed ones included."""
        return [json.loads(each.body) for each in self._messages(lane)]

    def _messages(self, lane: str | None = None) -> list[Any]:
        queues = get_backend("sqs")[ACCOUNT][REGION].queues
        return [each for name in QUEUES if lane in (None, name) for each in queues[f"tidings-{name}"]._messages]

    def take(self) -> list[dict[str, Any]]:
        """Take everything off the lanes."""
        jobs = self.queued()
        for name in QUEUES:
            get_backend("sqs")[ACCOUNT][REGION].queues[f"tidings-{name}"]._messages.clear()
        return jobs

    def work(self, jobs: list[dict[str, Any]] | list[str] | None = None) -> list[str]:
        """Deliver jobs in batches of five; the ids of the messages that failed."""
        failed = []
        bodies = [job if isinstance(job, str) else json.dumps(job) for job in (self.take() if jobs is None else jobs)]
        for start in range(0, len(bodies), 5):
            event = {"Records": []}
            for number, body in enumerate(bodies[start : start + 5], start):
                message: dict[str, Any] = load("chunks_queue")["Records"][0]
                event["Records"].append({**message, "messageId": f"m{number}", "body": body})
            answer = work_handler(event, object())
            failed += [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        return failed

    def settle(self) -> None:
        """Everything that is on its way arrives, however late it is due."""
        for _ in range(100):
            self.plan()
            jobs = self.take()
            if not jobs:
                return
            now = [job for job in jobs if job.get("due", 0) <= self.clock.now()]
            if not now:
                self.clock.ms = max(job["due"] for job in jobs)
                now = jobs
            later = [job for job in jobs if job not in now]
            self.put(later)
            assert self.work(now) == []
        raise AssertionError("the lanes never run dry")

    def put(self, jobs: list[dict[str, Any]]) -> None:
        """Put jobs on the small lane."""
        url = clients.sqs().get_queue_url(QueueName="tidings-small")["QueueUrl"]
        for job in jobs:
            clients.sqs().send_message(QueueUrl=url, MessageBody=json.dumps(job))

    def home(self, socket: Socket, **fields: Any) -> list[str]:
        """The texts of a page of a home timeline."""
        return [post["text"] for post in self.ask(socket, "timeline.home", **fields)["posts"]]


def get_items(table: keys.Table) -> list[dict[str, Any]]:
    """Everything in a table, in no order, unmetered."""
    backend = get_backend("dynamodb")[ACCOUNT][REGION]
    items = backend.get_table(table.name).items
    found = [item for values in items.values() for item in (values.values() if isinstance(values, dict) else [values])]
    return [item.to_json()["Attributes"] for item in found]


def _cold() -> None:
    made = (clients.dynamodb, clients.sqs, clients.management)
    caches = (world.settings, *made, telemetry.logger, timeline.build)
    wired = (each for module in (fanout, search) for each in vars(module).values() if hasattr(each, "cache_clear"))
    for cached in (*caches, *wired):
        cached.cache_clear()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """The functions after a cold start, with empty tables and lanes, and time in the test's hand."""
    clock = FakeClock()
    lambda_environment(monkeypatch, SERVICE, REGION)
    for lane in QUEUES:
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/tidings-{lane}"
        monkeypatch.setenv(f"TIDINGS_QUEUE_{lane.upper()}", url)
    monkeypatch.setenv("TIDINGS_CALLBACK_URL", f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com/dev")
    for module in (timeline, fanout, search):
        monkeypatch.setattr(module, "SystemClock", lambda: clock)
    _cold()
    with mock_aws():
        make_tables(clients.dynamodb())
        for lane in QUEUES:
            clients.sqs().create_queue(QueueName=f"tidings-{lane}")
        yield Deployed(clock)
    _cold()


@pytest.fixture
def log(deployed: Deployed) -> Iterator[StringIO]:
    """What the functions log, as it would be printed."""
    with printed(SERVICE) as text:
        yield text
