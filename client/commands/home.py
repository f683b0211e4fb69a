"""`tidings conversations`, `receipts`, `mute`, `pin`, `archive`: the conversation list and what belongs to it."""

from __future__ import annotations

import argparse
import re
from functools import partial
from typing import Any

from client.api import Client
from client.commands.options import command, connected, place, whole
from client.commands.show import excerpt, overview_line, printable, reader_words
from client.errors import ClientError
from client.events import Message

WHOM = "a user, or a group's ID"
UNITS = {"m": 60, "h": 3_600, "d": 86_400}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    overview = command(
        subparsers,
        "conversations",
        "list your conversations, newest activity first",
        "List your conversations: when something happened last, with whom, how many unread, what was last.",
    )
    overview.add_argument("--limit", type=whole, default=20, metavar="N", help="at most N (default 20)")
    overview.add_argument("--all", action="store_true", help="archived ones, too")
    overview.set_defaults(run=run_conversations)

    receipts = command(
        subparsers,
        "receipts",
        "who has received and who has read a message",
        "Print who has received and who has read a message of yours: by default your newest one there.",
    )
    receipts.add_argument("whom", metavar="WHOM", help=WHOM)
    receipts.add_argument("position", nargs="?", metavar="POSITION", help="the message (`tidings history --positions`)")
    receipts.set_defaults(run=run_receipts)

    mute = command(
        subparsers,
        "mute",
        "no pushes for a conversation",
        "No pushes for a conversation, except for messages that mention you.",
    )
    mute.add_argument("whom", metavar="WHOM", help=WHOM)
    mute.add_argument("--for", dest="duration", type=duration, metavar="TIME", help="30m, 8h or 7d (default: for good)")
    mute.add_argument(
        "--no-mentions", dest="mentions", action="store_false", default=None, help="messages that mention you, neither"
    )
    mute.set_defaults(run=run_mute)
    settings: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("unmute", "let a conversation push again", {"muted_until": 0}),
        ("pin", "keep a conversation on top of the list", {"pinned": True}),
        ("unpin", "no longer keep a conversation on top", {"pinned": False}),
        ("archive", "put a conversation away: out of the list and the total of unread", {"archived": True}),
        ("unarchive", "put a conversation back into the list", {"archived": False}),
    )
    for name, sentence, setting in settings:
        parser = command(subparsers, name, sentence)
        parser.add_argument("whom", metavar="WHOM", help=WHOM)
        parser.set_defaults(run=partial(run_set, setting=setting))


def duration(text: str) -> int:
    """Seconds of `30m`, `8h`, `7d`."""
    found = re.fullmatch(r"(\d{1,4})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError("a time is a number and m, h or d: 30m, 8h, 7d")
    return int(found[1]) * UNITS[found[2]]


async def run_conversations(options: argparse.Namespace) -> int:
    """Print the list."""
    async with connected(options) as client:
        me = str((await client.whoami())["user_id"])
        left = options.limit
        async for line in client.conversations():
            if left <= 0:
                print("(there is more: --limit N)")
                break
            if line.archived and not options.all:
                continue
            left -= 1
            print(overview_line(line, me))
    return 0


async def run_receipts(options: argparse.Namespace) -> int:
    """Print one line a reader."""
    async with connected(options) as client:
        conversation = await place(client, options.whom)
        position = options.position
        if position is None:
            message = await _newest_own(client, conversation)
            position = message.position
            print(f"“{excerpt(message.text)}”")
        async for reader in client.receipts_of(conversation, position):
            print(f"  {reader_words(reader)}")
    return 0


async def _newest_own(client: Client, conversation: str) -> Message:
    messages, _ = await client.history(conversation, limit=100)
    for message in messages:
        if message.sender == client.user_id:
            return message
    raise ClientError(
        f"Among the newest messages of {printable(conversation)} there is none of yours: give its POSITION."
    )


async def run_mute(options: argparse.Namespace) -> int:
    """No pushes."""
    async with connected(options) as client:
        await client.mute(await place(client, options.whom), options.duration, mentions=options.mentions)
    return 0


async def run_set(options: argparse.Namespace, setting: dict[str, Any]) -> int:
    """Change one setting of a conversation."""
    async with connected(options) as client:
        await client.set_conversation(await place(client, options.whom), **setting)
    return 0
