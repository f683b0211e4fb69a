"""Token buckets as they are kept, to be emptied and looked at."""

from __future__ import annotations

from local.control_client import AsyncControlClient
from tests.e2e.phone import Phone
from tests.e2e.tables import items, put
from tidings.storage import keys

RATE, BURST = 20, 400
"""Of messages, as deployed (`infra.settings`)."""


async def bucket(control: AsyncControlClient, user: str, kind: str = keys.RATE) -> int:
    """When the user's bucket is full again."""
    found = await items(control, "Outbox", "user_id", user)
    (held,) = [item for item in found if item["client_id"]["S"] == kind]
    return int(held["full_at"]["N"])


async def drain(
    control: AsyncControlClient, phone: Phone, wait_ms: int, kind: str = keys.RATE, rate: int = RATE, burst: int = BURST
) -> int:
    """Leave the user's bucket as a flood does: empty, and for so long.  When it is full again."""
    full_at = int((await phone.ask("whoami"))["at"]) + burst * 1_000 // rate + wait_ms
    key = {"user_id": {"S": phone.user}, "client_id": {"S": kind}}
    await put(control, "Outbox", {**key, "full_at": {"N": str(full_at)}})
    return full_at
