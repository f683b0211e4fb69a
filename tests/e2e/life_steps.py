"""What tests of a message's life do over and over."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.tables import items

Ack = dict[str, Any]

FIELDS: dict[str, dict[str, Any]] = {"edit": {"text": "edited"}, "unsend": {}, "react": {"emoji": "👍"}, "hide": {}}
"""What each action has beside the message that it is about."""


def about(ack: Ack, **fields: Any) -> dict[str, Any]:
    """The fields of a request about a message."""
    return {"client_id": new_id(), "conversation": ack["conversation"], "position": ack["position"], **fields}


async def change(phone: Phone, action: str, ack: Ack, **fields: Any) -> Ack:
    """A request about a message that must be acked."""
    answer = await phone.ask(action, **about(ack, **fields))
    assert answer["type"] == "ack", answer
    return answer


async def trio(connect: Connect, user: Any) -> tuple[Phone, Phone, Phone]:
    """Alice's phone and laptop, and Bob; all devices are registered."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, bob, laptop):
        await device.ask("device.register")
    return alice, laptop, bob


def shown(events: list[dict[str, Any]]) -> dict[str, str]:
    """Position to text as a reader shows it, by the rules of the protocol, in whatever order the events came."""
    texts: dict[str, tuple[str, str]] = {}
    edits: dict[str, tuple[str, str]] = {}
    gone = {event["target"] for event in events if event["kind"] in ("unsend", "hidden")}
    for event in events:
        if event["kind"] == "message":
            standing = texts.get(event["position"], ("", ""))
            texts[event["position"]] = max(standing, (event.get("edited", ""), event["text"]))
        elif event["kind"] == "edit":
            edits[event["target"]] = max(edits.get(event["target"], ("", "")), (event["position"], event["text"]))
    return {at: max(text, edits.get(at, text))[1] for at, text in texts.items() if at not in gone}


async def history(phone: Phone, conversation: str) -> dict[str, Any]:
    """The newest page of a conversation."""
    page = await phone.insist("history", conversation=conversation, limit=100)
    assert page["type"] == "history", page
    return page


async def held(control: AsyncControlClient, text: str, *owners: str) -> list[tuple[str, str]]:
    """Whose mailbox holds a text, and under which arrival."""
    return [
        (owner, item["arrival"]["S"])
        for owner in owners
        for item in await items(control, "Mailboxes", "user_id", owner)
        if item.get("text", {}).get("S") == text
    ]


async def logged(control: AsyncControlClient, conversation: str) -> list[dict[str, Any]]:
    """The items of a log, oldest first."""
    found = await items(control, "Conversations", "conversation_id", conversation)
    return [item for item in found if item["item"]["S"].startswith("log#")]
