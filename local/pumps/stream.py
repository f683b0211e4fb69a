"""A DynamoDB stream to a function.

ministack has one shard a table. AWS gives a new on-demand table four partitions, each a shard of its own, and keeps
order per item only; so records are dealt by their partition key to four shards here, and within a shard, as the
mapping's ParallelizationFactor says, by their item key to lanes. A lane is strictly ordered and has one batch in
flight.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Mapping
from typing import Any

from local.aws import WireError
from local.clock import Clock
from local.deployment import EventSourceSpec, TableSpec
from local.misbehave import Misbehave
from local.pumps import filters
from local.pumps.base import IDLE_S, Caller, Invoke, Pump, backoff_ms
from local.pumps.batches import Part, first_failure, rest, used_up
from local.pumps.failures import EXHAUSTED, TOO_OLD, Destination
from local.workers.results import THROTTLED

SHARDS = 4
PAGE = 1000
MOST_WAITING = 5_000
PACE_S = 0.03
"""Between polls of a busy stream; one with a batching window, which gathers for longer anyway, is polled less."""
_SHARD = "shardId-00000000000000000000-00000000"


class Lane:
    """Records that must be handled in order. `due` is set while it waits for the clock."""

    def __init__(self, shard: str) -> None:
        self.shard = shard
        self.records: deque[tuple[int, dict[str, Any]]] = deque()
        self.stirred = asyncio.Event()
        self.active = False
        self.gathering = False
        self.due: int | None = None


class StreamPump(Pump):
    """One stream mapping."""

    def __init__(
        self,
        spec: EventSourceSpec,
        table: TableSpec,
        wire: Caller,
        invoke: Invoke,
        destination: Destination,
        clock: Clock,
        misbehave: Misbehave,
    ) -> None:
        super().__init__(spec.logical_id, spec.source_name, clock, misbehave)
        for pattern in spec.filters:
            filters.check(pattern)
        self.pace_s = IDLE_S if spec.window_s else PACE_S
        self._spec = spec
        self._table = table
        self._wire = wire
        self._invoke = invoke
        self._destination = destination
        self._iterator: str | None = None
        self._last_sequence: str | None = None
        parallel = max(1, spec.parallelization)
        self._lanes = [[Lane(f"shardId-{shard:020d}-local") for _ in range(parallel)] for shard in range(SHARDS)]

    def start(self) -> None:
        """Begin to poll, and to work the lanes off."""
        super().start()
        for lane in self._all_lanes():
            self._spawn(self._work_off(lane))

    def busy(self) -> bool:
        """Whether a lane runs or could."""
        return sum(self._runs(lane) for lane in self._all_lanes()) > self.stopped()

    def _runs(self, lane: Lane) -> bool:
        waits = lane.due is not None and lane.due > self._clock.now_ms() and not (lane.gathering and self.hurry)
        return (lane.active or bool(lane.records)) and not waits

    def next_due(self) -> int | None:
        """The end of the next batching window or back-off."""
        return min((lane.due for lane in self._all_lanes() if lane.due is not None), default=None)

    def wake(self) -> None:
        """Look now; a lane that waits for the clock looks at it again."""
        super().wake()
        for lane in self._all_lanes():
            if lane.due is not None:
                lane.stirred.set()

    async def poll(self) -> bool:
        """Read one page and deal it out; reads nothing while too much is waiting."""
        if sum(len(lane.records) for lane in self._all_lanes()) > MOST_WAITING:
            await asyncio.sleep(0.01)
            return True
        iterator = self._iterator or await self._new_iterator()
        try:
            page = await self._wire.call("dynamodb", "GetRecords", {"ShardIterator": iterator, "Limit": PAGE})
        except WireError as error:
            self._iterator = None
            if error.code == "ExpiredIteratorException":
                return True
            raise
        self._iterator = page.get("NextShardIterator")
        for record in page["Records"]:
            self._last_sequence = record["dynamodb"]["SequenceNumber"]
            self._deal(record)
        return bool(page["Records"])

    async def _new_iterator(self) -> str:
        params = {"StreamArn": self._spec.source, "ShardId": _SHARD, "ShardIteratorType": self._spec.starting_position}
        if self._last_sequence is not None:
            params |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_sequence}
        answer = await self._wire.call("dynamodb", "GetShardIterator", params)
        return str(answer["ShardIterator"])

    def _deal(self, record: dict[str, Any]) -> None:
        """Into the lane of its key, unless a filter drops it."""
        if not filters.matches_any(self._spec.filters, record):
            return
        record["eventSourceARN"] = self._spec.source
        change = record["dynamodb"]
        # The handler's clock is the host's; so is the record's stamp.
        change["ApproximateCreationDateTime"] = self._clock.offset_ms // 1000 + int(
            change.get("ApproximateCreationDateTime", 0)
        )
        keys = change["Keys"]
        shard = self._lanes[_hash(keys[self._table.partition_key]) % SHARDS]
        lane = shard[_hash(keys) % len(shard)]
        lane.records.append((self._clock.now_ms(), record))
        lane.stirred.set()

    async def _work_off(self, lane: Lane) -> None:
        while True:
            if not lane.records:
                lane.stirred.clear()
                self._notify()
                await lane.stirred.wait()
                continue
            await self._window(lane)
            lane.active = True
            batch = [lane.records.popleft() for _ in range(min(self._spec.batch_size, len(lane.records)))]
            oldest = batch[0][0]
            try:
                await self._deliver(lane, [record for _, record in batch], oldest)
            finally:
                lane.active = False
                self.progress += 1
                self._notify()

    async def _window(self, lane: Lane) -> None:
        """Gather until the batch is full or its window has passed; a hurried pump closes windows at once."""
        if not self._spec.window_s:
            return
        end = lane.records[0][0] + int(self._spec.window_s * 1000)
        lane.gathering = True
        while len(lane.records) < self._spec.batch_size and self._clock.now_ms() < end and not self.hurry:
            await self._sleep(lane, end)
        lane.gathering = False

    async def _deliver(self, lane: Lane, records: list[dict[str, Any]], oldest_ms: int) -> None:
        """Hand a batch over until every record of it is done or given up."""
        parts = deque([Part(records)])
        tries = 0
        while parts:
            part = parts.popleft()
            if part.attempts and self._too_old(oldest_ms):
                await self._destination.keep(self._spec, lane.shard, part.records, TOO_OLD, tries)
                continue
            await self._weather()
            result = await self._invoke(self._spec.function, self._spec.logical_id, {"Records": list(part.records)})
            tries += 1
            if result.error is not None and result.error.kind == THROTTLED:
                parts.appendleft(part)
                await self._pause(lane, tries)
                continue
            identifiers = [record["dynamodb"]["SequenceNumber"] for record in part.records]
            index = first_failure(result, identifiers, self._spec.report_batch_item_failures)
            if index is None:
                if self._misbehave.chance(self._misbehave.switches.duplicate_records):
                    await self._invoke(self._spec.function, self._spec.logical_id, {"Records": list(part.records)})
                continue
            again = rest(part, index, self._spec.bisect)
            if used_up(again[0], self._spec.retry_attempts):
                await self._destination.keep(self._spec, lane.shard, again[0].records, EXHAUSTED, tries)
                continue
            parts.extendleft(reversed(again))
            await self._pause(lane, again[0].attempts or 1)

    def _too_old(self, oldest_ms: int) -> bool:
        limit = self._spec.max_record_age_s
        return limit >= 0 and self._clock.now_ms() - oldest_ms > limit * 1000

    async def _pause(self, lane: Lane, attempt: int) -> None:
        """Back off on the host's clock."""
        end = self._clock.now_ms() + backoff_ms(attempt)
        while self._clock.now_ms() < end:
            await self._sleep(lane, end)

    async def _sleep(self, lane: Lane, end: int) -> None:
        """Wait for the clock to show `end`, or for the lane to be stirred (a new record, a moved clock)."""
        lane.due = end
        lane.stirred.clear()
        self._notify()
        await self._until(end, lane.stirred)
        lane.due = None

    async def _weather(self) -> None:
        """The misbehaviours of a stream: late, and each lane differently late, so that keys overtake each other."""
        longest = self._misbehave.switches.stream_delay_ms
        if longest:
            await asyncio.sleep(self._misbehave.random.random() * longest / 1000)

    def _all_lanes(self) -> list[Lane]:
        return [lane for shard in self._lanes for lane in shard]


def _hash(key: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(key, sort_keys=True).encode())
