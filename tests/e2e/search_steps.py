"""What tests of search do over and over."""

from __future__ import annotations

import uuid
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.phone import Phone
from tests.e2e.steps import settle

AWAKE_MS = 6 * 3_600_000


def word() -> str:
    """One that nobody else has used."""
    return f"w{uuid.uuid4().hex[:12]}"


async def search(phone: Phone, query: str, **fields: Any) -> dict[str, Any]:
    """One page."""
    found = await phone.insist("search", q=query, **fields)
    assert found["type"] == "found", found
    return found


async def everything(phone: Phone, query: str, **fields: Any) -> list[dict[str, Any]]:
    """All pages of an index that is live."""
    posts: list[dict[str, Any]] = []
    below: dict[str, Any] = {}
    while True:
        page = await search(phone, query, **fields, **below)
        assert "building" not in page, page
        posts += page["posts"]
        if "before" not in page:
            return posts
        below = {"before": page["before"]}


async def built(control: AsyncControlClient, phone: Phone, query: str) -> list[dict[str, Any]]:
    """All that is found once the index is there."""
    for _ in range(5):
        if "building" not in await search(phone, query):
            return await everything(phone, query)
        await settle(control)
    raise AssertionError(f"the index of {query} is never live")
