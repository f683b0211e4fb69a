"""The slash commands of a chat."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from client.api import Client
from client.commands.screen import Screen, reaction_words
from client.commands.show import presence_words, printable, reader_words
from client.errors import RequestError
from client.events import Message

HELP = """\
  /reply [#N] TEXT    answer a message (the newest of the others', or the one numbered N)
  /edit [#N] TEXT     give your newest message, or your message N, a new text
  /unsend [#N]        take your newest message, or message N, back for everyone
  /react [#N] EMOJI   react to the newest message of the others, or to N; without EMOJI take it back
  /hide #N            delete message N for yourself only
  /receipts [#N]      who has received and who has read your newest message, or message N
  /who                who is in the group, or whether the other one is online
  /typing             let the others see that you are typing
  /help               this
  //text              a message that begins with a slash"""

Send = Callable[[str, str | None], Awaitable[None]]
"""Sends a text, as an answer to the message at a position."""
_TARGET = re.compile(r"#(\d+)(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands behind a command: a message's number, if one is named, and the rest."""

    number: int | None
    rest: str

    @staticmethod
    def of(text: str) -> Words:
        """Taken apart."""
        found = _TARGET.match(text)
        return Words(int(found[1]), text[found.end() :]) if found else Words(None, text)


class Slash:
    """Carries slash commands out in one conversation."""

    def __init__(self, client: Client, screen: Screen, conversation: str, send: Send) -> None:
        self._client = client
        self._send = send
        self._screen = screen
        self._conversation = conversation
        self._commands: dict[str, Callable[[Words], Awaitable[None]]] = {
            "reply": self._reply,
            "edit": self._edit,
            "unsend": self._unsend,
            "react": self._react,
            "hide": self._hide,
            "receipts": self._receipts,
            "who": self._who,
            "typing": self._typing,
            "help": self._help,
        }

    async def run(self, line: str) -> bool:
        """Carry out `/name …`; False if it could not be done, which has been told."""
        name, _, rest = line[1:].partition(" ")
        command = self._commands.get(name)
        if command is None:
            self._screen.complain(f"There is no command /{printable(name)}: see /help.")
            return False
        try:
            await command(Words.of(rest.strip()))
        except (RequestError, ValueError) as error:
            self._screen.complain(f"/{name}: {error}")
            return False
        return True

    async def _reply(self, words: Words) -> None:
        target, text = self._target(words, mine=False), self._text(words)
        await self._send(text, target.position)

    async def _edit(self, words: Words) -> None:
        target, text = self._target(words, mine=True), self._text(words)
        await self._client.edit(self._conversation, target.position, text)
        self._done(target, f"edited: {printable(text)}")
        self._screen.rewrite(self._conversation, target.position, text)

    async def _unsend(self, words: Words) -> None:
        target = self._target(words, mine=True)
        await self._client.unsend(self._conversation, target.position)
        self._screen.remove(self._conversation, target.position, "taken back")

    async def _react(self, words: Words) -> None:
        target = self._target(words, mine=False)
        await self._client.react(self._conversation, target.position, words.rest or None)
        self._done(target, reaction_words("you", words.rest or None))

    async def _hide(self, words: Words) -> None:
        if words.number is None:
            raise ValueError("which one? Name it by its number: /hide #3")
        target = self._target(words, mine=False)
        await self._client.hide(self._conversation, target.position)
        self._screen.remove(self._conversation, target.position, "deleted for you")

    async def _receipts(self, words: Words) -> None:
        target = self._target(words, mine=True)
        async for reader in self._client.receipts_of(self._conversation, target.position):
            self._screen.note(reader_words(reader))

    async def _who(self, _: Words) -> None:
        if self._conversation.startswith("g#"):
            async for member in self._client.groups.members(self._conversation):
                role = "" if member.role == "member" else f" ({member.role})"
                self._screen.note(f"{printable(member.user)}{role}")
            return
        others = [user for user in self._conversation.split("#")[1:] if user != self._client.user_id]
        for presence in (await self._client.people.watch(others)).values():
            self._screen.note(presence_words(presence))

    async def _typing(self, _: Words) -> None:
        self._client.typing(self._conversation)

    async def _help(self, _: Words) -> None:
        print(HELP, flush=True)

    def _target(self, words: Words, mine: bool) -> Message:
        found = self._screen.find(self._conversation, words.number, mine)
        if found is None:
            raise ValueError("there is no such message here" if words.number else "there is no message to do that to")
        return found

    def _done(self, target: Message, what: str) -> None:
        self._screen.about(target.conversation, target.position, what)

    @staticmethod
    def _text(words: Words) -> str:
        if not words.rest:
            raise ValueError("and the text?")
        return words.rest
