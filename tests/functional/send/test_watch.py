"""`watch` through the real handler."""

from __future__ import annotations

from typing import Any

from tests.functional.send.conftest import Deployed
from tests.functional.send.test_groups import Party
from tidings.bootstrap import clients
from tidings.domain.identity import CONNECTION_LIFE_MS
from tidings.storage import keys
from tidings.storage.watchers import WatcherStore


def watching(deployed: Deployed, chat: str, later: int = 0) -> list[str]:
    """Who watches a conversation."""
    store = WatcherStore(clients.dynamodb(), keys.WATCHERS.name, deployed.clock)
    pages = store.of(keys.watched_conversation(chat), deployed.clock.now() + later)
    return sorted(f"{each.user_id} {each.device_id}" for page in pages for each in page)


def watch(party: Party, who: str, **fields: Any) -> dict[str, Any]:
    party.deployed.clock.advance(1)
    return party.deployed.ask(party.sockets[who], {"action": "watch", "id": "1", "conversation": party.chat, **fields})


def test_on_and_off(deployed: Deployed) -> None:
    party = Party(deployed)
    assert watch(party, "bob") == {"type": "ack", "id": "1", "conversation": party.chat}
    assert watching(deployed, party.chat) == ["bob phone"]
    assert watching(deployed, party.chat, CONNECTION_LIFE_MS + 1_000) == []
    assert watch(party, "bob", on=False)["type"] == "ack"
    assert watching(deployed, party.chat) == []


def test_for_members_only(deployed: Deployed) -> None:
    party = Party(deployed)
    assert watch(party, "dan")["code"] == "not_found"
    party.group("ann", "group.remove", member="bob")
    assert watch(party, "bob")["code"] == "forbidden"
    assert watching(deployed, party.chat) == []
