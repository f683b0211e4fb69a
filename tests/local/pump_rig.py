"""ministack's streams and queues in memory, and a function that does what the test says: pumps without processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.clock import Clock
from local.deployment import EventSourceSpec, QueueSpec, TableSpec
from local.misbehave import Misbehave
from local.pumps.queue import QueuePump
from local.pumps.stream import StreamPump
from local.workers.results import FunctionError, InvokeResult

TABLE = TableSpec("Things", "things", "owner", "item", stream_arn="arn:stream")
QUEUE = QueueSpec("Lane", "lane", "http://lane", "arn:lane", visibility_s=60)
REPORT = {"report_batch_item_failures": True}

Answer = Callable[[list[dict[str, Any]]], Any]
BOOM = InvokeResult("r", error=FunctionError("Boom", "it failed"))


class FakeAws:
    """The few operations that pumps use."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def write(self, owner: str, item: str, event: str = "INSERT", **image: str) -> str:
        """Put a record on the stream; its sequence number."""
        sequence = f"{len(self.records) + 1:021d}"
        keys = {"owner": {"S": owner}, "item": {"S": item}}
        change = {"Keys": keys, "NewImage": keys | {name: {"S": value} for name, value in image.items()}}
        self.records.append({"eventName": event, "dynamodb": change | {"SequenceNumber": sequence}})
        return sequence

    def send(self, body: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Put a message on the queue."""
        message = {"MessageId": body, "Body": body, "MessageAttributes": dict(attributes or {}), "receives": 0}
        self.messages.append(message | {"visible": True})

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """As `local.aws.Wire`."""
        answer: dict[str, Any] = getattr(self, operation)(params)
        return answer

    def GetShardIterator(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"ShardIterator": "0"}

    def GetRecords(self, params: dict[str, Any]) -> dict[str, Any]:
        place = int(params["ShardIterator"])
        page = [{**each, "dynamodb": dict(each["dynamodb"])} for each in self.records[place : place + params["Limit"]]]
        return {"Records": page, "NextShardIterator": str(place + len(page))}

    def ReceiveMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        found = [each for each in self.messages if each["visible"]][: params["MaxNumberOfMessages"]]
        for each in found:
            each["visible"] = False
            each["receives"] += 1
            each["ReceiptHandle"] = f"{each['MessageId']}:{each['receives']}"
            each["Attributes"] = {"ApproximateReceiveCount": str(each["receives"]), "SentTimestamp": "1000"}
        return {"Messages": [dict(each) for each in found]} if found else {}

    def DeleteMessageBatch(self, params: dict[str, Any]) -> dict[str, Any]:
        handles = {entry["ReceiptHandle"] for entry in params["Entries"]}
        self.deleted += [each["MessageId"] for each in self.messages if each.get("ReceiptHandle") in handles]
        self.messages = [each for each in self.messages if each.get("ReceiptHandle") not in handles]
        return {"Successful": []}

    def ChangeMessageVisibility(self, params: dict[str, Any]) -> dict[str, Any]:
        for each in self.messages:
            if each.get("ReceiptHandle") == params["ReceiptHandle"]:
                each["visible"] = params["VisibilityTimeout"] == 0
        return {}


class Function:
    """Records every batch, and answers what `answer` makes of it (an `InvokeResult`, or a payload)."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer: Answer = answer or (lambda records: None)
        self.batches: list[list[dict[str, Any]]] = []

    async def __call__(self, function: str, operation: str, event: dict[str, Any]) -> InvokeResult:
        records = event["Records"]
        self.batches.append(records)
        told = self.answer(records)
        return told if isinstance(told, InvokeResult) else InvokeResult("r", payload=told)

    @property
    def items(self) -> list[str]:
        """The sort keys or bodies of everything delivered, in order."""
        return [_name(record) for batch in self.batches for record in batch]

    @property
    def sizes(self) -> list[int]:
        """Batch sizes, in order."""
        return [len(batch) for batch in self.batches]


class Destination:
    """Keeps what was given up."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, list[str]]] = []

    async def keep(
        self, spec: EventSourceSpec, shard: str, records: Sequence[Mapping[str, Any]], why: str, times: int
    ) -> None:
        """As `local.pumps.failures.Destination`."""
        self.kept.append((why, [_name(record) for record in records]))


class Rig:
    """One pump with everything it needs; use as an async context manager, after filling `aws`."""

    def __init__(self, kind: str, answer: Answer | None = None, **spec: Any) -> None:
        self.aws, self.function, self.destination = FakeAws(), Function(answer), Destination()
        self.clock, self.misbehave = Clock(), Misbehave()
        self._kind = kind
        self._settings = spec
        self.pump: StreamPump | QueuePump

    async def __aenter__(self) -> Rig:
        source = {"source": "arn:stream", "source_name": "things"} if self._kind == "stream" else {"source": "arn:lane"}
        spec = EventSourceSpec("Source", "Echo", self._kind, **{"source_name": "lane", **source, **self._settings})  # type: ignore[arg-type]
        if self._kind == "stream":
            self.pump = StreamPump(spec, TABLE, self.aws, self.function, self.destination, self.clock, self.misbehave)
        else:
            self.pump = QueuePump(spec, QUEUE, "us-east-1", self.aws, self.function, self.clock, self.misbehave)
        self.pump.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pump.stop()

    async def skip(self) -> None:
        """Move the clock to the next moment that something waits for, and let that happen."""
        due = self.pump.next_due()
        assert due is not None, "nothing waits for the clock"
        self.clock.advance(max(0, due - self.clock.now_ms()) + 1)
        await self.pump.quiet()

    async def skip_all(self) -> None:
        """Until nothing waits any more."""
        await self.pump.quiet()
        while self.pump.next_due() is not None:
            await self.skip()


def failing(*names: str) -> Answer:
    """A function that reports these items, whenever it sees them, as failed."""

    def answer(records: list[dict[str, Any]]) -> Any:
        failed = [record for record in records if _name(record) in names]
        return {"batchItemFailures": [{"itemIdentifier": _identifier(record)} for record in failed]}

    return answer


def _name(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["Keys"]["item"]["S"] if "dynamodb" in record else record["body"])


def _identifier(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"])
