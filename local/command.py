"""`python -m local run`: the whole system on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

from local.development import USERS
from local.errors import HostError, explain
from local.host import Host, HostSettings
from local.ministack import die_with_parent
from local.seed import seed
from local.show import PhonePrinter, Terminal, complain, ready_line
from local.synth import parse_settings


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and stay until Ctrl-C")
    run.add_argument("--port", type=int, default=0, help="the WebSocket port (default: a free one)")
    run.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a deploy setting, such as settle_ms=24000"
    )
    run.add_argument("--observed", type=Path, help="append every kind of AWS call that a function makes to this file")
    run.add_argument("--quiet", action="store_true", help="print the WebSocket address and nothing else")
    run.add_argument(
        "--json",
        action="store_true",
        help="for programs: no demo users, one line of JSON when ready, end with the parent",
    )
    return parser.parse_args(words)


async def run(options: argparse.Namespace) -> None:
    """Start, serve, stop. Raises `HostError`."""
    settings = HostSettings(options.port, parse_settings(options.set), options.observed)
    if options.observed is not None and not options.observed.parent.is_dir():
        raise HostError(f"--observed {options.observed}: there is no folder {options.observed.parent}.")
    terminal = Terminal(quiet=options.quiet or options.json)
    host = Host(settings, terminal.progress)
    stop = _stop_on_signals()
    try:
        if not await _unless(stop, _bring_up(host, options, terminal)):
            return
        await _unless(stop, host.watch())
    finally:
        terminal.progress("stopping")
        await host.stop()


async def _bring_up(host: Host, options: argparse.Namespace, terminal: Terminal) -> None:
    await host.start()
    if options.json:
        print(ready_line(host), flush=True)
        return
    terminal.left_out(host.left_out)
    terminal.progress("demo users")
    await seed(host, USERS)
    PhonePrinter(host)
    terminal.ready(host, USERS)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work unless told to stop; True if it was done. What it raises, this raises."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return not task.cancelled()


def main() -> int:
    """Run it; 1 and a sentence when something is wrong."""
    options = parse()
    if options.json:
        die_with_parent()
    try:
        uvloop.run(run(options))
    except HostError as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(str(explain(error, "running the host")))
        return 1
    return 0
