"""What somebody typed into the search box, as a `Query`.

    two words            both, anywhere in the post
    "two words"          both, in a row
    #tag                 the tag, and not the mere word
    from:handle          posts of one author
    since:2026-11-26     posts of that day (UTC) and later

What is typed together and is several words (`e-mail`, most of what has no spaces) counts as if in quotes.  A phrase may
be longer than the terms that a query can have: the posts that hold those are compared with all of it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.position import MS_DIGITS
from tidings.domain.search import MAX_TERMS, Query
from tidings.services.search.words import tag_of, words_of

_QUOTES: Final = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\uff02", '"'))
"""Keyboards of phones put these where somebody types a plain one."""
_PART: Final = re.compile(r'(from|since):"?([^\s"]*)"?|"([^"]*)"|([^\s"]+)', re.IGNORECASE)
_LATEST_MS: Final = 10**MS_DIGITS - 1
"""The last moment that a position can name: later ones would sort before others."""


def parse(text: str) -> Query:
    """The query.  Raises `InvalidRequest` for one that asks for nothing, for too much, or for a date that is none."""
    author: str | None = None
    since = 0
    terms: dict[str, None] = {}
    phrases: dict[tuple[str, ...], None] = {}
    for part in _PART.finditer(text.translate(_QUOTES)):
        key, value, quoted, plain = part.groups()
        match (key or "").lower():
            case "from":
                author = value.removeprefix("@")
            case "since":
                since = max(since, _midnight(value))
            case _:
                tag = tag_of(plain) if plain is not None else None
                found = (tag,) if tag else words_of(quoted if plain is None else plain).words
                if len(found) > 1:
                    phrases[found] = None
                else:
                    terms |= dict.fromkeys(found)
    if len(terms) > MAX_TERMS:
        raise InvalidRequest(f"`q`: at most {MAX_TERMS} different words.")
    terms |= dict.fromkeys(word for phrase in phrases for word in phrase)
    if author == "" or (author is None and not terms):
        raise InvalidRequest("`q`: give at least one word, a #tag, or from: with somebody's handle.")
    return Query(tuple(terms)[:MAX_TERMS], tuple(phrases), author, since)


def tagged(tag: str) -> Query:
    """The query for a tag, given with or without its `#`.  Raises `InvalidRequest` for what could be no tag."""
    found = tag_of("#" + tag.removeprefix("#"))
    if found is None:
        raise InvalidRequest("`tag`: letters, digits and underscores, and not digits alone.")
    return Query((found,))


def _midnight(day: str) -> int:
    """When a day begins (UTC), epoch ms."""
    try:
        begins = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        raise InvalidRequest("`q`: since: wants a date such as 2026-11-26.") from None
    return min(int(begins.timestamp() * 1_000), _LATEST_MS)
