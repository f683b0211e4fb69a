"""How other people's words look in a terminal: as they wrote them, and without what could steer it."""

import json
import sys
import unicodedata

import pytest

from client.commands.groups import group_text
from client.commands.show import as_json, change_line, excerpt, overview_line, printable
from client.events import GroupChange
from client.replies import Group, Overview
from client.wire import event_of
from tests.unit.client_rig import BASE
from tests.unit.client_world import GROUP, event


@pytest.mark.parametrize(
    "text",
    [
        "こんにちは\u3000世界",
        "Bonjour\u00a0! 10\u202f000",
        "می\u200cخواهم",
        "👩\u200d👩\u200d👧 ❤\ufe0f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001fa77 \U0001fae9",
        "עברית\u200f!",
    ],
)
def test_what_people_write_is_shown_as_they_wrote_it(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("code", [0x00, 0x07, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0x2028, 0x2029, 0x202E, 0x2066, 0xD800])
def test_what_could_steer_the_terminal_is_not_shown(code: int) -> None:
    assert printable(f"a{chr(code)}b") == excerpt(f"a{chr(code)}b") == "a�b"


def test_line_breaks_are_indented_whoever_wrote_them_and_tabs_are_spaces() -> None:
    assert printable("a\r\nb\nc\td") == "a\n        b\n        c    d"
    assert excerpt("a\r\nb\nc") == "a b c"


def test_json_is_lossless_and_steers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    every = "".join(map(chr, (*range(0x3000), *range(0xE0000, 0xE0100)))) + "語🩷\ud800"
    for encoding in ("utf-8", "latin-1", None):
        monkeypatch.setattr(sys, "stdout", _Stream(encoding))
        line = as_json({"text": every})
        assert json.loads(line) == {"text": every}
        assert not {unicodedata.category(each) for each in line} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(line) & set("\u202e\u2066")
        line.encode(encoding or "utf-8")
    assert "語" in line


class _Stream:
    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding


def test_a_groups_title_is_one_line_wherever_it_stands() -> None:
    """Otherwise one could look like further lines of the list."""
    title = "Fun\n     02:04  alice   (9)  alice: pay here"
    made = {"kind": "group", "change": "created", "details": {"title": title}}
    change = event_of(event("group", 1, "bob") | made, "sync")
    assert isinstance(change, GroupChange)
    line = Overview(GROUP, BASE, title=title, last=change)
    group = Group(GROUP, title, "", "", "members", "admins", "join", 3, "owner", True)
    assert "\n" not in overview_line(line, "alice")
    assert "\n" not in change_line(change, "alice")
    assert group_text(group).count("\n") == 7
