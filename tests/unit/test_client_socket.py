"""The socket under the client: what it lets go of, and where it does not go."""

import asyncio
import contextlib
import re

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.utils import accept_key

from client import Client, Timing
from client.errors import ClientError
from tests.unit.client_rig import serve


async def test_a_line_that_went_dead_is_let_go_of():
    """Nothing comes any more, not even the answer to our close: each of these would keep its socket for ever."""
    ended = asyncio.Event()

    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", await reader.readuntil(b"\r\n\r\n"))
        assert key is not None
        answer = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: tidings.v1")
        accept = f"Sec-WebSocket-Accept: {accept_key(key[1].decode())}"
        writer.write("\r\n".join(("HTTP/1.1 101 Yes", *answer, accept, "", "")).encode())
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        writer.close()
        ended.set()

    async with await asyncio.start_server(fall_silent, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/dev"
        async with Client(url, "alice-1", timing=Timing(ack=0.01, silent=0.02)):
            await ended.wait()


async def test_a_token_is_not_carried_on_to_where_a_redirect_leads():
    async with serve() as other:

        def elsewhere(_: ServerConnection, request: Request) -> Response:
            return Response(302, "Found", Headers({"Location": other.url, "Content-Length": "0"}), b"")

        async with listen(lambda _: asyncio.sleep(0), "127.0.0.1", 0, process_request=elsewhere) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/dev"
            async with Client(url, "alice-1", timing=Timing(ack=0.1)) as client:
                with pytest.raises(ClientError, match="302"):
                    await client.ready(0.2)
        assert other.tokens == []
