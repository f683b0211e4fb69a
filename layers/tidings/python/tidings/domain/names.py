"""By which words people are found: those of their name, and their handle.

Words are compared folded: compatibility forms, case and accents make no difference (Unicode NFKD, full case folding,
nonspacing marks left out), so that `jose` finds José.  What is no letter, digit or underscore parts words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidings.domain.profile import Profile, fold

MOST: Final = 6
"""Words of a name by which its owner is found."""
LONGEST: Final = 30
"""Characters of a word that count."""
_MANY: Final = "\u2e80"
"""From here on Unicode has the scripts of thousands of characters: Han, with Kana and Hangul among them.  Of these one
character says as much as two letters do; what else lies there is rare."""
_KEY: Final = re.compile(r"([^#]{1,30})#([!-\"$-~]{1,128})#(handle|name)\Z")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """`user` is found by `word`, which is of their handle or of their name; in the order of the index."""

    word: str
    user: str
    part: str

    def __str__(self) -> str:
        """How it stands in the index, and in a cursor: words and user ids hold no `#`."""
        return f"{self.word}#{self.user}#{self.part}"


def entry_of(text: str) -> Entry | None:
    """What `str(Entry)` gave; None for anything else."""
    match = _KEY.match(text)
    return None if match is None else Entry(match[1], match[2], match[3])


def words(text: str) -> tuple[str, ...]:
    """The different words of a text, folded, in order."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in apart if unicodedata.category(each) != "Mn")
    folded = unicodedata.normalize("NFC", bare.casefold())
    spaced = "".join(each if _counts(each) else " " for each in folded)
    return tuple(dict.fromkeys(word[:LONGEST] for word in spaced.split()))


def _counts(each: str) -> bool:
    return each == "_" or unicodedata.category(each)[0] in "LNM"


def entries(user: str, profile: Profile) -> frozenset[Entry]:
    """By what somebody is found who says this of themselves."""
    named = (Entry(word, user, "name") for word in words(profile.name or "")[:MOST])
    handle = (Entry(fold(profile.handle), user, "handle"),) if profile.handle else ()
    return frozenset((*named, *handle))


def found_by(entry: Entry, profile: Profile, asked: Iterable[str]) -> bool:
    """Whether `entry`, a hit for the longest of the words `asked`, stands for its user among all hits.

    It has to be true still, each word asked must begin one of theirs, and it must be the first of several.
    """
    asked = list(asked)
    stands = entries(entry.user, profile)
    if not all(any(each.word.startswith(word) for each in stands) for word in asked):
        return False
    hits = [each for each in stands if each.word.startswith(longest(asked))]
    return bool(hits) and min(hits) == entry


def lead(word: str) -> str:
    """The beginning of a word that all words have which are kept together, in the index, with it.

    Two characters, or one of a script of thousands: so `王` alone finds all words that begin with it, and one letter of
    an alphabet only that very word.
    """
    return word[: 1 if word >= _MANY else 2]


def longest(asked: Iterable[str]) -> str:
    """The word by which the index is asked: the longest, but rather one that finds words beginning with it."""
    return max(asked, key=lambda word: (len(word) > 1 or word >= _MANY, len(word)))
