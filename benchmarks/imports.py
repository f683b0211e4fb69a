"""What each function's start costs, as a ratio to the smallest boto3 program that could answer a WebSocket.

CPU time (user + system) of fresh interpreters, over that of a bare one.  A function is imported *and* wired: clients
made, services built, as its first invocation needs them, so that a lazy import does not look like a cheap one.  All
programs run in turn, round after round, and each is represented by its cheapest run: other work on the machine only
ever adds.  `python -m benchmarks.imports` prints the table and exits non-zero when a limit is broken.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Final, NamedTuple

from benchmarks.options import options
from tidings.storage import keys

ROUNDS: Final = 15
BARE: Final = "pass"
BASELINE: Final = """
import boto3
boto3.resource("dynamodb")
boto3.client("apigatewaymanagementapi", endpoint_url="https://abc.execute-api.us-east-1.amazonaws.com/dev")
"""
HANDLER_LIMIT: Final = 1.35
AUTHORIZER_LIMIT: Final = 0.5

SUBJECTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "authorizer": ("functions.connect.authorizer", "authorizer", "build"),
    "connect": ("functions.connect.handler", "connect", "build"),
    "send": ("functions.send.handler", "send", "build"),
    "timeline": ("functions.timeline.handler", "timeline", "build"),
    "plan": ("functions.fanout.plan", "fanout", "build_planner"),
    "work": ("functions.fanout.work", "fanout", "build_worker"),
    "push": ("functions.push.handler", "push", "build"),
}
"""Handler module, and the module of `tidings.bootstrap` with the function that wires it."""

WIRE: Final = """
import {handler}
from tidings.bootstrap.{bootstrap} import {build}
{build}()
"""

ENVIRONMENT: Final[Mapping[str, str]] = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "tidings-benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "Tidings",
    "TIDINGS_STAGE": "dev",
    "TIDINGS_ISSUER": "https://issuer.example",
    "TIDINGS_AUDIENCE": "app",
    "TIDINGS_CALLBACK_URL": "https://abc.execute-api.us-east-1.amazonaws.com/dev",
    "TIDINGS_QUEUE_SMALL": "https://sqs.us-east-1.amazonaws.com/123456789012/small",
    "TIDINGS_QUEUE_LARGE": "https://sqs.us-east-1.amazonaws.com/123456789012/large",
}


class Cost(NamedTuple):
    """A function's start: CPU milliseconds over a bare interpreter, ratio to the baseline, and the ratio's limit."""

    name: str
    ms: float
    ratio: float
    limit: float


def environment() -> dict[str, str]:
    """A function's environment; bytecode may be written, so that only the first round compiles."""
    tables = {table.variable: table.name for table in keys.TABLES}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ENVIRONMENT, **tables}


def cpu_ms(program: str, environ: Mapping[str, str]) -> float:
    """CPU milliseconds of one interpreter that runs `program`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1_000


def measure(rounds: int = ROUNDS, names: tuple[str, ...] = tuple(SUBJECTS)) -> tuple[float, list[Cost]]:
    """CPU milliseconds of the baseline over a bare interpreter, and the cost of each function."""
    programs = {"bare": BARE, "baseline": BASELINE}
    for name in names:
        handler, bootstrap, build = SUBJECTS[name]
        programs[name] = WIRE.format(handler=handler, bootstrap=bootstrap, build=build)
    environ = environment()
    for program in programs.values():
        cpu_ms(program, environ)  # compiles, and fills the page cache
    runs = [{name: cpu_ms(program, environ) for name, program in programs.items()} for _ in range(rounds)]
    best = {name: min(run[name] for run in runs) for name in programs}
    baseline = best["baseline"] - best["bare"]
    costs = []
    for name in names:
        ms = best[name] - best["bare"]
        limit = AUTHORIZER_LIMIT if name == "authorizer" else HANDLER_LIMIT
        costs.append(Cost(name, ms, ms / baseline, limit))
    return baseline, costs


def main() -> int:
    """Print the table; 1 when a limit is broken."""
    parser = options("imports", __doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("names", nargs="*", metavar="function", help=", ".join(SUBJECTS))
    given = parser.parse_args()
    if unknown := set(given.names) - SUBJECTS.keys():
        parser.error(f"there is no function {', '.join(sorted(unknown))}")
    baseline, costs = measure(given.rounds, tuple(given.names) or tuple(SUBJECTS))
    print(f"{'function':12} {'CPU ms':>7} {'ratio':>6} {'limit':>6}")
    print(f"{'baseline':12} {baseline:7.0f} {1:6.2f}")
    for cost in costs:
        verdict = "" if cost.ratio <= cost.limit else "  over"
        print(f"{cost.name:12} {cost.ms:7.0f} {cost.ratio:6.2f} {cost.limit:6.2f}{verdict}")
    return int(any(cost.ratio > cost.limit for cost in costs))


if __name__ == "__main__":
    sys.exit(main())
