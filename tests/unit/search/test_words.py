"""Words of a text, and what somebody typed as a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.errors import InvalidRequest
from tidings.domain.position import LAST, floor
from tidings.domain.search import MAX_TERM, MAX_TERMS, Query
from tidings.services.search.query import parse, tagged
from tidings.services.search.words import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP; don\u2019t stop!", ["don't", "stop", "don't", "stop"]),
        ("Straße, STRASSE", ["strasse", "strasse"]),
        ("naïve ﬁne Ｗide", ["naïve", "fine", "wide"]),
        ("cafe\u0301", ["café"]),
        ("3.14 and 1,000 a-b C++", ["3.14", "and", "1,000", "a", "b", "c"]),
        ("foo_bar _so_ __", ["foo_bar", "so"]),
        ("日本語 カタカナ", ["日", "本", "語", "カタカナ"]),
        ("مرحبا नमस्ते ΟΔΟΣ", ["مرحبا", "नमस्ते", "οδοσ"]),
        ("👩‍👩‍👧 🎈🎈 ♥ - … !", ["👩‍👩‍👧", "🎈", "🎈", "♥"]),
        ("🇩🇪🇫🇷 won", ["🇩🇪", "🇫🇷", "won"]),
        ("❤\ufe0f or ❤", ["❤", "or", "❤"]),
        ("\u202aso\u00adft\u202c \u200fעברית\u200e \ufeffbom", ["soft", "עברית", "bom"]),
        ("foo\u200bbar", ["foo", "bar"]),
        ("x" * 100, ["x" * MAX_TERM]),
        (" \n\t", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(words_of(text).words) == words


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Cats and #dogs", {"#cats", "#dogs"}),
        ("(#in) #日本語 ＃wide #a_1", {"#in", "#日本語", "#wide", "#a_1"}),
        ("a#b &#x27; ##d #1 # e https://x.com/#f", {"#d"}),
        ("#2026goals #ﷺ", {"#2026goals", "#صلىاللهعليهوسلم"}),
    ],
)
def test_tags(text: str, tags: set[str]) -> None:
    assert set(words_of(text).tags) == tags


@given(st.text(max_size=60))
def test_whatever_is_typed_finds_itself(text: str) -> None:
    """Terms hold no space (they are named in a row in jobs), and a text matches its own words as a phrase."""
    found = words_of(text)
    assert all(term and " " not in term and len(term) <= MAX_TERM for term in found.terms)
    assert found.match(Query(tuple(found.words), (found.words,)))
    assert words_of(" ".join(found.words)).terms >= set(found.words) or any(
        len(each) == MAX_TERM for each in found.words
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Two words two", Query(("two", "words"))),
        ('say "hello big world" now', Query(("say", "now", "hello", "big", "world"), (("hello", "big", "world"),))),
        ("e-mail", Query(("e", "mail"), (("e", "mail"),))),
        ("#Tag ＃日本", Query(("#tag", "#日本"))),
        ("#123", Query(("123",))),
        ("FROM:@Bob hi", Query(("hi",), (), "Bob")),
        ('from:bob since:2026-11-26 "one"', Query(("one",), (), "bob", 1_795_651_200_000)),
        ('an open "quote here', Query(("an", "open", "quote", "here"))),
        ("from:a/b~", Query((), (), "a/b~")),
        ("“on the” „dot“", Query(("dot", "on", "the"), (("on", "the"),))),
        ("中华人民共和国成立", Query(tuple("中华人民共和国成"), (tuple("中华人民共和国成立"),))),
        ('"a b c d e f g h i j" k', Query(tuple("kabcdefg"), (tuple("abcdefghij"),))),
    ],
)
def test_queries(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "!?",
        "from:",
        "since:2026-11-26",
        "word since:yesterday",
        "word since:2026-13-01",
        '""',
        " ".join(f"w{n}" for n in range(MAX_TERMS + 1)),
    ],
)
def test_what_is_no_query(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse(text)


def test_tagged() -> None:
    assert tagged("Cats") == tagged("#cats") == Query(("#cats",))
    for wrong in ("", "#", "12", "a b", "a-b", "##a"):
        with pytest.raises(InvalidRequest):
            tagged(wrong)


@given(st.text(max_size=60))
def test_any_text_in_quotes_finds_itself(text: str) -> None:
    plain = "".join(each for each in text if each not in '"\u201c\u201d\u201e\u201f\uff02')
    found = words_of(plain)
    if found.words:
        query = parse(f'"{plain}"')
        assert len(query.terms) <= MAX_TERMS and found.match(query)


def test_a_day_that_never_comes_is_later_than_all_others() -> None:
    days = [floor(parse(f"word since:{year:04d}-01-01").since) for year in (1, 1970, 2026, 2286, 2287, 9999)]
    assert days == sorted(days) and days[-1] < LAST


def test_a_long_phrase_is_compared_with_all_of_it() -> None:
    query = parse('"a b c d e f g h i j"')
    assert words_of("so a b c d e f g h i j k").match(query)
    assert not words_of("a b c d e f g h i k j").match(query)


def test_a_phrase_is_words_in_a_row() -> None:
    text = words_of("the quick brown fox, quick fox")
    assert text.match(parse('"quick fox"')) and text.match(parse('"brown FOX" quick'))
    assert not text.match(parse('"quick fox brown"')) and not text.match(parse("quick dog"))
    assert not text.match(parse("#fox")) and words_of("#fox").match(parse("fox"))
