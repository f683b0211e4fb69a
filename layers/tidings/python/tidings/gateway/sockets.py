"""Live frames over API Gateway's @connections.

Events are encoded once per protocol, however many connections get them.  What the gateway answers is an answer and
not an error: 410 is gone, 429 is a full buffer or a rate (the client has backed off once already, and sync repairs
the rest), 413 is a frame too large.  Posting never raises: the message is durable already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tidings.domain.errors import Unavailable
from tidings.domain.events import LiveEvent
from tidings.domain.identity import Connection
from tidings.ports.people import Activity, Delivery, PostResult
from tidings.protocol.actions import SUBPROTOCOL

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

T = TypeVar("T")
Encoder = Callable[[tuple[LiveEvent, ...]], bytes]

AT_ONCE: Final = 16
"""Posts in flight: they wait for the network, not for the processor; well under the client's pool of 32."""

GONE: Final = 410
_ANSWERS: Final[Mapping[int, PostResult]] = {GONE: "gone", 413: "too_large", 429: "busy"}


def encode_tidings(events: tuple[LiveEvent, ...]) -> bytes:
    """The live frame of `tidings.v1`."""
    # Only whoever has a frame to post needs the models of all frames, and their library.
    from tidings.protocol.events import events_frame
    from tidings.protocol.frames import encode

    return encode(events_frame(events)).encode()


ENCODERS: Final[Mapping[str, Encoder]] = {SUBPROTOCOL: encode_tidings}
"""By the protocol that the connection speaks."""


class ManagedSockets:
    """The sockets of one deployed stage."""

    def __init__(self, client: ApiGatewayManagementApiClient, encoders: Mapping[str, Encoder] = ENCODERS) -> None:
        self._client = client
        self._encoders = encoders
        self._pool: ThreadPoolExecutor | None = None

    def post(self, deliveries: Sequence[Delivery]) -> list[PostResult]:
        """Post each delivery as one frame in its connection's protocol, concurrently; results in the same order."""
        frames = self._encode(deliveries)
        ids = [delivery.connection.connection_id for delivery in deliveries]
        if len(deliveries) == 1:
            return [self._send(ids[0], frames[0])]
        return list(self._threads().map(self._send, ids, frames))

    def active(self, connections: Sequence[Connection]) -> list[Activity]:
        """Ask the gateway about each, concurrently; results in the same order."""
        return self._each(self._look, [each.connection_id for each in connections])

    def close(self, connections: Sequence[Connection]) -> list[bool]:
        """End each, concurrently.  Whether it is ended now: one that was gone already is."""
        return self._each(self._end, [each.connection_id for each in connections])

    def farewell(self, connection: Connection, frame: str) -> None:
        """Post a frame that is encoded already, best effort, and end the connection.  Raises `Unavailable`."""
        if self._send(connection.connection_id, frame.encode()) != "gone" and not self._end(connection.connection_id):
            raise Unavailable("The connection could not be ended. Send this again.")

    def _each(self, call: Callable[[str], T], ids: Sequence[str]) -> list[T]:
        return [call(each) for each in ids] if len(ids) < 2 else list(self._threads().map(call, ids))

    def _look(self, connection_id: str) -> Activity:
        try:
            found = self._client.get_connection(ConnectionId=connection_id)
        except ClientError as error:
            return "gone" if _status(error) == GONE else "unknown"
        except BotoCoreError:
            return "unknown"
        return int(found["LastActiveAt"].timestamp() * 1_000)

    def _end(self, connection_id: str) -> bool:
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            return _status(error) == GONE
        except BotoCoreError:
            return False
        return True

    def _encode(self, deliveries: Sequence[Delivery]) -> list[bytes | None]:
        """A frame each; None where this version does not speak the connection's protocol."""
        made: dict[tuple[str, tuple[LiveEvent, ...]], bytes] = {}
        frames: list[bytes | None] = []
        for delivery in deliveries:
            protocol = delivery.connection.protocol
            encoder = self._encoders.get(protocol)
            key = (protocol, delivery.events)
            if encoder is not None and key not in made:
                made[key] = encoder(delivery.events)
            frames.append(made.get(key))
        return frames

    def _send(self, connection_id: str, frame: bytes | None) -> PostResult:
        if frame is None:
            return "failed"
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except ClientError as error:
            return _ANSWERS.get(_status(error), "failed")
        except BotoCoreError:
            return "failed"
        return "sent"

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(AT_ONCE, "post")
        return self._pool


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
