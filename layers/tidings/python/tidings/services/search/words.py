"""What a text says, as search sees it: words by the rules of Unicode, whatever the language, and tags.

Words are what lies between the default word boundaries of Unicode (UAX #29, as the package `regex` implements them) and
holds a letter, a digit or a pictograph; folded for case and compatibility (NFKC and case folding), so that `STRASSE`
finds `Straße`, and without what nobody sees, such as the direction marks that come with what is pasted.  Tags are
those of `tidings.domain.entities`, folded likewise.  Where a script puts no spaces between words, each ideograph is a
word of its own, and what is typed together is searched as a phrase.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize

from tidings.domain.entities import Entity, Kind, entities
from tidings.domain.search import MAX_TERM, Words

if TYPE_CHECKING:
    from regex import Pattern

APOSTROPHES: Final = str.maketrans("\u2019\u02bc\uff07", "'''")


class _Patterns(NamedTuple):
    """Boundaries between words, what makes a word worth keeping, and what nobody sees."""

    boundary: Pattern[str]
    kept: Pattern[str]
    unseen: Pattern[str]


@cache
def _patterns() -> _Patterns:
    import regex  # Its tables are large, and few invocations need them.

    return _Patterns(
        regex.compile(r"(?V1w)\b"),
        regex.compile(r"[\p{L}\p{N}]|\p{Extended_Pictographic}|\p{Regional_Indicator}"),
        # But for what ends words (zero width space), and what makes one sign of several: joiners, tags of flags.
        regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}--[\u200b-\u200d\U000e0020-\U000e007f]]"),
    )


def fold(text: str) -> str:
    """`text` without what makes no difference: case, width, ligatures, the shape of an apostrophe, marks unseen."""
    seen = text if text.isascii() else _patterns().unseen.sub("", text)
    return normalize("NFKC", normalize("NFKC", seen).casefold()).translate(APOSTROPHES)


def words_of(text: str) -> Words:
    """The words of `text` in order, and its tags with their `#`."""
    patterns = _patterns()
    parts = (part.strip("_") for part in patterns.boundary.split(fold(text)))
    return Words(tuple(part[:MAX_TERM] for part in parts if patterns.kept.search(part)), frozenset(_tags(text)))


def tag_of(text: str) -> str | None:
    """The term of a text that is one tag and nothing else."""
    whole = Entity(Kind.TAG, 0, len(text))
    return next(iter(_tags(text)), None) if _has_tags(text) and entities(text) == (whole,) else None


def _tags(text: str) -> Iterator[str]:
    if _has_tags(text):
        for each in entities(text):
            if each.kind is Kind.TAG:
                folded = fold(text[each.start + 1 : each.end])
                yield "#" + "".join(folded.split())[: MAX_TERM - 1]


def _has_tags(text: str) -> bool:
    """Whether it is worth a look."""
    return "#" in text or "\uff03" in text
