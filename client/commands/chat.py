"""`tidings chat`: lines you type are messages, messages you get are lines.  Works with piped input, too."""

from __future__ import annotations

import argparse
import asyncio
import sys

from client.api import Client
from client.commands.options import connected, shared
from client.commands.show import DELIVERED, READ, SENT, clock, lines, message_line, printable
from client.errors import RequestError
from client.events import Message, Receipt
from client.order import Seen

HELP = "chat with a user, line by line"
ABOUT = """\
Each line of input is a message to the user of --with; `@bob hello` writes to bob whoever that is.  Ticks tell what
became of your messages: ✓ stored, ✓✓ delivered, ✓✓ read.  At the end of the input (Ctrl-D) it waits until all are
stored and ends; with --stay it goes on listening until Ctrl-C."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("chat", help=HELP, description=ABOUT, parents=[shared()])
    parser.add_argument("--with", dest="partner", metavar="USER", help="whom to write to")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="show the last N messages first (default 10)")
    parser.add_argument("--stay", action="store_true", help="keep listening after the end of the input")
    parser.set_defaults(run=run)


class Chat:
    """One conversation on a terminal."""

    def __init__(self, client: Client, partner: str | None) -> None:
        self._client = client
        self._partner = partner
        self._sends: set[asyncio.Task[None]] = set()
        self._mine: dict[str, list[tuple[str, str]]] = {}
        self._shown: Seen[tuple[str, str]] = Seen()
        self._early: list[Message] | None = []
        self.failed = False

    async def begin(self, last: int) -> None:
        """Show how the conversation stands, then listen."""
        self._client.on_message(self.incoming)
        self._client.on_receipt(self.receipt)
        me = str((await self._client.whoami())["user_id"])
        for message in await self._last(me, last):
            self._show(message)
        early, self._early = self._early or [], None
        for message in early:
            self.incoming(message)

    async def _last(self, me: str, last: int) -> list[Message]:
        """The end of the conversation, oldest first."""
        if self._partner in (None, me) or last <= 0:
            return []
        conversation = "dm#" + "#".join(sorted((me, str(self._partner))))
        try:
            messages, _ = await self._client.history(conversation, limit=min(last, 100))
        except RequestError:
            return []
        return messages[::-1]

    def incoming(self, message: Message) -> None:
        """A message for us: show it; what is on the screen is read."""
        if self._early is not None:
            self._early.append(message)
        elif message.via == "live" or self._partner in (None, message.sender):
            self._show(message)

    def _show(self, message: Message) -> None:
        if self._shown.add(message.key):
            print(message_line(message, self._client.user_id), flush=True)
        if message.sender == self._partner:
            self._client.mark_read(message.conversation)

    def receipt(self, receipt: Receipt) -> None:
        """Ticks for what a receipt covers."""
        waiting = self._mine.get(receipt.conversation, [])
        covered = [text for position, text in waiting if position <= receipt.position]
        if receipt.reader == self._client.user_id or not covered:
            return
        tick = READ if receipt.kind == "read" else DELIVERED
        rest = f" (and {len(covered) - 1} before)" if len(covered) > 1 else ""
        print(f"       {tick}  {excerpt(covered[-1])}{rest}", flush=True)
        if receipt.kind == "read":
            self._mine[receipt.conversation] = [each for each in waiting if each[0] > receipt.position]

    def say(self, line: str) -> None:
        """A line was typed."""
        partner, text = self._partner, line
        if line.startswith("@") and " " in line:
            partner, text = line[1:].split(" ", 1)
        if not text.strip():
            return
        if partner is None:
            print("Whom to?  Write `@user text`, or start with --with USER.", file=sys.stderr)
            self.failed = True
            return
        task = asyncio.create_task(self._send(partner, text))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def done(self) -> None:
        """Wait until everything typed is stored (or refused), and the receipts are out."""
        await asyncio.gather(*self._sends)
        await self._client.settled()

    async def _send(self, partner: str, text: str) -> None:
        try:
            ack = await self._client.send(partner, text)
        except RequestError as error:
            print(f"       ✗  {excerpt(text)}: {error}", file=sys.stderr, flush=True)
            self.failed = True
            return
        if ack.conversation and ack.position:
            self._mine.setdefault(ack.conversation, []).append((ack.position, text))
        print(f"{clock(ack.at or 0)}  {SENT}  {excerpt(text)}", flush=True)


def excerpt(text: str, limit: int = 40) -> str:
    """The beginning of a text, on one line."""
    line = printable(text.replace("\n", " "))
    return line if len(line) <= limit else line[: limit - 1] + "…"


async def run(options: argparse.Namespace) -> int:
    """Chat until the input ends."""
    async with connected(options) as client:
        chat = Chat(client, options.partner)
        await chat.begin(options.last)
        async for line in lines():
            chat.say(line)
        await chat.done()
        if options.stay:
            async for _ in client.messages():
                pass
        return 1 if chat.failed else 0
