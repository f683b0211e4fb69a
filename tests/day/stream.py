"""The mailboxes' stream as Lambda hands it to the push function: gathered for a window, up to a hundred records, one
batch at a time; after a partial failure again from the first failed record on, a little later each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.day.acts import Act, Batch
from tests.day.time import STREAM, DayClock
from tidings.services.push import Incoming

WINDOW_MS = 3_000
RECORDS = 100
ATTEMPTS = 10
RETRY_MS = 500

Record = tuple[str, Act, Incoming]


class Stream:
    """One shard.  `batches` is what was tried, `lost` what was given up."""

    def __init__(self, clock: DayClock, notify: Callable[[list[Incoming]], set[str]]) -> None:
        self._clock = clock
        self._notify = notify
        self._waiting: list[tuple[int, Record]] = []
        self._busy = False
        self.batches: list[Batch] = []
        self.lost: list[Record] = []

    def show(self, record: Record) -> None:
        """A new record."""
        self._waiting.append((self._clock.since, record))
        self._plan()

    def _plan(self) -> None:
        """When the next batch is due: by its oldest record, or because it is full."""
        if self._waiting and not self._busy:
            full = len(self._waiting) >= RECORDS
            due = self._clock.since if full else self._waiting[0][0] + WINDOW_MS
            self._clock.at(due, self._deliver, STREAM)

    def _deliver(self) -> None:
        ready = self._waiting and (
            len(self._waiting) >= RECORDS or self._waiting[0][0] + WINDOW_MS <= self._clock.since
        )
        if self._busy or not ready:
            return
        self._busy = True
        batch = [record for _, record in self._waiting[:RECORDS]]
        del self._waiting[:RECORDS]
        self._try(batch)
        self._busy = False
        self._plan()

    def _try(self, batch: Sequence[Record]) -> None:
        for attempt in range(ATTEMPTS):
            began = self._clock.since
            failed = self._notify([incoming for _, _, incoming in batch])
            records = tuple((who, act) for who, act, _ in batch)
            self.batches.append(Batch(records, began, self._clock.since))
            if not failed:
                return
            first = next(place for place, (_, _, incoming) in enumerate(batch) if incoming.key in failed)
            batch = batch[first:]
            self._clock.sleep(RETRY_MS << attempt)
        self.lost += batch
