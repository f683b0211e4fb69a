"""The worker: one forked process, one invocation at a time, until its socket closes or the host kills it."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from local.workers import shift, wire
from local.workers.context import LambdaContext
from local.workers.hooks import Recorder
from local.workers.rules import CallRules

Handler = Callable[[Any, LambdaContext], Any]


class Worker:
    """Answers invocations on `sock`.  `handler` is None where its import failed, `failure` then says how."""

    def __init__(
        self, sock: socket.socket, recorder: Recorder, handler: Handler | None, failure: dict[str, str] | None
    ) -> None:
        self._sock = sock
        self._recorder = recorder
        self._handler = handler
        self._failure = failure
        self._name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self._memory = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])

    def serve(self) -> None:
        """Until the host hangs up."""
        self._sock.sendall(wire.pack({"ready": True, "pid": os.getpid()}))
        while (frame := wire.read(self._sock)) is not None:
            header, body = frame
            shift.set_offset(header["offset_ms"])
            rules = CallRules(header["rules"], self._pause) if header["rules"] else None
            self._recorder.begin(rules)
            started = time.process_time()
            payload, error = self._run(header, body)
            answer = {
                "error": error,
                "calls": self._recorder.calls,
                "struck": sorted(rules.struck) if rules else [],
                "cpu_ms": round((time.process_time() - started) * 1000, 3),
            }
            sys.stdout.flush()
            self._sock.sendall(wire.pack(answer, payload))

    def _run(self, header: dict[str, Any], body: bytes) -> tuple[bytes, dict[str, str] | None]:
        if self._handler is None:
            return b"null", self._failure
        context = LambdaContext(
            function_name=self._name,
            invoked_function_arn=header["arn"],
            memory_limit_in_mb=self._memory,
            aws_request_id=header["id"],
            deadline=time.monotonic() + header["timeout_s"],
            log_group_name=f"/aws/lambda/{self._name}",
        )
        try:
            result = self._handler(json.loads(body), context)
        except Exception as problem:
            return b"null", describe(problem)
        try:
            return json.dumps(result).encode(), None
        except (TypeError, ValueError) as problem:
            return b"null", {"kind": "Runtime.MarshalError", "message": f"Unable to marshal response: {problem}"}

    def _pause(self, rule: str, index: int) -> None:
        self._sock.sendall(wire.pack({"paused": rule, "index": index}))
        frame = wire.read(self._sock)
        if frame is None:
            os._exit(1)
        shift.set_offset(frame[0]["offset_ms"])


def describe(problem: BaseException) -> dict[str, str]:
    """Lambda's errorType and errorMessage; where it happened goes to the function's log, values do not."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(problem.__traceback__)]
    print(f"[ERROR] {type(problem).__name__} at {' > '.join(places[-4:])}", flush=True)
    return {"kind": type(problem).__name__, "message": str(problem)}
