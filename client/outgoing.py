"""Requests on their way: each is sent, sent again and matched with its reply until it is settled.

add       a request joins its lane, or flies at once if it has none
answered  a reply settles its frame, or puts off what may pass
tick      what was not answered in time is sent again, as it was
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from client.backoff import Backoff
from client.errors import Closed, RequestError
from client.frames import MAX_BATCH, MAX_FRAME, Reply
from client.lanes import LANE_OF, MESSAGES, Flight, Lane, Request, frame_text, make_lanes

log = logging.getLogger("tidings.client")
SMALLEST_FRAME = 1024
PATIENCE = 5
"""Failures of one frame in a row, that may pass, before a word is said about them."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.  `ack`: resend a frame after this long, doubling up to `ack_cap`; `retry`, `retry_cap`: back-off after
    an error that may pass; `silent`: give a connection up that owes replies and says nothing for this long;
    `receipts`: gather receipts for this long; `keep_alive`: sync this often (the gateway's idle limit is 600)."""

    ack: float = 5.0
    ack_cap: float = 20.0
    retry: float = 0.5
    retry_cap: float = 20.0
    silent: float = 12.0
    receipts: float = 0.2
    keep_alive: float = 240.0


class Outgoing:
    """Lanes and flights.  `extras(n)` gives up to n more requests that may travel with a frame of messages."""

    def __init__(self, timing: Timing, rng: random.Random, extras: Callable[[int], list[Request]]) -> None:
        self._timing = timing
        self._random = rng
        self._extras = extras
        self._lanes = make_lanes(self._backoff)
        self._flights: dict[str, Flight] = {}
        self._count = 0
        self._max_frame = MAX_FRAME
        self.frames: list[str] = []
        self.settled: list[Request] = []

    def add(self, request: Request, now: float) -> None:
        """Take a request.  Raises `RequestError` for what can never be sent."""
        request.measure()
        if request.action in LANE_OF:
            self._lanes[LANE_OF[request.action]].queue.append(request)
        else:
            self._fly([request], None, now)

    def withdraw(self, request: Request) -> None:
        """Nobody waits for it any more: forget it unless it has left already; a query, in any case."""
        for lane in self._lanes.values():
            if request in lane.queue:
                lane.queue.remove(request)
        for flight in list(self._flights.values()):
            if flight.lane is None and request in flight.requests:
                self._land(flight)

    def opened(self, now: float) -> None:
        """A new connection: everything unanswered is sent again, in the order in which it was first sent.  What the
        server wants later is sent later."""
        self.frames.clear()
        for flight in self._flights.values():
            if not flight.told or flight.resend_at <= now:
                self._send(flight, now)

    def closed(self) -> None:
        """The connection went.  What the session asked for itself is dropped: it asks again."""
        self.frames.clear()
        for flight in list(self._flights.values()):
            if flight.requests[0].owner in ("sync", "whoami", "watch"):
                self._land(flight)

    def too_large(self) -> None:
        """The gateway closed with 1009: smaller frames from now on; one action that is too large alone fails."""
        self._max_frame = max(SMALLEST_FRAME, self._max_frame // 2)
        largest = max(self._flights.values(), key=lambda flight: len(flight.text.encode()), default=None)
        if largest is None:
            return
        self._land(largest)
        if len(largest.requests) > 1 and largest.lane is not None:
            largest.lane.requeue(largest.requests)
        else:
            self._settle(
                largest.requests[0], RequestError("invalid_request", "The server refuses frames of this size.")
            )

    def answered(self, frame: Reply, now: float) -> bool:
        """Settle what `frame` answers; False if it answers nothing (a reply to a frame that was answered before)."""
        flight = self._flights.get(str(frame.get("id")))
        if flight is None:
            return False
        if frame.get("type") != "error":
            self._replied(flight, frame, now)
        elif frame.get("retryable"):
            self._put_off(flight, flight.requests, frame, now)
        elif len(flight.requests) > 1 and flight.lane is not None:
            # One of them made the server refuse the frame as a whole; alone, each gets the answer it deserves.
            self._land(flight)
            for each in flight.requests:
                each.alone = True
            flight.lane.requeue(flight.requests)
        else:
            self._land(flight)
            self._settle(flight.requests[0], error_of(frame))
        return True

    def say(self, action: str, fields: dict[str, Any]) -> None:
        """Send a frame that is worth nothing later: it is never sent again, and its reply goes unread."""
        self._count += 1
        self.frames.append(Request(action, fields).text(str(self._count)))

    def hurry(self, now: float) -> None:
        """The gateway said that some frame failed, not which: send all again soon, without waiting for the timeout."""
        for flight in self._flights.values():
            if not flight.told:
                flight.resend_at = min(flight.resend_at, now + flight.retries.next())

    def tick(self, now: float) -> int:
        """Send again what is due; the most often that any of these was sent (0 if none was due)."""
        due = [each for each in self._flights.values() if each.resend_at <= now]
        for flight in due:
            self._send(flight, now)
        return max((flight.attempts for flight in due), default=0)

    def pump(self, now: float, extras_due: bool) -> None:
        """Start the next frame of each lane that is free; `extras_due`: for the extras alone, too."""
        for lane in self._lanes.values():
            if lane.flight is not None or lane.hold_until > now:
                continue
            requests = lane.pack(self._max_frame)
            if lane.name == MESSAGES and (requests or extras_due) and all(each.shares for each in requests):
                requests += self._fitting(requests)
            if requests:
                self._fly(requests, lane, now)

    def shut(self) -> None:
        """The end: whatever is unanswered fails with `Closed`."""
        waiting = [each for flight in self._flights.values() for each in flight.requests]
        waiting += [each for lane in self._lanes.values() for each in lane.queue]
        self._flights.clear()
        for lane in self._lanes.values():
            lane.queue.clear()
            lane.flight = None
        for each in waiting:
            self._settle(each, Closed("The client was closed before the server answered."))

    def waiting(self, name: str) -> list[Request]:
        """A lane's requests that are not settled, in order."""
        lane = self._lanes[name]
        return [*(lane.flight.requests if lane.flight else ()), *lane.queue]

    def resends(self) -> Iterator[float]:
        """When `tick` has something to do."""
        return (flight.resend_at for flight in self._flights.values())

    def starts(self, extras_at: float | None) -> Iterator[float]:
        """When `pump` has something to do, the extras being due at `extras_at`."""
        for lane in self._lanes.values():
            if lane.flight is None and lane.queue:
                yield lane.hold_until
            elif lane.flight is None and lane.name == MESSAGES and extras_at is not None:
                yield max(lane.hold_until, extras_at)

    def __len__(self) -> int:
        """How many requests are not settled."""
        return sum(len(each.requests) for each in self._flights.values()) + sum(
            len(lane.queue) for lane in self._lanes.values()
        )

    def _fitting(self, requests: list[Request]) -> list[Request]:
        room = self._max_frame - sum(each.size for each in requests) - SMALLEST_FRAME
        # An `ack` is at most 512 bytes: a conversation id of 300 and a position of 34 beside the names.
        return self._extras(max(0 if requests else 1, min(MAX_BATCH - len(requests), room // 512)))

    def _fly(self, requests: list[Request], lane: Lane | None, now: float) -> None:
        self._count += 1
        frame_id = str(self._count)
        flight = Flight(frame_id, frame_text(requests, frame_id), requests, lane, self._backoff())
        self._flights[frame_id] = flight
        if lane is not None:
            lane.flight = flight
        self._send(flight, now)

    def _send(self, flight: Flight, now: float) -> None:
        wait = min(self._timing.ack_cap, self._timing.ack * 2**flight.attempts)
        flight.resend_at = now + wait * self._random.uniform(1.0, 1.2)
        flight.attempts = min(flight.attempts + 1, 16)
        flight.told = False
        self.frames.append(flight.text)

    def _land(self, flight: Flight) -> None:
        del self._flights[flight.id]
        if flight.lane is not None:
            flight.lane.flight = None

    def _replied(self, flight: Flight, frame: Reply, now: float) -> None:
        if frame.get("type") != "batch" or flight.requests[0].action == "batch":
            self._land(flight)
            flight.requests[0].reply = frame
            self.settled.append(flight.requests[0])
            if flight.lane is not None:
                flight.lane.retries.reset()
            return
        again, worst = [], frame
        for request, result in zip_longest(flight.requests, frame.get("results", ())[: len(flight.requests)]):
            if result is None:
                again.append(request)
            elif result.get("type") != "error":
                request.reply = result
                self.settled.append(request)
            elif result.get("retryable"):
                worst = worst if again else result
                again.append(request)
            else:
                self._settle(request, error_of(result))
        if again:
            self._put_off(flight, again, worst, now)
        else:
            self._land(flight)
            if flight.lane is not None:
                flight.lane.retries.reset()

    def _put_off(self, flight: Flight, requests: list[Request], frame: Reply, now: float) -> None:
        """Try `requests` again after the wait the server asked for, or a back-off of our own."""
        if flight.retries.failures + 1 == PATIENCE:
            log.warning("still trying: %s (%s)", requests[0].action, frame.get("code"))
        if flight.lane is None or len(requests) == len(flight.requests):
            flight.resend_at = now + self._wait(flight.retries, frame)
            flight.told, flight.attempts = True, 0
            return
        # Some of it was done: whatever troubled the server, it is not what it was.
        flight.lane.retries.reset()
        self._land(flight)
        flight.lane.requeue(requests)
        flight.lane.hold_until = now + self._wait(flight.lane.retries, frame)

    def _wait(self, retries: Backoff, frame: Reply) -> float:
        """Seconds to wait, at least what the server asked for.  A limit on our rate is no failure: nothing doubles."""
        asked = float(frame.get("retry_after_ms") or 0) / 1_000
        if frame.get("code") == "rate_limited" and asked:
            return asked * self._random.uniform(1.0, 1.1)
        return retries.next(asked)

    def _settle(self, request: Request, error: RequestError | Closed) -> None:
        request.error = error
        self.settled.append(request)

    def _backoff(self) -> Backoff:
        return Backoff(self._timing.retry, self._timing.retry_cap, self._random)


def error_of(frame: Reply) -> RequestError:
    """The error of an error reply."""
    return RequestError(str(frame.get("code", "internal")), str(frame.get("message", "The server gave no reason.")))
