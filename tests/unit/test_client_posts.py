"""Posts in the client: frames out, values and lines in."""

from __future__ import annotations

from typing import Any

import pytest

from client import Client, Counts, Entity
from client.commands.options import UsageError
from client.posts import post_of
from tests.unit.client_cli import asked, clean, run
from tests.unit.client_rig import place, serve
from tests.unit.test_client_chat import answers

__all__ = ["clean"]

AT = place(3)
REF = {"author": "a/b", "position": AT}
NAME = f"a/b/{AT}"
COUNTS = {**REF, "likes": 2, "reposts": 1, "replies": 7, "liked": True, "reposted": True}


def view(author: str, number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"author": author, "position": place(number), "text": text, "at": 1, **more}


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        (["like", NAME], {"action": "like", **REF}),
        (["unlike", NAME], {"action": "unlike", **REF}),
        (["repost", NAME], {"action": "repost", **REF}),
        (["unrepost", NAME], {"action": "unrepost", **REF}),
        (["unpost", AT], {"action": "post.delete", "position": AT}),
        (["post", "hi", "--reply-to", NAME], {"action": "post", "text": "hi", "reply_to": REF}),
        (["post", "hi", "--quote", NAME], {"action": "post", "text": "hi", "quote": REF}),
    ],
)
async def test_commands(words: list[str], frame: dict[str, Any]) -> None:
    async with serve() as rig:
        assert await run(rig, *words) == 0
        assert asked(rig) == [frame]


async def test_a_thread_is_printed_from_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        thread = {
            "type": "thread",
            "post": view("a/b", 3, "yes", reply_to={"author": "ann", "position": place(1)}),
            "counts": COUNTS,
            "ancestors": [view("ann", 1, "tea?")],
            "replies": [view("cid", 5, "me too")],
            "before": "b1",
            "above": {"author": "eve", "position": place(0)},
        }
        more = {"type": "timeline", "posts": [view("dan", 4, "\x1b[2Jboo")], "before": "b2"}
        rig.model.refuse = answers(post_get=thread, post_replies=more)
        assert await run(rig, "thread", NAME, "--more", "1") == 0
        assert [frame.get("before") for frame in asked(rig)] == [None, "b1"]
    above, *lines = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert above == f"(there is more above: tidings thread eve/{place(0)})"
    assert [line.split("  ", 1)[1] for line in (lines[0], lines[1])] == [
        f"ann: tea?   (ann/{place(1)})",
        f"a/b: yes ↩ ann/{place(1)}   ({NAME})",
    ]
    assert lines[2] == "    2 likes, 1 reposts, 7 replies (liked and reposted by you)"
    assert lines[3].startswith("    ") and lines[3].endswith(f"cid: me too   (cid/{place(5)})")
    assert "\x1b" not in lines[4]
    assert lines[5] == "(there is more: --more N)"


async def test_mentions_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve() as rig:
        page = {
            "type": "timeline",
            "posts": [view("bob", 1, "@alice", quote=REF), view("bob", 2, "", repost_of={**REF, "author": "eve"})],
            "originals": [view("a/b", 3, "quoted")],
            "since": "s1",
        }
        rig.model.refuse = answers(timeline_mentions=page)
        assert await run(rig, "mentions") == 0
    out = capsys.readouterr().out
    assert f"bob: @alice “” a/b: quoted   (bob/{place(1)})" in out
    assert f"bob:  ⟳ eve/{AT}   (bob/{place(2)})" in out


async def test_a_post_without_a_name_is_a_usage_error() -> None:
    async with serve() as rig:
        for words in (["like", "bob"], ["thread", "/x"], ["post", "hi", "--quote", "bob/"]):
            with pytest.raises(UsageError):
                await run(rig, *words)
        assert asked(rig) == []


async def test_counts_are_values() -> None:
    async with serve() as rig:
        rig.model.refuse = answers(post_counts={"type": "counts", "counts": [COUNTS]})
        async with Client(rig.url, "alice-1", "phone") as client:
            found = await client.counts([("a/b", AT)])
    assert found == (Counts(("a/b", AT), likes=2, reposts=1, replies=7, liked=True, reposted=True),)


def test_a_post_says_what_it_refers_to_and_names() -> None:
    post = post_of(view("bob", 1, "@a", quote=REF, entities=[{"kind": "mention", "start": 0, "end": 2}]))
    assert (post.name, post.quote, post.repost_of) == (("bob", place(1)), ("a/b", AT), None)
    assert post.entities == (Entity("mention", 0, 2),)
