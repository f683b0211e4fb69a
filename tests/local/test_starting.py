"""What can go wrong at a start is one clear sentence."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from pathlib import Path

import pytest

from local import synth
from local.command import parse, run
from local.errors import HostError, explain
from local.ministack import Ministack, check_disk, check_port


def program(folder: Path, text: str) -> Path:
    """An executable shell script."""
    path = folder / "ministack"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_a_missing_ministack_is_told() -> None:
    with pytest.raises(HostError, match="make setup"):
        await Ministack(binary=Path("/nowhere/ministack")).start()


async def test_a_ministack_that_ends_at_once_is_told_with_its_last_word(tmp_path: Path) -> None:
    broken = Ministack(binary=program(tmp_path, "echo starting; echo no module named y; exit 3"))
    with pytest.raises(HostError, match=r"ended at its start \(no module named y\)"):
        await broken.start()
    assert broken.pid is None


async def test_a_file_in_no_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="there is no folder"):
        await run(parse(["run", "--quiet", "--observed", str(tmp_path / "nowhere" / "calls")]))


async def test_ministacks_port_may_be_taken(tmp_path: Path) -> None:
    taken = Ministack(port=1, binary=program(tmp_path, "echo ERROR: port 1 is already in use; exit 1"))
    with pytest.raises(HostError, match="Port 1, meant for ministack, is taken"):
        await taken.start()


async def test_a_dying_ministack_is_noticed_and_a_stopped_one_is_not_mourned() -> None:
    ministack = Ministack()
    await ministack.start()
    assert ministack.pid is not None
    os.kill(ministack.pid, signal.SIGKILL)
    with pytest.raises(HostError, match="ministack died while the host was running"):
        await ministack.watch()
    await ministack.stop()
    await ministack.watch()


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with pytest.raises(HostError, match=rf"The port is taken .*{port}"):
            check_port(port)
    check_port(0)
    with pytest.raises(HostError):
        check_port(70_000)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="The disk is full"):
        check_disk(tmp_path, needed=1 << 60)
    assert "disk is full" in str(explain(OSError(errno.ENOSPC, "No space left on device"), "writing"))


async def test_a_missing_node_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostError, match="Node is missing"):
        await synth.synthesize({"stage": "dev"})


async def test_a_failing_synth_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "CACHE", tmp_path)
    monkeypatch.setattr(synth.sys, "executable", str(program(tmp_path, "echo 'Settings: no.' >&2; exit 1")))
    with pytest.raises(HostError, match=r"could not be synthesized: Settings: no\."):
        await synth.synthesize({"stage": "dev"})
    assert list(tmp_path.glob("synth-*")) == list(tmp_path.glob("*.json")) == []


async def test_a_template_is_synthesized_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "CACHE", tmp_path)
    app = program(
        tmp_path, 'echo x >> "$(dirname "$0")/runs"; echo \'{"Resources": {}}\' > "$CDK_OUTDIR/S.template.json"'
    )
    monkeypatch.setattr(synth.sys, "executable", str(app))
    for _ in range(2):
        assert await synth.synthesize({"stage": "dev"}) == {"Resources": {}}
    assert (tmp_path / "runs").read_text() == "x\n"
    await synth.synthesize({"stage": "dev", "settle_ms": "24000"})
    assert (tmp_path / "runs").read_text() == "x\nx\n"


def test_the_cache_key_follows_the_settings() -> None:
    assert synth.fingerprint({"a": 1}) != synth.fingerprint({"a": 2})
    assert synth.fingerprint({"a": 1, "b": 2}) == synth.fingerprint(json.loads('{"b": 2, "a": 1}'))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["colour=red"], "no such setting"),
        (["settle_ms"], "no such setting"),
        (["settle_ms=1"], "settle_ms must be"),
        (["stage=prod"], "is stage dev"),
    ],
)
def test_a_wrong_setting_is_told_at_once(words: list[str], sentence: str) -> None:
    with pytest.raises(HostError, match=sentence):
        synth.parse_settings(words)


def test_settings_are_read() -> None:
    assert synth.parse_settings(["settle_ms=40000", "origins="]) == {"settle_ms": "40000", "origins": ""}
