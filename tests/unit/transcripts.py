"""The frames that the protocol pages show, and what they abbreviate.

`"1795…"` is a text of which the rest is not shown; a bare `…` among fields stands for others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
CUT = "…"
BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
OTHERS = re.compile(r",\s*…(?=\s*[,}])")


def shown() -> list[tuple[str, list[dict[str, Any]]]]:
    """The blocks of frames, by page."""
    pages = ((page.stem, page.read_text()) for page in sorted(DOCS.glob("protocol*.md")))
    return [(name, list(_objects(block))) for name, text in pages for block in BLOCK.findall(text)]


def _objects(block: str) -> Iterator[dict[str, Any]]:
    block = OTHERS.sub(f', "{CUT}": true', block)
    decoder, place = json.JSONDecoder(), 0
    while rest := block[place:].lstrip():
        place = len(block) - len(rest)
        found, place = decoder.raw_decode(block, place)
        yield found


def shortened(value: Any) -> bool:
    """Whether something is not shown of a text or an object."""
    return CUT in value if isinstance(value, str | dict) else False
