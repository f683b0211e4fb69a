"""Command lines, run against a rig."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from client.__main__ import build
from client.commands import options
from tests.unit.client_rig import Rig


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment variable of the person who runs the tests counts."""
    monkeypatch.setattr(options, "CONNECT_S", 10.0)
    for name in ("ENDPOINT", "TOKEN", "DEVICE", "CONTROL"):
        monkeypatch.delenv(f"TIDINGS_{name}", raising=False)


async def run(rig: Rig, *words: str) -> int:
    """The exit code of a command line of alice's."""
    given = build().parse_args([*words, "--endpoint", rig.url, "--token", "alice-1"])
    return int(await given.run(given))


def type_in(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What standard input holds."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def asked(rig: Rig, *besides: str) -> list[dict[str, Any]]:
    """The actions that came, in order and without ids; `besides` names some that do not matter."""
    return [
        {name: value for name, value in action.items() if name not in ("id", "client_id")}
        for _, frame in rig.model.heard
        for action in frame.get("actions", (frame,))
        if action["action"] not in ("sync", "whoami", "ack", *besides)
    ]
