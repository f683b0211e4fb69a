"""Groups of many, most of whom never say a word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.phone import Phone, new_id
from tests.e2e.tables import items, table
from tidings.storage import keys

LEAVES_MS = 8_001
"""A removal holds once the longest AWS call is over."""
AT_ONCE = 25


async def silent(control: AsyncControlClient, names: Iterable[str]) -> list[str]:
    """Users who once connected and are away."""
    users = list(names)
    database, deployed = await table(control, keys.USERS.name)
    for start in range(0, len(users), AT_ONCE):
        puts = [
            {"PutRequest": {"Item": {"user_id": {"S": name}, "created_at": {"N": "1"}}}}
            for name in users[start : start + AT_ONCE]
        ]
        await asyncio.to_thread(database.batch_write_item, RequestItems={deployed: puts})
    return users


async def ok(phone: Phone, action: str, **fields: Any) -> dict[str, Any]:
    """A request with a client id that must be acked, however often it takes."""
    answer = await phone.insist(action, client_id=fields.pop("client_id", None) or new_id(), **fields)
    assert answer["type"] == "ack", answer
    return answer


async def gathered(owner: Phone, members: list[str]) -> str:
    """A group; its id."""
    return str((await ok(owner, "group.create", title="crowd", members=members))["conversation"])


async def tell(phone: Phone, group: str, text: str, **fields: Any) -> dict[str, Any]:
    """Say something to a group."""
    return await ok(phone, "send", conversation=group, text=text, **fields)


async def watch(phone: Phone, group: str, *, on: bool = True) -> None:
    """Watch it, or no longer."""
    answer = await phone.ask("watch", conversation=group, on=on)
    assert answer["type"] == "ack", answer


async def meta(control: AsyncControlClient, group: str) -> dict[str, Any]:
    """What the table holds of a group."""
    (found,) = [
        item
        for item in await items(control, keys.CONVERSATIONS.name, keys.CONVERSATIONS.partition, group)
        if item["item"]["S"] == keys.META
    ]
    return found


async def path(control: AsyncControlClient, group: str) -> str:
    """How its events are delivered now."""
    return str((await meta(control, group))["path"]["S"])


async def copies(control: AsyncControlClient, user: str) -> list[str]:
    """The texts in a mailbox, in order of positions: twice where they are there twice."""
    found = await items(control, keys.MAILBOXES.name, keys.MAILBOXES.partition, user)
    texts = [(item.get("position", item["arrival"])["S"], item["text"]["S"]) for item in found if "text" in item]
    return [text for _, text in sorted(texts)]


def texts(events: list[dict[str, Any]], group: str) -> list[str]:
    """The messages of a group as a reader shows them: each once, by position."""
    known = {
        (event["sender"], event["client_id"]): event
        for event in events
        if event["kind"] == "message" and event["conversation"] == group
    }
    return [str(event["text"]) for event in sorted(known.values(), key=lambda event: str(event["position"]))]
