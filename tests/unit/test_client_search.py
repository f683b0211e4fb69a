"""`client.search` and `tidings search`: pages, and the wait for an index that is being built."""

from __future__ import annotations

from typing import Any

import pytest

from client.commands import search as command
from client.events import SearchProgress
from client.wire import event_of
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import serve

__all__ = ["clean"]


def page(*texts: str, **more: Any) -> dict[str, Any]:
    """A reply."""
    posts = [{"author": "bob", "position": f"p{number}", "text": text, "at": 1} for number, text in enumerate(texts)]
    return {"type": "found", "posts": posts, **more}


class Script:
    """Replies to searches, one after the other."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        self._replies = list(replies)

    def __call__(self, action: dict[str, Any]) -> dict[str, Any] | None:
        return self._replies.pop(0) if action["action"] == "search" else None


async def test_it_waits_for_the_index(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "ASK_AGAIN_S", 0.01)
    async with serve() as rig:
        rig.model.refuse = Script(page(building=0), page("early", building=40), page("one", "two", building=99))
        assert await run(rig, "search", "big", "cats") == 0
    printed = capsys.readouterr()
    assert [("one" in line, "two" in line) for line in printed.out.splitlines()] == [(True, False), (False, True)]
    assert "40 %" in printed.err and "may be missing" in printed.err
    assert [frame["q"] for frame in asked(rig)] == ["big cats"] * 3


async def test_it_gives_up_on_an_index_that_gets_no_further(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ASK_AGAIN_S", 0.01)
    monkeypatch.setattr(command, "PATIENCE", 2)
    async with serve() as rig:
        rig.model.refuse = Script(*[page("early", building=40)] * 4)
        assert await run(rig, "search", "cats") == 0
    assert "early" in capsys.readouterr().out


async def test_pages(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        rig.model.refuse = Script(page("one", before="q1"), page("two", before="q2"))
        assert await run(rig, "search", "cats", "--more", "1") == 0
    out = capsys.readouterr().out
    assert "one" in out and "two" in out and "there is more" in out
    assert [frame.get("before") for frame in asked(rig)] == [None, "q1"]


def test_progress_is_an_event() -> None:
    wire = {"kind": "search", "term": "cats", "progress": 41, "live": False}
    assert event_of(wire, "live") == SearchProgress(term="cats", progress=41, live=False)
    assert event_of({"kind": "search", "term": "cats"}, "live") is None
