"""Starts, watches and stops ministack, the AWS that the stack is deployed into.

It lives in a virtual environment of its own (`.ministack`), since it pins botocore. It listens on 127.0.0.1 only, on
a free port, with `AUTH=true`: roles are assumed and their policies enforced, so a missing permission shows here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

import aiohttp

from local.errors import HostError, explain

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / ".ministack" / "bin" / "uvicorn"
"""Serves ministack with a third less CPU a call than the pure-Python server it brings along."""
START_S = 30.0
STOP_S = 5.0
LEAST_FREE_BYTES = 100 * 1024 * 1024
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Raise `HostError` if somebody listens on this port of 127.0.0.1; 0 is always good."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        refused = error if isinstance(error, OSError) else OSError(0, "a port is between 0 and 65535")
        raise explain(refused, f"listening on port {port}") from error


def die_with_parent() -> None:
    """For a child, before it runs: let the kernel end it when its parent ends, however that ends (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


def check_disk(folder: Path, needed: int = LEAST_FREE_BYTES) -> None:
    """Raise `HostError` if less than `needed` bytes are free where `folder` is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, f"making {folder.name}/") from error
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise HostError(
            f"The disk is full: {free >> 20} MB left, {needed >> 20} MB needed; free some space and start again."
        )


class Ministack:
    """One ministack process. `endpoint` is its address once `start` has returned."""

    def __init__(self, port: int = 0, binary: Path = BINARY) -> None:
        self._port = port
        self._binary = binary
        self._process: asyncio.subprocess.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._stopping = False
        self.endpoint = ""

    async def start(self) -> None:
        """Start it and wait until it answers. Raises `HostError`."""
        if not self._binary.exists():
            raise HostError("ministack is not installed (.ministack is missing): run `make setup` and start again.")
        for attempt in range(3):
            port = self._port or free_port()
            try:
                await self._spawn(port)
                await self._healthy(port)
            except _PortTaken:
                await self.stop()
                if self._port or attempt == 2:
                    raise HostError(f"Port {port}, meant for ministack, is taken: choose another or none.") from None
                continue
            except BaseException:
                await self.stop()
                raise
            self.endpoint = f"http://127.0.0.1:{port}"
            return

    async def _spawn(self, port: int) -> None:
        self._stopping = False
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="tidings-ministack-")
            environment = {name: os.environ[name] for name in kept if name in os.environ} | {
                "GATEWAY_PORT": str(port),
                "BIND_HOST": "127.0.0.1",
                "MINISTACK_HOST": "127.0.0.1",
                "AUTH": "true",
                "LOG_LEVEL": "ERROR",
                "TMPDIR": self._folder.name,
                "S3_DATA_DIR": f"{self._folder.name}/s3",
                "STATE_DIR": f"{self._folder.name}/state",
                "DOCKER_HOST": "unix:///nowhere",
            }
            with self._log.open("wb") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(str(self._binary), "ministack.app:app", "--host", "127.0.0.1", "--port", str(port)),
                    *("--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log"),
                    *("--timeout-keep-alive", "75"),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
        except OSError as error:
            raise explain(error, "starting ministack") from error

    @property
    def _log(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "ministack.log"

    async def _healthy(self, port: int) -> None:
        """Wait for the health page; fail as soon as the process has gone."""
        give_up = time.monotonic() + START_S
        process = self._process
        assert process is not None
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.0)) as http:
            while time.monotonic() < give_up:
                if process.returncode is not None:
                    if "already in use" in self._words():
                        raise _PortTaken
                    raise HostError(f"ministack ended at its start ({self._last_word()}).")
                with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError):
                    async with http.get(f"http://127.0.0.1:{port}/_ministack/health") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)
        raise HostError(f"ministack did not answer within {START_S:.0f} s ({self._last_word()}).")

    def _words(self) -> str:
        with contextlib.suppress(OSError):
            return self._log.read_text(errors="replace")[-4_000:]
        return ""

    def _last_word(self) -> str:
        lines = [line.strip() for line in self._words().splitlines() if line.strip()]
        return lines[-1][:200] if lines else "it said nothing"

    async def watch(self) -> None:
        """Return when `stop` was called; raise `HostError` if the process ends by itself."""
        process = self._process
        if process is None:
            return
        code = await process.wait()
        if not self._stopping:
            raise HostError(f"ministack died while the host was running (exit {code}): start again; its data is gone.")

    async def stop(self) -> None:
        """End the process, politely and then not; remove its folder. Safe to call twice."""
        self._stopping = True
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(process.wait(), STOP_S)
            # It leads a session of its own: whatever it started (deploy-time functions) goes with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def pid(self) -> int | None:
        """Its process id, while it runs."""
        return self._process.pid if self._process is not None else None


class _PortTaken(Exception):
    """Somebody listens on the port that was chosen."""
