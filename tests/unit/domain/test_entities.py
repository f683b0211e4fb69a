"""Mentions, tags and links: the rules of twitter-text, by examples; and what holds for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidings.domain.entities import MOST_MENTIONS, Kind, entities, handles


def found(text: str, kind: Kind) -> list[str]:
    return [text[each.start : each.end] for each in entities(text) if each.kind is kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ann hello", ["@ann"]),
        ("hello @ann", ["@ann"]),
        ("hello (@ann_b, @12345).", ["@ann_b", "@12345"]),
        ("の@annに到着", ["@ann"]),
        ("@ann\n@bob", ["@ann", "@bob"]),
        ("＠ann", ["＠ann"]),
        ("RT@ann rt:@bob Rt @cid", ["@ann", "@bob", "@cid"]),
        ("art@ann", []),
        ("face: @_@ (by @ann)", ["@ann"]),
        ("@annì and so on", []),
        ("write to me@example.com", []),
        ("write to @me@example.com", []),
        ("@http://example.com", []),
        ("f!@n f@@n f#@n f$@n f%@n f&@n f*@n f_@n f1@n", []),
        ("@sixteen_letters_", []),
        ("@fifteen_letters", ["@fifteen_letters"]),
        ("@", []),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert found(text, Kind.MENTION) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a #tag here", ["#tag"]),
        ("#tag1 #1tag #16 #0 #_ #1_2", ["#tag1", "#1tag"]),
        ("(#one )#two [#three ’#four", ["#one", "#two", "#three", "#four"]),
        ("#one: #two; #three, #four. #five! #six?", ["#one", "#two", "#three", "#four", "#five", "#six"]),
        ("#mañana #café #Čeština #ş #İn", ["#mañana", "#café", "#Čeština", "#ş", "#İn"]),
        ("#カタカナ #漢字 #트위터 #ашок #Μαχάτμα", ["#カタカナ", "#漢字", "#트위터", "#ашок", "#Μαχάτμα"]),
        ("#日本語ハッシュタグ。", ["#日本語ハッシュタグ"]),
        ("日本語#タグ", []),
        ("日本語。#タグ", ["#タグ"]),
        ("＃ｔａｇ１２３", ["＃ｔａｇ１２３"]),
        ("#メ～テレ #云々 #各〃 #〃", ["#メ～テレ", "#云々", "#各〃"]),
        ("#महात्मा_१२३४ #१२३४ #தமிழ் #ผู้เริ่ม #עַל־יְדֵי", ["#महात्मा_१२३४", "#தமிழ்", "#ผู้เริ่ม", "#עַל־יְדֵי"]),
        ("#می\u200cخواهم #ශ්\u200dරීලංකා", ["#می\u200cخواهم", "#ශ්\u200dරීලංකා"]),
        ("#il·lusió", ["#il·lusió"]),
        ("#\U00020021", ["#\U00020021"]),
        ("a#tag &#tag _#tag 1#tag", []),
        ("#one#two", []),
        ("#http://example.com", []),
        ("http://example.com/#tag example.com/#tag", []),
        ("#\ufe0f\u20e3 #\u20e3", []),
    ],
)
def test_tags(text: str, expected: list[str]) -> None:
    assert found(text, Kind.TAG) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see http://example.com", ["http://example.com"]),
        ("HTTPS://Example.com:8080/a?b=c&d=%20#e", ["HTTPS://Example.com:8080/a?b=c&d=%20#e"]),
        ("(http://example.com)", ["http://example.com"]),
        ("http://example.com/.", ["http://example.com/"]),
        ("http://example.com/path........", ["http://example.com/path"]),
        ("http://example.com/,,,,,", ["http://example.com/"]),
        ("http://example.com/wiki/Primer_(film)", ["http://example.com/wiki/Primer_(film)"]),
        ("(see http://example.com/a).", ["http://example.com/a"]),
        ("http://example.com/a+ http://example.com/a-", ["http://example.com/a+", "http://example.com/a-"]),
        ("http://example.com/~m+%ff-,.;x", ["http://example.com/~m+%ff-,.;x"]),
        ("http://example.com?#foo text", ["http://example.com?#foo"]),
        ("http://example.com? really", ["http://example.com"]),
        ("http://example.com/Русские_слова", ["http://example.com/Русские_слова"]),
        ("http://example.com/これは。example.com中国語", ["http://example.com/", "example.com"]),
        ("http://✪df.ws/ejp", ["http://✪df.ws/ejp"]),
        ("http://a.b.cd http://a_b.c-d.com", ["http://a.b.cd", "http://a_b.c-d.com"]),
        ("http://foobar.みんな/ http://foobar.中国/", ["http://foobar.みんな/", "http://foobar.中国/"]),
        ("http://xn--ls8h.XN--ls8h.la/", ["http://xn--ls8h.XN--ls8h.la/"]),
        ("http://example.com-a-typo", ["http://example.com"]),
        ("http://no-top http://short.x http://-a.com http://a-.com http://a_b.com", []),
        ("foo.com foo.net foo.org ELPAÍS.com", ["foo.com", "foo.net", "foo.org", "ELPAÍS.com"]),
        ("foo.co.jp www.foo.co.uk t.co/abc bit.ly/abc", ["foo.co.jp", "www.foo.co.uk", "t.co/abc", "bit.ly/abc"]),
        ("foo.baz foo.comm foo.jp it.so main.py a.tar.bz2", []),
        ("MLB.tv vine.co", ["MLB.tv", "vine.co"]),
        ("john.doe.gov@mail.com john.doe.jp@mail.com", []),
        ("#test.com @test.com @http://test.com $test.com $http://test.com", []),
        ("test.comこれは。example2.comテスト", ["test.com", "example2.com"]),
    ],
)
def test_links(text: str, expected: list[str]) -> None:
    assert found(text, Kind.LINK) == expected


def test_all_of_them_in_order_by_code_points() -> None:
    text = "🎈 @ann on #tea: https://example.com/@bob#x"
    assert [(each.kind, each.start, each.end) for each in entities(text)] == [
        (Kind.MENTION, 2, 6),
        (Kind.TAG, 10, 14),
        (Kind.LINK, 16, 42),
    ]


def test_handles_are_named_once_whatever_their_case_and_not_without_end() -> None:
    assert handles("@Ann @bob @ANN @cid") == ("Ann", "bob", "cid")
    assert len(handles(" ".join(f"@user{number}" for number in range(100)))) == MOST_MENTIONS
    assert handles("nobody") == ()


PIECES = st.sampled_from(
    [
        "@",
        "#",
        "http://",
        "a",
        "b.com",
        "/",
        "(",
        ")",
        "?",
        ".",
        "-",
        "_",
        " ",
        "é",
        "中",
        "😀",
        "\n",
        "co.uk",
        "1",
        "&",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
@example("#中b.com").via("a tag of two scripts, the second of which begins a name")
def test_entities_never_overlap_and_lie_in_the_text(text: str) -> None:
    place = 0
    for each in entities(text):
        assert place <= each.start < each.end <= len(text)
        place = each.end
        if each.kind is not Kind.LINK:
            assert text[each.start] in "@＠#＃"
            assert not any(character.isspace() for character in text[each.start : each.end])


@pytest.mark.parametrize(
    "text",
    [
        "a." * 2_048,
        "a-" * 2_048,
        "http://" * 585,
        "#" * 4_096,
        "@a" * 2_048,
        "http://a.com/" + "(" * 4_000,
        "a_" * 2_048,
        "http://" + "a." * 2_000,
        "http://" + "a-" * 2_000,
        "a.b" * 1_365,
        "http://a.com/" + ")" * 4_000,
    ],
    ids=range(11),
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    entities(text)
    assert time.process_time() - began < 0.5
