"""The devices of the people on the square: they connect anew where the clock has moved on, and insist."""

from __future__ import annotations

from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone

DAY_MS = 86_400_000
PATIENCE_S = 1.0


class Devices:
    """One device a person.  Client ids are counted, so that each run of a seed says the same."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._phones: dict[str, Phone] = {}
        self._made = 0
        self.acked: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
        """Who asked for what, with which fields, and its ack."""
        self._heard: dict[str, list[dict[str, Any]]] = {}

    def client_id(self) -> str:
        """The next one."""
        self._made += 1
        return f"c{self._made:08}"

    async def phone(self, user: str) -> Phone:
        """The person's device, connected."""
        phone = self._phones.get(user)
        if phone is None or phone.socket.state is not State.OPEN:
            self._keep(user)
            phone = self._phones[user] = await self._connect(user)
            phone.patience_s = PATIENCE_S
        return phone

    async def leave(self) -> None:
        """Everybody hangs up."""
        for user in list(self._phones):
            self._keep(user)
            await self._phones.pop(user).close()

    def _keep(self, user: str) -> None:
        """What a device has been told so far."""
        if user in self._phones:
            phone = self._phones[user]
            self._heard.setdefault(user, []).extend(phone.events)
            phone.events = []

    async def ask(self, user: str, action: str, /, **fields: Any) -> dict[str, Any]:
        """The answer for good."""
        for _ in range(3):
            phone = await self.phone(user)
            try:
                return await phone.insist(action, **fields)
            except ConnectionClosed:
                continue
        raise AssertionError(f"{user} is never connected")

    async def act(self, user: str, action: str, /, **fields: Any) -> dict[str, Any]:
        """The same, of something with a client id."""
        fields["client_id"] = self.client_id()
        answer = await self.ask(user, action, **fields)
        if answer["type"] == "ack":
            self.acked.append((user, action, fields, answer))
        return answer

    async def told(self, user: str) -> list[dict[str, Any]]:
        """The posts that came live since this was asked last."""
        if user not in self._phones:
            return []
        await self.ask(user, "whoami")
        self._keep(user)
        events = self._heard.pop(user, [])
        return [post for event in events if event["kind"] == "timeline" for post in event.get("posts", ())]
