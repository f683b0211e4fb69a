"""What people do with messages."""

from __future__ import annotations

from typing import Any

from tests.e2e.agreement.model import Chat, Noted, ms
from tests.e2e.agreement.stage import Stage

EDIT_MS, UNSEND_MS = 900_000, 172_800_000
"""The windows of edits and unsends."""
NEAR_MS = 5_000
"""So close to the end of a window it is open whether it has closed."""
EMOJIS = ("👍", "🎉", None)


class Talk(Stage):
    """Messages and their life."""

    async def send(self, user: str) -> None:
        """A message to somebody or into a conversation; now and then an answer, or with a mention."""
        fields: dict[str, Any] = {"text": f"text {self.number()}"}
        if self.dice.random() < 0.5:
            fields["to"] = self.dice.choice(self.others(user))
            chat, wanted = self.model.direct(user, fields["to"]), True
        else:
            found = self.chat(user)
            if found is None:
                return
            chat, fields["conversation"] = found, found.name
            wanted = user in chat.present and (chat.values.get("who_posts") != "admins" or chat.admin(user))
        if self.dice.random() < 0.25 and (answered := self.target(user, chat)):
            fields["reply_to"] = answered.position
            wanted = wanted and self.model.acts_on(user, chat, answered)
        if self.dice.random() < 0.25:
            fields["mentions"] = [self.dice.choice(list(self.phones))]
            wanted = wanted and fields["mentions"][0] in chat.present
        answer = await self.ask(user, "send", wanted, **fields)
        if answer:
            self.model.note(chat, answer["position"], "message", user, fields)

    async def edit(self, user: str) -> None:
        """A new text for a message of one's own, mostly."""
        found = self.own_or_other(user)
        if found:
            chat, message = found
            may = message.sender == user and self.in_time(message, EDIT_MS)
            await self.change(user, "edit", chat, message, may, text=f"edit {self.number()}")

    async def unsend(self, user: str) -> None:
        """One's own is taken back, mostly."""
        found = self.own_or_other(user)
        if found:
            chat, message = found
            may = chat.admin(user) or (message.sender == user and self.in_time(message, UNSEND_MS))
            await self.change(user, "unsend", chat, message, may)

    async def react(self, user: str) -> None:
        """An emoji, or none any more."""
        chat = self.chat(user)
        message = self.target(user, chat) if chat else None
        if chat and message:
            may = self.model.acts_on(user, chat, message)
            await self.change(user, "react", chat, message, may, emoji=self.dice.choice(EMOJIS))

    async def hide(self, user: str) -> None:
        """Something is deleted for oneself."""
        chat = self.chat(user)
        target = self.target(user, chat, ("message", "group")) if chat else None
        if chat and target:
            hidden = (user, chat.name, target.position)
            wanted = self.model.acts_on(user, chat, target) or hidden in self.model.hidden
            if await self.ask(user, "hide", wanted, conversation=chat.name, position=target.position):
                self.model.hidden.add(hidden)

    async def change(self, user: str, action: str, chat: Chat, message: Noted, may: bool | None, **fields: Any) -> None:
        """Something is done to a message; `may`: whether the user may, if they are there and it is."""
        there = user in chat.present and not chat.unsent(message.position)
        fields |= {"conversation": chat.name, "position": message.position}
        answer = await self.ask(user, action, there and may, **fields)
        if answer:
            self.model.note(chat, answer["position"], action, user, fields)

    def own_or_other(self, user: str) -> tuple[Chat, Noted] | None:
        """A message in some conversation, and mostly the user's own."""
        chat = self.chat(user)
        if chat is None:
            return None
        own = [each for each in chat.log.values() if (each.kind, each.sender) == ("message", user)]
        own = [each for each in own if not chat.unsent(each.position)]
        message = self.dice.choice(own) if own and self.dice.random() < 0.9 else self.target(user, chat)
        return (chat, message) if message else None

    def in_time(self, message: Noted, window_ms: int) -> bool | None:
        """Whether a window is open; None where that is too close to tell."""
        left = ms(message.position) + window_ms - self.now
        return None if abs(left) < NEAR_MS else left > 0
