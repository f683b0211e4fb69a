"""What an invocation gives back, and the record of it that the meter, the control API and the tests read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"
THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True, slots=True)
class FunctionError:
    """Why an invocation failed: `kind` is Lambda's errorType, `message` its errorMessage.  Never holds a trace."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One AWS call of an invocation.  `index` counts from 1; `units` is what `local.meter.units.measure` said.

    `resources` are the names in its parameters: tables, queue URLs, ARNs, connection ids.  `error` is the error code.
    """

    index: int
    service: str
    operation: str
    resources: tuple[str, ...]
    units: dict[str, Any]
    error: str | None = None
    injected: bool = False
    parts: list[list[str]] | None = None
    """(operation, table) of each action of a transaction."""


@dataclass(slots=True)
class InvokeResult:
    """`payload` is the handler's answer after a trip through JSON; `error` is set instead when it failed."""

    request_id: str
    payload: Any = None
    error: FunctionError | None = None
    calls: list[CallRecord] = field(default_factory=list)
    billed_ms: int = 0
    cpu_ms: float = 0.0
    pid: int = 0
    struck: list[int] | None = None
    """Which of the invocation's call rules made a difference; None if its worker did not live to say."""

    @property
    def failed(self) -> bool:
        """True where Lambda would set FunctionError, or refuse the call (throttled)."""
        return self.error is not None


@dataclass(slots=True)
class Invocation:
    """One invocation as the host saw it.  `operation` is the route key, or the event source mapping's logical id;
    `text` is the event's JSON."""

    function: str
    operation: str
    text: str
    result: InvokeResult
    started_ms: int
    memory_mb: int
    connection_id: str = ""

    def summary(self) -> dict[str, Any]:
        """JSON-able, without the event and the payload (they hold what users wrote)."""
        error = self.result.error
        return {
            "function": self.function,
            "operation": self.operation,
            "request_id": self.result.request_id,
            "connection_id": self.connection_id,
            "started_ms": self.started_ms,
            "billed_ms": self.result.billed_ms,
            "cpu_ms": self.result.cpu_ms,
            "pid": self.result.pid,
            "error": asdict(error) if error else None,
            "calls": [asdict(call) for call in self.result.calls],
        }


class Observer(Protocol):
    """Whoever wants to know of invocations: the meter's ledger, the pumps, the list of recent ones.  Be quick."""

    def invocation(self, record: Invocation) -> None:
        """An invocation has ended, well or badly."""


class FrameObserver(Protocol):
    """Whoever wants to know what crosses clients' sockets: the meter's ledger.  Be quick.

    A post to a connection is seen twice: here as a frame, and as a call of the invocation that made it.
    """

    def frame(self, operation: str, direction: Literal["in", "reply", "event"], size: int) -> None:
        """A frame of `size` bytes passed; `operation` is the route key, empty for an event."""

    def closed(self, seconds: float) -> None:
        """A connection that lasted so long has ended."""
