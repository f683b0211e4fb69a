"""What tests of groups do over and over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import settle

LEAVES_MS = 8_001
"""A removal holds once the longest AWS call is over."""
WITH_CLIENT_ID = ("send", "group.create", "group.update", "group.add", "group.remove", "group.leave", "group.role")


async def do(phone: Phone, action: str, **fields: Any) -> dict[str, Any]:
    """A request that must be acked."""
    answer = await ask(phone, action, **fields)
    assert answer["type"] == "ack", answer
    return answer


async def ask(phone: Phone, action: str, **fields: Any) -> dict[str, Any]:
    """A request with a client id, if it needs one."""
    if action in WITH_CLIENT_ID:
        fields.setdefault("client_id", new_id())
    return await phone.ask(action, **fields)


async def people(connect: Connect, user: Any, *names: str) -> list[Phone]:
    """Phones of users who have connected."""
    return [await connect(user(name)) for name in names]


async def found(owner: Phone, *members: Phone, **fields: Any) -> str:
    """A group; its id."""
    ids = [member.user for member in members]
    return str((await do(owner, "group.create", title="ours", members=ids or None, **fields))["conversation"])


async def tell(phone: Phone, group: str, text: str, **fields: Any) -> dict[str, Any]:
    """Say something to a group."""
    return await do(phone, "send", conversation=group, text=text, **fields)


async def members(phone: Phone, group: str) -> dict[str, str]:
    """Who is in it, as what."""
    there: dict[str, str] = {}
    after: dict[str, Any] = {}
    while True:
        page = await phone.ask("group.members", conversation=group, limit=2, **after)
        assert page["type"] == "members", page
        there |= {each["user"]: each["role"] for each in page["members"]}
        if "after" not in page:
            return there
        after = {"after": page["after"]}


def shown(events: Sequence[dict[str, Any]], group: str) -> list[str]:
    """A group as a reader shows it: texts and changes, each once, by position."""
    mine = {
        (event["sender"], event["client_id"]): event
        for event in events
        if event["conversation"] == group and event["kind"] in ("message", "group")
    }
    return [label(event) for event in sorted(mine.values(), key=lambda event: str(event["position"]))]


def label(event: dict[str, Any]) -> str:
    """A text, or a change with those whom it is about (without the test's prefix)."""
    if event["kind"] == "message":
        return str(event["text"])
    return " ".join([event["change"], *(user.partition("-")[2] for user in event.get("users", ()))])


async def synced(phone: Phone, group: str) -> list[str]:
    """What a new device's first sync shows."""
    return shown((await phone.mailbox())[0], group)


async def paged(phone: Phone, group: str, limit: int = 100) -> list[str]:
    """What history shows, oldest first."""
    events: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    while True:
        page = await phone.ask("history", conversation=group, limit=limit, **before)
        assert page["type"] == "history", page
        events += page["events"]
        if "before" not in page:
            assert [each["position"] for each in events] == sorted((e["position"] for e in events), reverse=True)
            return shown(events, group)
        before = {"before": page["before"]}


async def gone(control: AsyncControlClient) -> None:
    """Until a removal holds, and everything is delivered."""
    await settle(control)
    await control.advance(LEAVES_MS)
