"""`tidings tail`, `history`, `whoami`: look at what comes in and what there is."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from client.api import Client
from client.commands.options import UsageError, command, connected, place, whole
from client.commands.show import as_json, entry_line
from client.events import KINDS, Entry, Event, GroupChange, NewPosts, SearchProgress, Setting
from client.inbox import State

NAMES = {kind: kind.__name__.lower() for kind in KINDS} | {
    GroupChange: "group",
    NewPosts: "timeline",
    SearchProgress: "search",
}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    tail = command(subparsers, "tail", "print every event, one JSON object a line")
    tail.add_argument("--state", type=Path, metavar="FILE", help="go on where the last run with this file ended")
    tail.add_argument(
        "--watch", action="append", default=[], metavar="ID", help="a group to hear live, typing included"
    )
    tail.add_argument("--presence", action="append", default=[], metavar="USER", help="whose coming and going to hear")
    tail.add_argument("--timeline", action="store_true", help="hear what comes into the home timeline")
    tail.add_argument("--once", action="store_true", help="print what is there and end")
    tail.set_defaults(run=run_tail)
    history = command(subparsers, "history", "print a conversation's messages")
    history.add_argument("whom", metavar="WHOM", help="a user, or a group's ID")
    history.add_argument("--last", type=whole, default=50, metavar="N", help="the last N messages (default 50)")
    history.add_argument("--positions", action="store_true", help="print each one's position, which names it, in front")
    history.set_defaults(run=run_history)
    whoami = command(subparsers, "whoami", "print who the token proves you to be")
    whoami.set_defaults(run=run_whoami)


async def run_tail(options: argparse.Namespace) -> int:
    """Print events until Ctrl-C (or, with --once, until the mailbox is read)."""
    path: Path | None = options.state

    def show(event: Event) -> None:
        print(as_json({"event": NAMES[type(event)]} | _told(event)), flush=True)

    load, save = (partial(_load, path), partial(_save, path)) if path is not None else (None, None)
    async with connected(options, load, save) as client:
        for kind in KINDS:
            client.on(kind, show)
        for group in options.watch:
            await client.groups.watch(group)
        if options.presence:
            await client.people.watch(options.presence)
        if options.timeline:
            await client.watch_timeline()
        await client.sync()
        if options.once:
            await client.settled()
        else:
            async for _ in client.events():
                pass
    return 0


def _told(event: Event) -> dict[str, Any]:
    """An event's fields, without those that say nothing."""
    fields = {name: value for name, value in asdict(event).items() if value not in (None, ())}
    return fields | ({"details": dict(event.details)} if isinstance(event, GroupChange | Setting) else {})


def _load(path: Path) -> State | None:
    try:
        return State.from_json(json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError):
        raise UsageError(f"{path} is not a state file of `tidings tail`.") from None


def _save(path: Path, state: State) -> None:
    """Replace the file as a whole, by one of our own: a half-written state, or another run's, would lose the place."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as fresh:
        try:
            json.dump(state.as_json(), fresh)
            fresh.flush()
            os.fsync(fresh.fileno())
            Path(fresh.name).replace(path)
        except BaseException:
            Path(fresh.name).unlink()
            raise


async def run_history(options: argparse.Namespace) -> int:
    """Print the last messages, oldest first."""
    async with connected(options) as client:
        me = str((await client.whoami())["user_id"])
        conversation = await place(client, options.whom)
        for entry in await newest(client, conversation, options.last):
            print(f"{entry.position}  " * options.positions + entry_line(entry, me))
    return 0


async def newest(client: Client, conversation: str, count: int) -> list[Entry]:
    """The last `count` messages and changes, oldest first.  A page may come short, and is no end."""
    found: list[Entry] = []
    before: str | None = None
    while len(found) < count:
        page, before = await client.past(conversation, before, min(100, count - len(found)))
        found += page
        if before is None:
            break
    return found[::-1]


async def run_whoami(options: argparse.Namespace) -> int:
    """Print the identity as JSON."""
    async with connected(options) as client:
        reply = dict(await client.whoami())
        print(json.dumps({name: reply[name] for name in reply if name not in ("type", "id")}, indent=2))
    return 0
