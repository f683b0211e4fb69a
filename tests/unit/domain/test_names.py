"""By which words people are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.names import Entry, entries, entry_of, found_by, lead, longest, words
from tidings.domain.profile import Profile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace", ("ada", "lovelace")),
        ("José-María  O'Neil", ("jose", "maria", "o", "neil")),
        ("STRASSE straße", ("strasse",)),
        ("ΣΊΣΥΦΟΣ", ("σισυφοσ",)),
        ("山田 太郎", ("山田", "太郎")),
        ("हिन्दी", ("हिनदी",)),
        ("ada_l @ada_l", ("ada_l",)),
        ("\U0001d4d0\U0001d4ed\U0001d4ea ２", ("ada", "2")),
        ("🙂 #!", ()),
        ("x" * 40, ("x" * 30,)),
    ],
)
def test_words_are_folded(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = words(text)
    assert words(" ".join(once)) == once
    assert all(word and "#" not in word and " " not in word for word in once)


@given(st.text(max_size=40), st.from_regex(r"[!-\"$-~]{1,20}", fullmatch=True))
def test_an_entry_is_read_back(name: str, user: str) -> None:
    for entry in entries(user, Profile("Handle_1", name)):
        assert entry_of(str(entry)) == entry
    assert entry_of("no entry") is None


def test_who_is_found_by_several_words_is_shown_at_the_first() -> None:
    profile = Profile("anna", "Ann Anders Lee")
    hits = [entry for entry in sorted(entries("u", profile)) if entry.word.startswith("an")]
    assert [found_by(entry, profile, ["an"]) for entry in hits] == [True, False, False]
    assert hits[0] == Entry("anders", "u", "name")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("ada", "ad"), ("x", "x"), ("王小明", "王"), ("김민준", "김"), ("さとう", "さ"), ("𠮷田", "𠮷"), ("a王", "a王")],
)
def test_words_are_kept_together_by_how_they_begin(word: str, expected: str) -> None:
    assert lead(word) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(["ad", "ada"], "ada"), (["x", "王"], "王"), (["王", "x"], "王"), (["王", "li"], "li"), (["x"], "x")],
)
def test_the_index_is_asked_by_a_word_that_finds_more_than_itself(asked: list[str], expected: str) -> None:
    assert longest(asked) == expected


def test_every_word_asked_must_begin_one_of_theirs() -> None:
    profile = Profile("ada_l", "Ada Lovelace")
    hit = Entry("lovelace", "u", "name")
    assert found_by(hit, profile, ["love", "ad"])
    assert not found_by(hit, profile, ["love", "bo"])
    assert not found_by(hit, Profile("ada_l", "Ada King"), ["love"]), "that was once"
    assert not found_by(Entry("ada", "u", "handle"), profile, ["ada"])
