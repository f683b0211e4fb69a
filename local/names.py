"""Short names for what the template holds: the host calls `TidingsFunctionsSend4EF36A0C` simply `Send`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HASH = re.compile(r"[0-9A-F]{8}$")
_WORD = re.compile(r"[A-Z]?[^A-Z]+|[A-Z]")


def short_names(logical_ids: Iterable[str]) -> dict[str, str]:
    """Logical id to name: without the CDK's hash and without the words that all of them begin with.

    What would then be empty or the same for two keeps its logical id.
    """
    ids = list(logical_ids)
    words = {each: _WORD.findall(_HASH.sub("", each)) for each in ids}
    shared = _shared(list(words.values())) if len(ids) > 1 else 0
    names = {each: "".join(words[each][shared:]) for each in ids}
    taken = list(names.values())
    return {each: name if name and taken.count(name) == 1 else each for each, name in names.items()}


def _shared(lists: list[list[str]]) -> int:
    count = 0
    for column in zip(*lists, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count
