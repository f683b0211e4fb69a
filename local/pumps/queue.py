"""An SQS queue to a function.

Messages are received from ministack with the longest visibility there is, and the pump keeps the time itself, on the
host's clock: a message whose batch failed becomes visible again when the queue's visibility timeout has passed on
that clock (ministack then counts the receive, and moves it to the DLQ by maxReceiveCount), and a delayed one is
delivered when it is due. So a test skips a six-minute visibility timeout by moving the clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Sequence
from typing import Any

from local.aws import WireError
from local.clock import Clock
from local.deployment import EventSourceSpec, QueueSpec
from local.misbehave import Misbehave
from local.pumps import messages as sqs
from local.pumps.base import Caller, Invoke, Pump, backoff_ms
from local.pumps.batches import failed_identifiers
from local.pumps.delays import due_at
from local.workers.results import THROTTLED, InvokeResult

LONGEST_VISIBILITY_S = 43_200
RECEIVE_AT_MOST = 10
DEFAULT_CONCURRENCY = 5
"""Lambda begins with five pollers; without `MaximumConcurrency` it would add more."""

Message = dict[str, Any]


class QueuePump(Pump):
    """One queue mapping."""

    def __init__(
        self,
        spec: EventSourceSpec,
        queue: QueueSpec,
        region: str,
        wire: Caller,
        invoke: Invoke,
        clock: Clock,
        misbehave: Misbehave,
    ) -> None:
        super().__init__(spec.logical_id, queue.url, clock, misbehave)
        self._spec = spec
        self._queue = queue
        self._region = region
        self._wire = wire
        self._invoke = invoke
        self._room = spec.max_concurrency or DEFAULT_CONCURRENCY
        self._running = 0
        self._gathered: list[Message] = []
        self._window_ends: int | None = None
        self._later: list[tuple[int, int, str, Message]] = []
        self._count = itertools.count()
        self._moving = False
        self._stirred = asyncio.Event()

    def start(self) -> None:
        """Begin to poll, and to watch the clock."""
        super().start()
        self._spawn(self._watch_clock())

    def busy(self) -> bool:
        """Whether a batch runs, or messages could."""
        waits = self._window_ends is not None and self._window_ends > self._clock.now_ms() and not self.hurry
        running = self._running > self.stopped()
        return running or (bool(self._gathered) and not waits) or self._moving or self._overdue()

    def next_due(self) -> int | None:
        """When the next delayed or failed message comes (back), or the window closes."""
        dues = [self._later[0][0]] if self._later else []
        if self._window_ends is not None:
            dues.append(self._window_ends)
        return min(dues, default=None)

    def wake(self) -> None:
        """Look now, at the queue and at the clock."""
        super().wake()
        self._stirred.set()

    async def poll(self) -> bool:
        """Receive what fits, and start batches. Without room it does not receive."""
        if self._running >= self._room:
            await self._wake.wait()  # until a batch has ended
            return True
        received = await self._receive()
        now = self._clock.now_ms()
        for message in received:
            due = due_at(message)
            if due is not None and due > now:
                self._postpone(due, "deliver", message)
            else:
                self._gathered.append(message)
        self._launch()
        return bool(received)

    async def _receive(self) -> list[Message]:
        params = {
            "QueueUrl": self._queue.url,
            "MaxNumberOfMessages": min(self._spec.batch_size, RECEIVE_AT_MOST),
            "VisibilityTimeout": LONGEST_VISIBILITY_S,
            "WaitTimeSeconds": 0,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer = await self._wire.call("sqs", "ReceiveMessage", params)
        found: list[Message] = answer.get("Messages") or []
        return found

    def _launch(self) -> None:
        """Start the batches that are ready: full ones, or, when no window holds them back, whatever there is."""
        window_ms = int(self._spec.window_s * 1000)
        if self._gathered and window_ms and self._window_ends is None:
            self._window_ends = self._clock.now_ms() + window_ms
        closed = self.hurry or self._window_ends is None or self._clock.now_ms() >= self._window_ends
        size = self._spec.batch_size
        while self._gathered and self._running < self._room and (closed or len(self._gathered) >= size):
            batch, self._gathered = self._gathered[:size], self._gathered[size:]
            self._running += 1
            self._spawn(self._handle(batch))
        if not self._gathered or closed:
            self._window_ends = None

    async def _handle(self, batch: list[Message]) -> None:
        try:
            result = await self._deliver(batch)
            failed = self._failed(result, [message["MessageId"] for message in batch])
            if self._misbehave.chance(self._misbehave.switches.duplicate_messages):
                await self._deliver(batch)
            await self._delete([message for message in batch if message["MessageId"] not in failed])
            again = self._clock.now_ms() + self._queue.visibility_s * 1000
            for message in batch:
                if message["MessageId"] in failed:
                    self._postpone(again, "release", message)
        finally:
            self._running -= 1
            self.progress += 1
            self._launch()
            self.wake()
            self._notify()

    async def _deliver(self, batch: list[Message]) -> InvokeResult:
        """Invoke; Lambda itself tries again while it throttles, until the messages' visibility runs out."""
        give_up = self._clock.now_ms() + self._queue.visibility_s * 1000
        for attempt in itertools.count(1):
            event = sqs.event(self._spec, self._region, batch, self._clock.offset_ms)
            result = await self._invoke(self._spec.function, self._spec.logical_id, event)
            if result.error is None or result.error.kind != THROTTLED or self._clock.now_ms() >= give_up:
                return result
            await asyncio.sleep(backoff_ms(attempt) / 1000)
        raise AssertionError("unreachable")

    def _failed(self, result: InvokeResult, identifiers: Sequence[str]) -> set[str]:
        if result.failed:
            return set(identifiers)
        if not self._spec.report_batch_item_failures:
            return set()
        failed = failed_identifiers(result.payload)
        return set(identifiers) if failed is None or not failed <= set(identifiers) else failed

    async def _delete(self, done: list[Message]) -> None:
        for start in range(0, len(done), RECEIVE_AT_MOST):
            some = done[start : start + RECEIVE_AT_MOST]
            entries = [{"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]} for place, each in enumerate(some)]
            await self._wire.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._queue.url, "Entries": entries})

    def _postpone(self, due: int, what: str, message: Message) -> None:
        heapq.heappush(self._later, (due, next(self._count), what, message))
        self._stirred.set()

    def _overdue(self) -> bool:
        return bool(self._later) and self._later[0][0] <= self._clock.now_ms()

    async def _watch_clock(self) -> None:
        """Bring back what is due."""
        while True:
            due = self.next_due()
            if due is None:
                await self._stirred.wait()
            else:
                await self._until(due, self._stirred)
            self._stirred.clear()
            while self._overdue():
                self._moving = True
                _, _, what, message = heapq.heappop(self._later)
                if what == "deliver":
                    self._gathered.append(message)
                else:
                    await self._release(message)
                    self._empty = False  # whoever waits for quiet must see a poll that begins after this
            self._moving = False
            self._launch()
            self._notify()

    async def _release(self, message: Message) -> None:
        """Make it visible: the next receive counts it, or moves it to the DLQ."""
        visible = {"QueueUrl": self._queue.url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        try:
            await self._wire.call("sqs", "ChangeMessageVisibility", visible)
        except WireError as error:
            self.trouble = f"{error}"  # purged meanwhile
        super().wake()
