"""A group and what its authors are told of everybody."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id


class Party:
    """A group with everybody on a phone; the first one made it."""

    def __init__(self, phones: list[Phone], chat: str) -> None:
        self.phones = phones
        self.chat = chat

    async def say(self, phone: Phone, text: str = "hello") -> dict[str, Any]:
        """Send a message that must be acked."""
        sent = await phone.insist("send", client_id=new_id(), conversation=self.chat, text=text)
        assert sent["type"] == "ack", sent
        return sent

    async def change(self, phone: Phone, action: str, **fields: Any) -> dict[str, Any]:
        """Change the group, which must be acked."""
        done = await phone.insist(action, client_id=new_id(), conversation=self.chat, **fields)
        assert done["type"] == "ack", done
        return done

    async def told(self, phone: Phone) -> list[tuple[str, str]]:
        """What an author was told of everybody, by sync, each once: kinds and positions."""
        events, _ = await phone.mailbox()
        found = [each for each in events if each["kind"] == "receipt" and each["conversation"] == self.chat]
        assert not [each for each in found if each.get("reader") not in (None, phone.user)]
        return list(dict.fromkeys((each["receipt"], each["position"]) for each in found if "reader" not in each))


async def party(connect: Connect, user: Any, *names: str) -> Party:
    """A group made by the first."""
    phones = [await connect(user(name)) for name in names]
    owner, *others = phones
    made = await owner.ask(
        "group.create", client_id=new_id(), title="party", members=[each.user for each in others], who_adds="members"
    )
    assert made["type"] == "ack", made
    return Party(phones, made["conversation"])


def live(phone: Phone) -> list[tuple[str, str]]:
    """The same as `told`, by live frames."""
    found = [each for each in phone.events if each["kind"] == "receipt"]
    return list(dict.fromkeys((each["receipt"], each["position"]) for each in found if "reader" not in each))
