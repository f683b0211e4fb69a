"""`python -m local run` as a process: it says when it is ready, ends when told, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S = 110.0, 20.0


class Started:
    """A running host."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", "run", "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.end()
        self.ready: dict[str, Any] = json.loads(line)
        self.family = descendants(self.process.pid)

    def end(self) -> tuple[int, str]:
        """Exit code and what was said on stderr."""
        _, words = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, words

    def named(self, word: str) -> int:
        """The first descendant whose command line holds this word."""
        return next(pid for pid in self.family if word in command(pid))


def command(pid: int) -> str:
    """The command line of a process; empty when it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """All processes below this one."""
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        for task in Path(f"/proc/{parent}/task").iterdir():
            children = [int(each) for each in (task / "children").read_text().split()]
            found += children
            todo += children
    return found


def gone(pids: list[int], within_s: float = STOP_S) -> list[int]:
    """Those of the processes that are still there when the time is over."""
    give_up = time.monotonic() + within_s
    while (left := [pid for pid in pids if command(pid)]) and time.monotonic() < give_up:
        time.sleep(0.02)
    return left


@pytest.fixture
def started() -> Iterator[Started]:
    host = Started()
    yield host
    if host.process.poll() is None:
        host.process.kill()
        host.process.wait()


@pytest.mark.timeout(START_S + STOP_S)
def test_a_signal_ends_it_and_everything_it_started(started: Started) -> None:
    assert started.ready["ready"] is True
    assert started.ready["url"].startswith("ws://127.0.0.1:")
    assert any("RouteResponse" in line for line in started.ready["left_out"])
    assert len(started.family) >= 3
    started.process.send_signal(signal.SIGTERM)
    assert started.end() == (0, "")
    assert gone(started.family) == []


@pytest.mark.timeout(START_S + STOP_S)
def test_without_ministack_it_ends_with_one_sentence(started: Started) -> None:
    os.kill(started.named("ministack"), signal.SIGKILL)
    code, words = started.end()
    assert code == 1
    assert len(words.strip().splitlines()) == 1 and words.startswith("Tidings: ministack died")
    assert gone(started.family) == []


@pytest.mark.timeout(START_S + STOP_S)
def test_even_when_it_is_killed_nothing_stays(started: Started) -> None:
    started.process.kill()
    started.process.wait()
    assert gone(started.family) == []
