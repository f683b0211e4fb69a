"""From a client's frame to its invocation and back: throttle, route, misbehave, invoke, reply."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from local.clock import Clock
from local.deployment import Deployment, RouteSpec
from local.gateway import routing
from local.gateway.events import Events, short_id
from local.gateway.handshakes import Invokes
from local.gateway.limits import TokenBucket
from local.gateway.sockets import BufferFull, Gone, Socket, Sockets
from local.misbehave import Misbehave
from local.workers.results import FrameObserver, InvokeResult

REORDER_PATIENCE_S = 0.05


@dataclass(slots=True)
class Frame:
    """A frame on its way, stamped when it arrived."""

    socket: Socket
    route: RouteSpec
    body: str
    stamp_ms: int
    request_id: str


class Frames:
    """Handles frames; each in a task of its own, so those of one connection overtake each other as on AWS."""

    def __init__(
        self,
        deployment: Deployment,
        events: Events,
        invoker: Invokes,
        sockets: Sockets,
        clock: Clock,
        misbehave: Misbehave,
        observers: Sequence[FrameObserver],
    ) -> None:
        self._routes = routing.Routes(deployment)
        self._events = events
        self._invoker = invoker
        self._sockets = sockets
        self._clock = clock
        self._misbehave = misbehave
        self._observers = tuple(observers)
        self._buckets = {key: bucket(deployment, key) for key in deployment.routes}
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Future[InvokeResult]] = set()

    @property
    def under_way(self) -> int:
        """How many frames have come and are not done with."""
        return len(self._tasks) + sum(len(socket.held_back) for socket in self._sockets)

    def accept(self, socket: Socket, body: str) -> None:
        """A text frame has come; returns at once."""
        now_ms = self._clock.now_ms()
        socket.touch(now_ms)
        route, request_id = self._routes.select(body), short_id()
        if route is None:
            self._start(self._tell(socket, routing.gateway_error("Forbidden", _id(socket), request_id), ""))
            return
        if not self._buckets[route.key].take():
            self._sockets.close(socket, 1008, "Too many requests")
            return
        if self._misbehave.chance(self._misbehave.switches.lose_frame):
            return
        for observer in self._observers:
            observer.frame(route.key, "in", len(body.encode()))
        frame = Frame(socket, route, body, now_ms, request_id)
        if self._misbehave.switches.reorder > 1:
            self._hold_back(frame)
        else:
            self._start(self._handle(frame))

    async def stop(self) -> None:
        """Give up the frames under way."""
        under_way: list[asyncio.Future[Any]] = [*self._tasks, *self._calls]
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hold_back(self, frame: Frame) -> None:
        """Collect a group, then handle it last one first, each to its end, so that the order is surely wrong."""
        waiting = frame.socket.held_back
        waiting.append(frame)
        if len(waiting) >= self._misbehave.switches.reorder:
            self._let_go(frame.socket)
        elif len(waiting) == 1:
            asyncio.get_running_loop().call_later(REORDER_PATIENCE_S, self._let_go, frame.socket)

    def _let_go(self, socket: Socket) -> None:
        group, socket.held_back = socket.held_back[::-1], []
        if group:
            self._start(self._handle_all(group))

    async def _handle_all(self, group: list[Frame]) -> None:
        for frame in group:
            await self._handle(frame)

    async def _handle(self, frame: Frame) -> None:
        delay_ms = self._misbehave.switches.delay_ms
        if delay_ms:
            await asyncio.sleep(self._misbehave.random.uniform(0, delay_ms) / 1000)
        event = self._events.message(frame.socket.caller, frame.route.key, frame.request_id, frame.body, frame.stamp_ms)
        call = asyncio.ensure_future(
            self._invoker.invoke(frame.route.function, event, frame.route.key, _id(frame.socket))
        )
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        # Not cancelled when that is too long: Lambda goes on, only the client is told.
        await asyncio.wait((call,), timeout=self._sockets.limits.integration_s)
        if not frame.route.route_response:
            return
        try:
            if not call.done():
                raise ValueError("Endpoint request timed out")
            body = routing.reply(call.result())
        except ValueError as failure:
            body = routing.gateway_error(str(failure), _id(frame.socket), frame.request_id)
        if body is not None and not self._misbehave.chance(self._misbehave.switches.lose_reply):
            await self._tell(frame.socket, body, frame.route.key)

    async def _tell(self, socket: Socket, body: str, route_key: str) -> None:
        data = body.encode()
        if len(data) > self._sockets.limits.message_bytes:
            self._sockets.close(socket, 1009, "")
            return
        try:
            await socket.send(data, self._sockets.limits, self._clock.now_ms())
        except (Gone, BufferFull):
            return  # a reply has no other way to its client, on AWS neither
        for observer in self._observers:
            observer.frame(route_key, "reply", len(data))


def bucket(deployment: Deployment, route_key: str) -> TokenBucket:
    """The throttle of a route: its own, or the stage's."""
    route = deployment.routes.get(route_key)
    if route is not None and route.throttle_rate is not None:
        return TokenBucket(route.throttle_rate, route.throttle_burst)
    return TokenBucket(deployment.default_throttle_rate, deployment.default_throttle_burst)


def _id(socket: Socket) -> str:
    return socket.caller.connection_id
