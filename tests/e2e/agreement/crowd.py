"""What people do with groups."""

from __future__ import annotations

from typing import Any

from tests.e2e.agreement.model import Chat, Stay
from tests.e2e.agreement.stage import Stage

RECALLED_MS = 11_000
"""For so long a process may go by older settings of a group."""
GONE_MS = 12_000
"""After so long whoever has left receives nothing more."""
MOST = 3
RANKS = {"owner": 2, "admin": 1}
UPDATES: tuple[dict[str, str], ...] = (
    {"title": "yours"},
    {"history": "all"},
    {"history": "join"},
    {"who_posts": "admins"},
    {"who_posts": "members"},
    {"who_adds": "members"},
)


class Crowd(Stage):
    """Groups and their members."""

    async def found(self, user: str) -> None:
        """A new group, while there are few."""
        if sum(chat.group for chat in self.model.chats.values()) >= MOST:
            return
        users, values = self.some(user), {"title": "ours", "history": self.dice.choice(("join", "all"))}
        answer = await self.ask(user, "group.create", True, members=users, **values)
        assert answer
        chat = self.model.chats[answer["conversation"]] = Chat(answer["conversation"], values=values)
        chat.roles[user] = "owner"
        self.come(chat, answer, user, [user, *users], "created")

    async def add(self, user: str) -> None:
        """Some come, or come back."""
        chat = self.chat(user, groups=True)
        if chat is None:
            return
        users = self.some(user)
        wanted = user in chat.present and (chat.admin(user) or chat.values.get("who_adds") == "members")
        answer = await self.ask(user, "group.add", wanted, conversation=chat.name, members=users)
        if answer:
            self.come(chat, answer, user, users, "added")

    def come(self, chat: Chat, answer: dict[str, Any], user: str, users: list[str], change: str) -> None:
        """Those who are not there yet, and have not blocked whoever asks them."""
        absent = set(users) - set(chat.present)
        refused = {each for each in absent if (each, user) in self.model.blocks}
        assert set(answer.get("not_added", ())) == refused, (answer, refused)
        for each in sorted(absent - refused):
            chat.stays[each].append(Stay(answer["position"]))
        if absent - refused:
            self.model.note(chat, answer["position"], "group", user, {"change": change})

    async def remove(self, user: str) -> None:
        """Somebody is sent away."""
        chat = self.chat(user, groups=True)
        if chat is None:
            return
        member = self.dice.choice(self.others(user))
        below = RANKS.get(chat.roles.get(user, ""), 0) > RANKS.get(chat.roles.get(member, ""), 0)
        wanted = {user, member} <= set(chat.present) and below
        answer = await self.ask(user, "group.remove", wanted, conversation=chat.name, member=member)
        if answer:
            await self.gone(chat, answer, user, member, "removed")

    async def leave(self, user: str) -> None:
        """Somebody goes; an owner is succeeded by the longest-standing admin, or else member."""
        chat = self.chat(user, groups=True)
        answer = await self.ask(user, "group.leave", user in chat.present, conversation=chat.name) if chat else None
        if chat is None or answer is None:
            return
        owned = chat.roles.get(user) == "owner"
        await self.gone(chat, answer, user, user, "left")
        if owned and chat.present:
            order = [(not chat.admin(each), chat.stays[each][-1].joined, each) for each in chat.present]
            chat.roles[min(order)[-1]] = "owner"

    async def gone(self, chat: Chat, answer: dict[str, Any], user: str, member: str, change: str) -> None:
        """A stay ends; often time goes by until that holds."""
        chat.stays[member][-1].left = answer["position"]
        chat.roles.pop(member, None)
        self.model.note(chat, answer["position"], "group", user, {"change": change})
        if self.dice.random() < 0.6:
            await self.later(GONE_MS)

    async def role(self, user: str) -> None:
        """Somebody has another role."""
        chat = self.chat(user, groups=True)
        if chat is None:
            return
        member, role = self.dice.choice(list(self.phones)), self.dice.choice(("owner", "admin", "member"))
        mine, theirs = chat.roles.get(user, "member"), chat.roles.get(member, "member")
        resigns = user == member and mine == "admin" and role != "owner"
        promotes = (mine, role, theirs) == ("admin", "admin", "member")
        may = (mine == "owner" and user != member) or resigns or promotes
        wanted = {user, member} <= set(chat.present) and may
        answer = await self.ask(user, "group.role", wanted, conversation=chat.name, member=member, role=role)
        if answer and theirs != role:
            chat.roles |= {member: role} | ({user: "admin"} if role == "owner" else {})
            self.model.note(chat, answer["position"], "group", user, {"change": "role"})

    async def update(self, user: str) -> None:
        """The group is something else; it is waited for until everybody goes by that."""
        chat = self.chat(user, groups=True)
        if chat is None:
            return
        values = self.dice.choice(UPDATES)
        wanted = user in chat.present and chat.admin(user)
        answer = await self.ask(user, "group.update", wanted, conversation=chat.name, **values)
        if answer:
            chat.values = {**chat.values, **values}
            self.model.note(chat, answer["position"], "group", user, {"change": "updated"})
            await self.later(RECALLED_MS)

    def some(self, user: str) -> list[str]:
        """Some of the others."""
        others = self.others(user)
        return self.dice.sample(others, self.dice.randint(1, len(others)))
