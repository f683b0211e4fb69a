"""What a text names: people (@handle), topics (#tag) and links, by the rules that people know from Twitter.

The rules are those that twitter-text publishes (github.com/twitter/twitter-text, `conformance/extract.yml`): a mention
does not follow a letter, a digit or one of `_!#$%&*@`, unless that is `RT`; a tag holds a letter, letters and digits
of any script, and follows none; a link without a scheme needs a name under a top-level domain that is known, and a path
if that is a country's and nothing stands before the name.  How links are found is in `tidings.domain.links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import category

from tidings.domain.links import LATIN, links

MOST_MENTIONS: Final = 20
"""Handles of one text that are looked up: who is named after these is not told."""

_MENTION: Final = re.compile(rf"[@＠]([A-Za-z0-9_]{{1,15}})(?![A-Za-z0-9_@＠{LATIN}]|://)")
_BEFORE_MENTION: Final = re.compile(r"[A-Za-z0-9_!#$%&*@＠]\Z")
_RETWEET: Final = re.compile(r"(?:\A|[^A-Za-z0-9_+~.\-])rt:?\Z", re.IGNORECASE)
_HASH: Final = re.compile("[#＃]")
_IN_TAGS: Final = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
"""What may stand in a tag beside letters, marks and digits."""


class Kind(StrEnum):
    """What an entity is."""

    MENTION = "mention"
    TAG = "tag"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entity:
    """The characters (Unicode code points) of a text from `start` up to `end`, with the `@` or `#`."""

    kind: Kind
    start: int
    end: int


def entities(text: str, *, cut: bool = False) -> tuple[Entity, ...]:
    """All entities of a text, in order; of those that overlap the one that begins first.

    Of a text that was `cut` not the one at its end, which may have gone on.
    """
    found = [Entity(Kind.LINK, start, end) for start, end in links(text)]
    apart: list[Entity] = []
    for each in sorted((*found, *_mentions(text), *_tags(text)), key=lambda each: each.start):
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
    return tuple(each for each in apart if not cut or each.end < len(text))


def handles(text: str) -> tuple[str, ...]:
    """The first `MOST_MENTIONS` handles that a text names, each once, as they are written there."""
    named = (text[each.start + 1 : each.end] for each in entities(text) if each.kind is Kind.MENTION)
    distinct: dict[str, str] = {}
    for handle in named:
        distinct.setdefault(handle.lower(), handle)
    return tuple(distinct.values())[:MOST_MENTIONS]


def _mentions(text: str) -> Iterator[Entity]:
    for match in _MENTION.finditer(text):
        before = text[max(0, match.start() - 4) : match.start()]
        if not _BEFORE_MENTION.search(before) or _RETWEET.search(before):
            yield Entity(Kind.MENTION, match.start(), match.end())


def _tags(text: str) -> Iterator[Entity]:
    for match in _HASH.finditer(text):
        start, end = match.start(), match.end()
        if start and (text[start - 1] == "&" or _in_tag(text[start - 1])):
            continue
        if text[end : end + 1] in ("\ufe0f", "\u20e3"):
            continue  # The keycap emoji.
        while end < len(text) and _in_tag(text[end]):
            end += 1
        behind = text[end : end + 3]
        if behind[:1] in ("#", "＃") or behind == "://":
            continue
        if any(category(each)[0] in "LM" for each in text[start + 1 : end]):
            yield Entity(Kind.TAG, start, end)


def _in_tag(character: str) -> bool:
    kind = category(character)
    return kind[0] in "LM" or kind == "Nd" or character in _IN_TAGS
