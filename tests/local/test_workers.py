"""Functions run as on Lambda: their own environment, one invocation a process, bounded, killed when too slow."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local.deployment import FunctionSpec
from local.workers.invoker import Invoker
from tests.local import rigs


@asynccontextmanager
async def running(tmp_path: Path, *functions: FunctionSpec, notes: rigs.Notes | None = None) -> AsyncIterator[Invoker]:
    """A started invoker of these functions."""
    invoker, _, _ = rigs.invoker(rigs.deployment(*functions), tmp_path / "logs", notes)
    await invoker.start()
    try:
        yield invoker
    finally:
        await invoker.stop()


def gone(pid: int) -> bool:
    """True when no such process runs any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


async def until_gone(pid: int) -> None:
    """Returns when it has ended; the test's own time limit says when that is too late."""
    while not gone(pid):
        await asyncio.sleep(0.005)


async def test_the_handler_gets_event_and_context_and_answers(tmp_path: Path) -> None:
    notes = rigs.Notes()
    spec = rigs.function("echo.handler", memory_mb=256, timeout_s=9)
    async with running(tmp_path, spec, notes=notes) as invoker:
        result = await invoker.invoke("echo_handler", {"text": "żółw", "n": [1, None]})
    assert result.error is None
    answer = result.payload
    assert answer["event"] == {"text": "żółw", "n": [1, None]}
    assert (answer["name"], answer["memory"], answer["arn"]) == (spec.name, 256, spec.arn)
    assert answer["request_id"] == result.request_id and result.billed_ms >= 1
    assert 0 < answer["remaining_ms"] <= 9000
    assert [each.function for each in notes.invocations] == ["echo_handler"]


async def test_a_warm_worker_is_used_again_and_is_another_process(tmp_path: Path) -> None:
    async with running(tmp_path, rigs.function("echo.handler")) as invoker:
        answers = [(await invoker.invoke("echo_handler", {})).payload for _ in range(3)]
    assert {answer["pid"] for answer in answers} == {answers[0]["pid"]} != {os.getpid()}
    assert [answer["calls"] for answer in answers] == [1, 2, 3]


async def test_the_environment_is_the_templates_and_lambdas_and_nothing_of_this_machine(tmp_path: Path) -> None:
    os.environ["TIDINGS_TEST_LEAK"] = "from the machine"
    try:
        async with running(tmp_path, rigs.function("echo.environment", memory_mb=192)) as invoker:
            seen = (await invoker.invoke("echo_environment", {})).payload
    finally:
        del os.environ["TIDINGS_TEST_LEAK"]
    assert seen["GIVEN"] == "by the template"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "test-echo_environment"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "192"
    assert seen["AWS_REGION"] == "us-east-1" and seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert {name: seen[name] for name in rigs.CREDENTIALS} == rigs.CREDENTIALS
    assert "TIDINGS_TEST_LEAK" not in seen and "HOME" not in seen and "VIRTUAL_ENV" not in seen


async def test_failures_have_lambdas_names_and_leave_the_function_usable(tmp_path: Path) -> None:
    specs = [rigs.function(f"echo.{name}") for name in ("fail", "leave", "quit_politely", "unserializable")]
    async with running(tmp_path, *specs) as invoker:
        failed = await invoker.invoke("echo_fail", {"message": "no such user"})
        left = [await invoker.invoke("echo_leave", {}) for _ in range(2)]
        quit_politely = await invoker.invoke("echo_quit_politely", {})
        unserializable = await invoker.invoke("echo_unserializable", {})
        again = await invoker.invoke("echo_fail", {"message": "still there"})
    assert failed.error and (failed.error.kind, failed.error.message) == ("ValueError", "no such user")
    assert [each.error and each.error.kind for each in left] == ["Runtime.ExitError"] * 2
    assert quit_politely.error and quit_politely.error.kind == "Runtime.ExitError"
    assert unserializable.error and unserializable.error.kind == "Runtime.MarshalError"
    assert again.error and again.error.message == "still there"
    log = (tmp_path / "logs" / "echo_fail.log").read_text()
    assert "ValueError at " in log and "no such user" not in log


async def test_a_handler_that_cannot_be_imported_fails_each_invocation(tmp_path: Path) -> None:
    specs = [rigs.function("missing.handler"), rigs.function("echo.no_such_name"), rigs.function("broken.handler")]
    async with running(tmp_path, *specs) as invoker:
        results = [await invoker.invoke(spec.logical_id, {}) for spec in specs]
    errors = [each.error for each in results]
    assert [each and each.kind for each in errors] == [
        "Runtime.ImportModuleError",
        "Runtime.ImportModuleError",
        "ZeroDivisionError",
    ]
    assert errors[0] and "tests.local.handlers.missing" in errors[0].message


async def test_as_many_at_once_as_the_bound_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "met").mkdir()
    event = {"directory": str(tmp_path / "met"), "count": 3}
    async with running(tmp_path, rigs.function("echo.meet", max_concurrency=3)) as invoker:
        results = await asyncio.gather(*(invoker.invoke("echo_meet", event) for _ in range(7)))
        pids = invoker.pools["echo_meet"].pids
    assert len({result.payload for result in results}) == 3 == len(pids)


async def test_a_full_queue_is_throttled(tmp_path: Path) -> None:
    deployed = rigs.deployment(rigs.function("echo.block", max_concurrency=1, timeout_s=0.3))
    invoker, _, _ = rigs.invoker(deployed, tmp_path)
    await invoker.start()
    pool = invoker.pools["echo_block"]
    pool._queue_limit = 1
    results = await asyncio.gather(*(invoker.invoke("echo_block", {}) for _ in range(3)))
    await invoker.stop()
    kinds = sorted(each.error.kind for each in results if each.error)
    assert kinds == ["Sandbox.Timedout", "Sandbox.Timedout", "TooManyRequestsException"]


async def test_a_timeout_kills_the_worker_and_the_next_gets_a_new_one(tmp_path: Path) -> None:
    async with running(tmp_path, rigs.function("echo.block", timeout_s=0.2)) as invoker:
        first = invoker.pools["echo_block"].pids
        result = await invoker.invoke("echo_block", {})
        assert result.error and result.error.kind == "Sandbox.Timedout"
        assert "Task timed out after 0.20 seconds" in result.error.message
        await until_gone(first[0])
        assert (await invoker.invoke("echo_block", {})).pid != first[0]


async def test_nobody_is_left_behind(tmp_path: Path) -> None:
    specs = [rigs.function("echo.handler"), rigs.function("echo.block", timeout_s=30)]
    async with running(tmp_path, *specs) as invoker:
        stuck = asyncio.create_task(invoker.invoke("echo_block", {}))
        await invoker.invoke("echo_handler", {})
        pids = [pid for pool in invoker.pools.values() for pid in pool.pids]
        assert len(pids) == 2 and not any(gone(pid) for pid in pids)
    assert (await stuck).failed
    for pid in pids:
        await until_gone(pid)


ORPHANING = """
import asyncio, sys, time
from pathlib import Path
from tests.local import rigs

async def main():
    specs = [rigs.function("echo.handler"), rigs.function("echo.block", timeout_s=60)]
    invoker, _, _ = rigs.invoker(rigs.deployment(*specs), Path(sys.argv[1]))
    await invoker.start()
    asyncio.ensure_future(invoker.invoke("echo_block", {}))
    await invoker.invoke("echo_handler", {})
    print(*(pid for pool in invoker.pools.values() for pid in pool.pids), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_workers_die_with_a_host_that_is_killed(tmp_path: Path) -> None:
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ORPHANING, str(tmp_path), stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    assert host.stdout is not None
    pids = [int(pid) for pid in (await host.stdout.readline()).split()]
    assert len(pids) == 2 and not any(gone(pid) for pid in pids), "one of them is in the middle of an invocation"
    host.kill()
    await host.wait()
    for pid in pids:
        await until_gone(pid)
