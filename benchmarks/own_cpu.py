"""What the send handler's own code costs a message: CPU of the real handler with AWS's answers made on the spot.

`botocore.client.BaseClient._make_api_call` is replaced by a table of answers, so what is left is ours: parsing,
validation, the use case, the item codecs, the reply.  `python -m benchmarks.own_cpu` prints it beside one real
boto3 call's CPU (signing, serializing, parsing) against a server that answers at once.
"""

from __future__ import annotations

import json
import os
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from unittest import mock

from benchmarks.imports import environment
from benchmarks.options import options

ROUNDS: Final = 2_000
WARM: Final = 200


def cpu_ms(work: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """CPU milliseconds of one `work(n)` in this thread, after a warm-up."""
    for number in range(WARM):
        work(number)
    began = time.thread_time()
    for number in range(rounds):
        work(WARM + number)
    return (time.thread_time() - began) * 1_000 / rounds


def message(number: int) -> dict[str, Any]:
    """A `send` as the gateway hands it over, stamped now."""
    now = int(time.time() * 1_000)
    body = {"action": "send", "id": "1", "client_id": f"c{number}", "to": "bob", "text": "x" * 100}
    return {
        "requestContext": {
            "routeKey": "send",
            "eventType": "MESSAGE",
            "messageId": f"m{number}",
            "requestId": f"r{number}",
            "connectionId": "abc=",
            "connectedAt": now - 60_000,
            "requestTimeEpoch": now,
            "authorizer": {"user_id": "alice", "device_id": "phone", "expires_at": str(now // 1_000 + 3_600)},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


UNLIMITED = {"TIDINGS_SEND_RATE": "1000000", "TIDINGS_SEND_BURST": "100000000"}
"""One user, who sends as fast as the handler goes."""


def answer(_client: object, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """What AWS would answer: bob has talked with alice and has one socket."""
    if operation == "GetItem" and "Memberships" in params["TableName"]:
        return {"Item": {**params["Key"], "since": {"S": "1761549617128-abcdefgh-abcdefgh-00"}}}
    if operation != "BatchGetItem":
        return {}
    (table,) = params["RequestItems"]
    found = []
    for key in params["RequestItems"][table]["Keys"]:
        entry = {"M": {"id": {"S": "bobs="}, "at": {"N": "1"}, "protocol": {"S": "tidings.v1"}}}
        if "Connections" in table:
            now = str(int(time.time() * 1_000) - 60_000)
            entry["M"]["at"] = {"N": now}
            found.append({**key, "d#phone": entry})
        else:
            found.append(key)
    return {"Responses": {table: found}, "UnprocessedKeys": {}}


class _Empty(socketserver.StreamRequestHandler):
    """Answers every call with an empty object, in one segment."""

    def handle(self) -> None:
        """The calls of one connection."""
        while self.rfile.readline().strip():
            length = 0
            while line := self.rfile.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def one_call() -> float:
    """CPU milliseconds of one boto3 put in the calling thread."""
    import boto3

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Empty)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{server.server_address[1]}")
    item = {"user_id": {"S": "alice"}, "client_id": {"S": "c"}, "text": {"S": "x" * 100}}
    try:
        return cpu_ms(lambda _: client.put_item(TableName="Outbox", Item=item), rounds=ROUNDS // 4)
    finally:
        server.shutdown()


def main() -> None:
    """Print both."""
    os.environ.update(environment() | UNLIMITED)
    from functions.send.handler import handler

    made = {"calls": 0}

    def counted(client: object, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        made["calls"] += 1
        return answer(client, operation, params)

    context = type("Context", (), {"aws_request_id": "r", "function_name": "send"})()
    with mock.patch("botocore.client.BaseClient._make_api_call", counted):
        reply = json.loads(handler(message(-1), context)["body"])
        assert reply["type"] == "ack", reply
        made["calls"] = 0
        own = cpu_ms(lambda number: handler(message(number), context))
        calls = made["calls"] / (ROUNDS + WARM)
    call = one_call()
    print(f"own code, a 1:1 message    {own:6.2f} ms CPU (limit 1)")
    print(f"one boto3 call             {call:6.2f} ms CPU")
    print(f"AWS calls a message        {calls:6.1f}; own code is {own / (own + calls * call):.0%} of the handler's CPU")


if __name__ == "__main__":
    options("own_cpu", __doc__).parse_args()
    main()
