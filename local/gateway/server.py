"""The WebSocket server that stands for API Gateway."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from local.clock import Clock
from local.deployment import Deployment
from local.gateway.events import Caller, Events, Handshake
from local.gateway.frames import Frames, bucket
from local.gateway.handshakes import CONNECT, Accepted, Handshakes, Invokes, Refused, refusal_body
from local.gateway.sockets import Socket, Sockets
from local.misbehave import Misbehave
from local.workers.results import FrameObserver

DISCONNECT = "$disconnect"
ABNORMAL = 1006


class Gateway:
    """Serves the deployed API on a free port of 127.0.0.1; `url` is what a client connects to."""

    def __init__(
        self,
        deployment: Deployment,
        invoker: Invokes,
        sockets: Sockets,
        clock: Clock,
        misbehave: Misbehave,
        observers: Sequence[FrameObserver] = (),
        port: int = 0,
    ) -> None:
        self.url = ""
        self._deployment = deployment
        self._invoker = invoker
        self._sockets = sockets
        self._clock = clock
        self._misbehave = misbehave
        self._observers = tuple(observers)
        self._port = port
        self._events = Events(deployment)
        self._handshakes = Handshakes(
            deployment, self._events, invoker, clock, sockets.limits, bucket(deployment, CONNECT)
        )
        self._frames = Frames(deployment, self._events, invoker, sockets, clock, misbehave, observers)
        # Weak: a connection that breaks between $connect and the handshake's end is never asked for again.
        self._accepted: WeakKeyDictionary[ServerConnection, Accepted] = WeakKeyDictionary()
        self._opening: set[asyncio.Future[Accepted]] = set()
        self._ending = 0
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Listen.  Raises `OSError` where a given port is taken."""
        limits = self._sockets.limits
        logger = logging.getLogger("local.gateway")
        logger.setLevel(logging.CRITICAL)  # what clients send wrongly is theirs to see, and holds their data
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self._port,
            process_request=self._open,
            process_response=self._answer,
            compression=None,
            max_size=(limits.message_bytes, limits.frame_bytes),
            ping_interval=None,
            open_timeout=2 * limits.integration_s,
            close_timeout=2.0,
            write_limit=4 * limits.client_buffer_bytes,
            server_header=None,
            logger=logger,
        )
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"ws://{host}:{port}/{self._deployment.stage}"
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Close every connection with 1001 (without $disconnect: the system itself goes away) and stop listening.

        What is under way is given up, like everything on a machine that is switched off.
        """
        self._stopping = True
        for task in (self._sweeper, *self._opening, *self._goodbyes):
            if task is not None:
                task.cancel()
        await self._frames.stop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await self._sockets.closed()

    @property
    def under_way(self) -> int:
        """How many handshakes, frames, closings and $disconnects have begun and not ended."""
        closing = sum(socket.websocket.state is not State.OPEN for socket in self._sockets)
        return len(self._opening) + self._frames.under_way + self._ending + len(self._goodbyes) + closing

    async def _open(self, connection: ServerConnection, request: Request) -> Response | None:
        source_ip = (connection.remote_address or ("127.0.0.1",))[0]
        handshake = Handshake.of(request.path, list(request.headers.raw_items()), source_ip)
        deciding = asyncio.ensure_future(self._handshakes.decide(handshake))
        self._opening.add(deciding)
        try:
            self._accepted[connection] = await deciding
        except asyncio.CancelledError:  # by stop(), which would else wait for $connect
            return connection.respond(503, "Service Unavailable")
        except Refused as refused:
            body = refusal_body(refused)
            headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body))})
            headers["Connection"] = "close"
            return Response(refused.status, refused.message, headers, body)
        finally:
            self._opening.discard(deciding)
        return None

    def _answer(self, connection: ServerConnection, _: Request, response: Response) -> None:
        accepted = self._accepted.get(connection)
        if accepted is None:
            return
        if connection.state is not State.CONNECTING or response.status_code != 101:
            # The client left, or asked for no valid upgrade, while $connect ran: that one is told of the end.
            del self._accepted[connection]
            self._say_goodbye(accepted.caller, ABNORMAL, "")
            return
        for name, value in accepted.headers.items():
            if name.lower() == "sec-websocket-protocol":
                response.headers["Sec-WebSocket-Protocol"] = value

    async def _serve(self, connection: ServerConnection) -> None:
        socket = Socket(connection, self._accepted.pop(connection).caller)
        self._sockets.add(socket)
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    self._sockets.close(socket, 1003, "")
                    break
                self._frames.accept(socket, message)
        except ConnectionClosed:
            pass
        finally:
            self._sockets.remove(socket)
            self._ending += 1
        await self._end(socket)

    async def _end(self, socket: Socket) -> None:
        connection = socket.websocket
        try:
            await connection.wait_closed()
        finally:
            self._ending -= 1
        for observer in self._observers:
            observer.closed(time.monotonic() - socket.opened)
        self._say_goodbye(socket.caller, connection.close_code or ABNORMAL, connection.close_reason or "")

    def _say_goodbye(self, caller: Caller, code: int, reason: str) -> None:
        route = self._deployment.routes.get(DISCONNECT)
        if self._stopping or route is None or self._misbehave.chance(self._misbehave.switches.drop_disconnect):
            return
        event = self._events.disconnect(caller, code, reason, self._clock.now_ms())
        task = asyncio.create_task(self._disconnect(route.function, event, caller.connection_id))
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

    async def _disconnect(self, function: str, event: object, connection_id: str) -> None:
        await self._invoker.invoke(function, event, DISCONNECT, connection_id)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sockets.limits.sweep_s)
            self._sockets.close_overdue()
