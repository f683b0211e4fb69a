"""What becomes of a command whose output, input or state fails it: it ends, says why, and loses nothing."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from client import Client
from client.__main__ import build, main
from client.commands import talk
from client.commands.chat import Chat
from client.errors import Refused
from client.inbox import State
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import Rig, live, message, place, serve, until

__all__ = ["clean"]

ROOT = Path(__file__).resolve().parents[2]


class Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


async def test_a_line_that_could_not_be_printed_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(1, "m1")]
        words = ("tail", "--state", str(tmp_path / "state.json"))
        with monkeypatch.context() as broken:
            broken.setattr(sys, "stdout", Gone())
            with pytest.raises(BrokenPipeError):
                await run(rig, *words)
        assert await run(rig, *words, "--once") == 0
    assert [json.loads(line)["client_id"] for line in capsys.readouterr().out.splitlines()] == ["m1"]


async def test_a_chat_ends_when_nobody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve() as rig:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        monkeypatch.setattr(sys, "stdout", Gone())
        talking = asyncio.create_task(run(rig, "chat", "--with", "bob", "--stay"))
        await until(lambda: any(frame["action"] == "sync" for _, frame in rig.model.heard))
        await rig.sockets["alice"].send(live(message(1, "m1")))
        with pytest.raises(BrokenPipeError):
            await talking


async def test_a_state_that_cannot_be_kept_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(1, "m1")]
        state = tmp_path / "nowhere" / "state.json"
        assert await _main(rig, "tail", "--once", "--state", str(state)) == 1
    assert "nowhere" in capsys.readouterr().err.splitlines()[-1]


async def test_no_input_at_all_is_the_end_of_input(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve() as rig:
        monkeypatch.setattr(sys, "stdin", None)
        assert await run(rig, "chat", "--with", "bob") == 0


async def test_input_that_cannot_be_read_is_told_after_the_lines_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn(io.StringIO):
        def __next__(self) -> str:
            line = super().readline()
            if not line:
                raise OSError(errno.EIO, "Input/output error")
            return line

    async with serve() as rig:
        monkeypatch.setattr(sys, "stdin", Torn("one\n"))
        with pytest.raises(OSError, match="Input/output error"):
            await run(rig, "chat", "--with", "bob")
        assert [text for _, _, text in rig.model.log] == ["one"]


async def test_a_line_that_is_no_text_is_refused_and_the_next_one_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serve() as rig:
        typed = io.TextIOWrapper(io.BytesIO(b"bad \xff\nnext\n"), encoding="utf-8", errors="strict")
        monkeypatch.setattr(sys, "stdin", typed)
        assert await _main(rig, "chat", "--with", "bob") == 1
        assert [text for _, _, text in rig.model.log] == ["next"]
    assert "✗  bad" in capsys.readouterr().err


async def _main(rig: Rig, *words: str) -> int:
    """The whole program, beside the server."""
    return await asyncio.to_thread(main, [*words, "--endpoint", rig.url, "--token", "alice-1"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["timeline", "--user", "bob", "--follow"], "not allowed"),
        (["timeline", "--more", "-1"], "0 or more"),
        (["history", "bob", "--last", "-1"], "0 or more"),
        (["conversations", "--limit", "x"], "0 or more"),
    ],
)
def test_what_would_be_ignored_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


async def test_a_post_is_taken_back_by_the_name_that_timelines_print(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        assert await run(rig, "unpost", f"alice/{place(1)}") == 0
        assert await _main(rig, "unpost", f"bob/{place(1)}") == 1
        assert asked(rig) == [{"action": "post.delete", "position": place(1)}]
    assert "not your post" in capsys.readouterr().err


def test_what_is_no_token_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whoami", "--endpoint", "ws://127.0.0.1:9", "--token", "a b"]) == 1
    assert "This is no token" in capsys.readouterr().err


def test_every_argument_is_explained() -> None:
    unexplained = [
        f"{parser.prog}: {action.metavar or action.dest}"
        for parser in _parsers(build())
        for action in parser._actions
        if action.help is None and not isinstance(action, argparse._SubParsersAction)
    ]
    assert unexplained == []


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _parsers(each)


def test_a_folder_of_the_same_name_does_not_get_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "__init__.py").touch()
    tidings = ROOT / "client" / "tidings.sh"
    done = subprocess.run([tidings, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_while_it_starts_leaves_no_trace(tmp_path: Path) -> None:
    slow = tmp_path / "websockets.py"
    slow.write_text("import signal\nprint('here', flush=True)\nsignal.pause()\n")
    process = subprocess.Popen(
        [ROOT / "client" / "tidings.sh", "whoami"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (-signal.SIGINT, "")


def test_two_tails_with_one_state_file_do_not_get_into_each_others_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One of them is in the middle of saving when the other one saves as a whole."""
    path = tmp_path / "state.json"
    replace = Path.replace

    def late(fresh: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        talk._save(path, State("other"))
        assert talk._load(path) == State("other")
        return fresh.replace(target)

    monkeypatch.setattr(Path, "replace", late)
    talk._save(path, State("one"))
    assert talk._load(path) == State("one")
    assert list(tmp_path.iterdir()) == [path]


def test_a_state_that_finds_no_room_leaves_the_last_one_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "state.json"
    talk._save(path, State("kept"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        talk._save(path, State("lost"))
    assert talk._load(path) == State("kept")
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """Where somebody types, who has not come to the end."""
    read, write = os.pipe()
    with os.fdopen(read) as typed, os.fdopen(write, "w") as keys:
        monkeypatch.setattr(sys, "stdin", typed)
        yield keys
        keys.close()


async def test_a_chat_ends_when_the_client_does_and_says_why(keyboard: TextIO) -> None:
    """Its token has expired: whatever is typed from now on could not be sent."""
    async with serve() as rig:
        chat = asyncio.create_task(run(rig, "chat", "--with", "bob"))
        await until(lambda: any(frame["action"] == "sync" for _, frame in rig.model.heard))
        rig.statuses.append(401)
        await rig.sockets["alice"].close()
        with pytest.raises(Refused):
            await chat


async def test_a_tick_that_nobody_reads_ends_the_chat(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as rig, Client(rig.url, "alice-1") as client:
        chat = Chat(client, "alice", "bob", None)
        await chat.begin(0)
        monkeypatch.setattr(sys, "stdout", Gone())
        await chat.say("one")
        await until(lambda: not chat._sends)
        with pytest.raises(BrokenPipeError):
            await chat.say("two")
        with pytest.raises(BrokenPipeError):
            await chat.done()
        gc.collect()
        assert [text for _, _, text in rig.model.log] == ["one"]
    assert caplog.messages == []
