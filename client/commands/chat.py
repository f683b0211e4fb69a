"""`tidings chat`: lines you type are messages, messages you get are lines.  Works with piped input, too."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import sys
from dataclasses import replace

from client.api import Client
from client.commands.options import connected, shared, whole
from client.commands.screen import Screen
from client.commands.show import TITLE, excerpt, lines, lively, partner_of, printable
from client.commands.slash import HELP as SLASHES
from client.commands.slash import Slash
from client.commands.talk import newest
from client.errors import RequestError
from client.events import Edit, Entry, Event, GroupChange, Hidden, Message, Presence, Reaction, Receipt, Typing, Unsend

HELP = "chat with a user or in a group, line by line"
ABOUT = f"""\
Each line of input is a message to the user of --with, or into the group of --group.  `@bob hello` writes to bob whoever
that is; in a group it mentions bob.  Ticks tell what became of your messages: ✓ stored, ✓✓ delivered, ✓✓ read.  At the
end of the input (Ctrl-D) it waits until all are stored and ends; with --stay it goes on listening until Ctrl-C.

Messages are numbered, and a line that begins with a slash is a command:

{SLASHES}"""
EXAMPLES = """\
examples:
  tidings chat --with bob
  tidings chat --group g#abcdefghijklmnop --last 50
  echo "the build is green" | tidings chat --with bob
"""
KNOWN_MEMBERS = 1_000
"""Members of a group whose names are looked for in what is typed."""
MENTION = re.compile(r"(?<!\S)@([!-\"$-~]*[A-Za-z0-9])")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "chat",
        help=HELP,
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared()],
    )
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--with", dest="partner", metavar="USER", help="whom to write to")
    whom.add_argument("--group", metavar="ID", help="the group to write into (`tidings conversations` lists yours)")
    parser.add_argument("--last", type=whole, default=10, metavar="N", help="the last N messages first (default 10)")
    parser.add_argument("--stay", action="store_true", help="keep listening after the end of the input")
    parser.set_defaults(run=run)


class Chat:
    """One conversation on a terminal; without a `partner` or `group`, whatever comes in."""

    def __init__(self, client: Client, me: str, partner: str | None, group: str | None) -> None:
        self._client = client
        self._me = me
        self._partner = partner
        self._group = group
        direct = "dm#" + "#".join(sorted((me, partner))) if partner not in (None, me) and partner else None
        self._conversation = group or direct
        self._screen = Screen(me)
        self._slash = Slash(client, self._screen, self._conversation, self._send) if self._conversation else None
        self._members: set[str] = set()
        self._sends: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._early: list[Event] | None = []
        self.failed = False

    async def begin(self, last: int) -> None:
        """Show how the conversation stands, then listen."""
        for kind in (Message, Edit, Unsend, Reaction, GroupChange, Hidden, Receipt, Typing, Presence):
            self._client.on(kind, self.incoming)
        if self._group is not None:
            await self._enter(self._group)
        past = await self._past(max(last, 1))
        for entry in past[-last:] if last > 0 else ():
            self._show(entry)
        if self._partner is not None and lively():
            with contextlib.suppress(RequestError):
                await self._client.people.watch([self._partner])
        await self._client.sync()
        early, self._early = self._standing(self._early or []), None
        for event in _news(early, past[-1].position if past else "", last if self._conversation is None else None):
            self.incoming(event)

    def _standing(self, events: list[Event]) -> list[Event]:
        """The events as they stand now: what is deleted, edited or taken back further down is so from the beginning."""
        places = {event.conversation for event in events if isinstance(event, Message | GroupChange)}
        shown = {each.key: each for place in places for each in self._client.entries(place)}
        standing: list[Event] = []
        for event in events:
            if not isinstance(event, Message | GroupChange):
                standing.append(event)
            elif event.key in shown:
                standing.append(replace(shown[event.key], via=event.via))
        return standing

    async def _enter(self, group: str) -> None:
        """What a group is called and who is in it; hear of it live, however large it is.  Raises `RequestError`."""
        info = await self._client.groups.info(group)
        self._screen.note(f"“{excerpt(info.title, TITLE)}”, {info.members} members: /who lists them, /help says more")
        await self._client.groups.watch(group)
        if info.members <= KNOWN_MEMBERS:
            self._members = {member.user async for member in self._client.groups.members(group)}

    async def _past(self, count: int) -> list[Entry]:
        """The end of the conversation, oldest first."""
        if self._conversation is None:
            return []
        try:
            return await newest(self._client, self._conversation, count)
        except RequestError:
            return []

    def incoming(self, event: Event) -> None:
        """Something for us: show it."""
        if self._early is not None:
            self._early.append(event)
            return
        match event:
            case Message() | GroupChange():
                # What other conversations held before we came is not this one's business.
                if event.via == "live" or self._conversation in (None, event.conversation):
                    self._show(event)
            case Edit():
                self._screen.edited(event)
            case Unsend():
                self._screen.unsent(event)
            case Hidden():
                self._screen.hidden(event)
            case Reaction():
                self._screen.reacted(event)
            case Receipt():
                self._screen.receipt(event)
            case Typing():
                if event.conversation == self._conversation:
                    self._screen.typing(event)
            case Presence():
                self._screen.presence(event)

    def _show(self, entry: Entry) -> None:
        """Show a message or change; what is on the screen is read."""
        elsewhere = self._conversation not in (None, entry.conversation)
        if isinstance(entry, Message):
            self._screen.message(entry, self._where(entry) if elsewhere else "")
        elif not elsewhere:
            self._screen.change(entry)
            self._members |= set(entry.users) if entry.change == "added" else set()
        if entry.conversation == self._conversation and entry.sender != self._me:
            self._client.mark_read(entry.conversation)

    def _where(self, message: Message) -> str:
        """Where a message stands that is not of this conversation."""
        if message.conversation.startswith("g#"):
            return f"   (in {printable(message.conversation)})"
        to = partner_of(message.conversation, self._me) if message.sender == self._me else "you"
        return f"   (to {to})"

    async def say(self, line: str) -> None:
        """A line was typed.  Raises what an earlier one met that could not be told."""
        if self._broken is not None:
            raise self._broken
        if line.startswith("/") and not line.startswith("//") and self._slash is not None:
            # A command may be about what was just typed: that has to be stored first.
            await asyncio.gather(*self._sends)
            self.failed = not await self._slash.run(line) or self.failed
            return
        to, text = self._group or self._partner, line.removeprefix("/") if line.startswith("//") else line
        if line.startswith("@") and " " in line and self._group is None:
            to, text = line[1:].split(" ", 1)
        if not text.strip():
            return
        if to is None:
            print("Whom to?  Write `@user text`, or start with --with USER or --group ID.", file=sys.stderr)
            self.failed = True
            return
        task = asyncio.create_task(self._send(text, to=to))
        self._sends.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        """A line was stored or refused; when not even that could be said, nothing that is typed later counts."""
        self._sends.discard(task)
        if not task.cancelled():
            self._broken = self._broken or task.exception()

    async def done(self) -> None:
        """Wait until everything typed is stored (or refused), and the receipts are out."""
        await asyncio.gather(*self._sends)
        if self._broken is not None:
            raise self._broken
        await self._client.settled()

    async def _send(self, text: str, reply_to: str | None = None, *, to: str | None = None) -> None:
        mentions = [name for name in dict.fromkeys(MENTION.findall(text)) if name in self._members]
        try:
            ack = await self._client.send(
                to or str(self._conversation), text, reply_to=reply_to, mentions=mentions[:20]
            )
        except RequestError as error:
            self._screen.complain(f"{excerpt(text)}: {error}")
            self.failed = True
            return
        for message in reversed(self._client.conversation(ack.conversation or "")):
            if message.position == ack.position:
                self._screen.sent(message)
                return


def _news(early: list[Event], known: str, limit: int | None) -> list[Event]:
    """What came while the chat began, without what its history has told already: a mailbox holds a month.

    `known` is the newest position of that history.  A chat that has none shows the newest `limit` messages.
    """
    live = [event for event in early if getattr(event, "via", "live") == "live"]
    synced = [event for event in early if isinstance(event, Message | GroupChange) and event.via == "sync"]
    synced = sorted((event for event in synced if event.position > known), key=lambda event: event.position)
    return [*(synced if limit is None else synced[-limit:] if limit > 0 else ()), *live]


async def run(options: argparse.Namespace) -> int:
    """Chat until the input ends."""
    async with connected(options) as client:
        me = str((await client.whoami())["user_id"])
        chat = Chat(client, me, options.partner, options.group)
        await chat.begin(options.last)
        try:
            async for line in lines():
                await chat.say(line)
        except OSError:
            await chat.done()
            raise
        await chat.done()
        if options.stay:
            async for _ in client.events():
                pass
        return 1 if chat.failed else 0
