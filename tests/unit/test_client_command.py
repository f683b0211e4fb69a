"""The `tidings` command: what it prints, and how it ends."""

import asyncio
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from client.__main__ import main
from client.commands import ops
from tests.functional.rig import without_move_tasks
from tests.unit.client_cli import clean, run
from tests.unit.client_rig import error, message, serve, until

__all__ = ["clean"]

ROOT = Path(__file__).resolve().parents[2]


async def test_piped_lines_are_sent_in_order_and_ticked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async with serve() as rig:
        monkeypatch.setattr(sys, "stdin", io.StringIO("hello\n\nhow are you?\n@carol you too?\n"))
        rig.model.refuse = lambda action: _history() if action["action"] == "history" else None
        assert await run(rig, "chat", "--with", "bob") == 0
        assert [text for _, _, text in rig.model.log] == ["hello", "how are you?", "you too?"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ", 2)[2] for line in lines] == [
        "bob: text old",
        "✓  hello",
        "✓  how are you?",
        "✓  you too?",
    ]


def _history() -> dict[str, Any]:
    return {"type": "history", "conversation": "dm#alice#bob", "events": [message(1, "old")]}


async def test_what_comes_in_is_shown_once_and_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(1, "old"), message(2, "new")]
        rig.model.refuse = lambda action: _history() if action["action"] == "history" else None
        monkeypatch.setattr(sys, "stdin", io.StringIO("ok\n"))
        assert await run(rig, "chat", "--with", "bob") == 0
        await until(lambda: any(frame["kind"] == "read" for _, frame in rig.model.receipts))
    out = capsys.readouterr().out
    assert (out.count("text old"), out.count("text new")) == (1, 1)


async def test_a_refused_message_is_told_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async with serve() as rig:
        monkeypatch.setattr(sys, "stdin", io.StringIO("hello\nwhom to?\n"))
        rig.model.refuse = lambda action: error(None, "unknown_user") if action.get("text") == "hello" else None
        assert await run(rig, "chat", "--with", "bob", "--last", "0") == 1
    assert "✗  hello: No." in capsys.readouterr().err


async def test_terminal_control_characters_are_not_obeyed(capsys: pytest.CaptureFixture[str]):
    async with serve() as rig:
        page = {"type": "timeline", "posts": [{"author": "bob", "position": "p", "text": "\x1b[2J\a boo", "at": 1}]}
        rig.model.refuse = lambda action: page if action["action"] == "timeline.home" else None
        assert await run(rig, "timeline") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "boo" in out


async def test_tail_goes_on_where_it_ended(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(1, "m1")]
        state = str(tmp_path / "state.json")
        assert await run(rig, "tail", "--once", "--state", state) == 0
        rig.model.mailboxes["alice"].append(message(2, "m2"))
        assert await run(rig, "tail", "--once", "--state", state) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["client_id"] for event in events] == ["m1", "m2"]


async def test_pages_posts_and_follows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    async with serve() as rig:
        page = {"type": "timeline", "posts": [{"author": "bob", "position": "p", "text": "t", "at": 1}], "before": "b"}
        rig.model.refuse = lambda action: page if action["action"].startswith("timeline") else None
        assert await run(rig, "timeline", "--user", "bob", "--more", "1") == 0
        assert await run(rig, "follow", "bob") == 0
        monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
        assert await run(rig, "post", "-") == 0
        heard = [frame for _, frame in rig.model.heard if frame["action"] not in ("sync", "whoami")]
    assert [frame["action"] for frame in heard] == ["timeline.user", "timeline.user", "follow", "post"]
    assert heard[1]["before"] == "b"
    assert heard[3]["text"] == "from a pipe"
    assert "there is more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["whoami"], 2, "Who are you?"),
        (["whoami", "--token", "x"], 2, "Where to?"),
        (["whoami", "--as", "alice"], 2, "--control"),
        (["whoami", "--as", "alice", "--control", "http://192.0.2.1:1"], 2, "this machine"),
        (["whoami", "--as", "alice", "--control", "http://127.0.0.1:9"], 1, "make run"),
        (["whoami", "--token", "x", "--endpoint", "https://x.example"], 1, "ws://"),
        (["whoami", "--token", "x", "--endpoint", "ws://[half"], 1, "ws://"),
        (["whoami", "--token", "x", "--endpoint", "ws://x.example:port"], 1, "ws://"),
        (["whoami", "--token", "x", "--endpoint", "ws://x.example:99999"], 1, "ws://"),
        (["whoami", "--token", "x", "--endpoint", "ws://two..dots"], 1, "ws://"),
        (["whoami", "--token", "x", "--endpoint", "ws://127.0.0.1:9"], 1, "Cannot connect"),
        (["ops", "redrive", "--control", "http://127.0.0.1:9"], 1, "make run"),
    ],
)
def test_failures_are_one_sentence(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]):
    assert main(words) == code
    err = capsys.readouterr().err
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    assert main(["whoami", "--token", "x", "--endpoint", "wss://x.example"]) == 1
    assert "python-socks" in capsys.readouterr().err


def test_the_command_runs_from_any_directory(tmp_path: Path):
    link = tmp_path / "tidings"
    link.symlink_to(ROOT / "client" / "tidings.sh")
    done = subprocess.run([link, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("chat", "group", "conversations", "post", "timeline", "tail", "ops", "block", "history", "whoami"):
        assert re.search(rf"\n    {command}\s", done.stdout), command


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Queues and a bucket on moto, and their names as a stack's outputs."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        outputs = {"FailureBucket": "failures", "SettleMs": "30000"}
        s3.create_bucket(Bucket="failures")
        for lane in ("Small", "Large"):
            dead = outputs[f"{lane}DeadLettersUrl"] = sqs.create_queue(QueueName=f"{lane}-dead")["QueueUrl"]
            outputs[f"{lane}LaneUrl"] = sqs.create_queue(QueueName=lane)["QueueUrl"]
            sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"lane": lane}))
        monkeypatch.setattr(ops, "_deployment", lambda options, session: (outputs, {}))
        without_move_tasks(monkeypatch)
        yield outputs


def waiting(url: str) -> list[str]:
    return [each["Body"] for each in boto3.client("sqs").receive_message(QueueUrl=url).get("Messages", [])]


def test_redrive_puts_jobs_back_and_says_what_is_left(stack: dict[str, str], capsys: pytest.CaptureFixture[str]):
    boto3.client("s3").put_object(Bucket="failures", Key="aws/lambda/odd", Body=b"{}")
    assert main(["ops", "redrive", "--dlq", "small"]) == 0
    assert waiting(stack["SmallLaneUrl"]) == ['{"lane": "Small"}']
    assert waiting(stack["LargeLaneUrl"]) == []
    assert main(["ops", "redrive"]) == 2
    assert waiting(stack["LargeLaneUrl"]) == ['{"lane": "Large"}']
    out = capsys.readouterr().out
    assert "large lane: 1 jobs put back" in out
    assert "s3://failures/aws/lambda/odd" in out


def test_redrive_of_a_stranger_stack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(ops, "_deployment", lambda options, session: ({}, SimpleNamespace()))
    assert main(["ops", "redrive"]) == 1
    assert "is it a Tidings stack?" in capsys.readouterr().err


async def test_ctrl_c_ends_with_130_and_no_trace():
    async with serve() as rig:
        words = ["chat", "--stay", "--endpoint", rig.url, "--token", "alice-1"]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "client", *words),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Whoever runs the tests in the background may ignore it, and a child inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        await until(lambda: any(frame["action"] == "sync" for _, frame in rig.model.heard))
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert process.returncode == 130
        assert b"Traceback" not in err
