"""`tidings search`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from typing import Final

from client.api import Client
from client.commands.options import command, connected, whole
from client.commands.show import post_line
from client.events import SearchProgress
from client.search import Found

WALKED: Final = 99
"""Percent at which all that was posted before the search has been looked at."""
ASK_AGAIN_S: Final = 3.0
"""Without news: an event may be lost."""
PATIENCE: Final = 100
"""How often to ask again without the index getting any further."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    search = command(subparsers, "search", "print the posts that hold all of the words, newest first")
    search.add_argument(
        "query", metavar="QUERY", nargs="+", help='words, "a phrase", #tag, from:HANDLE, since:YYYY-MM-DD'
    )
    search.add_argument("--more", type=whole, default=0, metavar="N", help="N more pages of 20")
    search.set_defaults(run=run_search)


async def run_search(options: argparse.Namespace) -> int:
    """Print pages of what is found; while the index of a word is being built for the first time, wait for it."""
    query = " ".join(options.query)
    async with connected(options) as client:
        found = await _built(client, query)
        for page in range(1 + options.more):
            if page:
                found = await client.search(query, found.before)
            for post in found.posts:
                print(post_line(post))
            if found.before is None:
                break
        else:
            print("(there is more: --more N)")
        if found.building is not None:
            print("(posts of the last minute may be missing)", file=sys.stderr)
    return 0


async def _built(client: Client, query: str) -> Found:
    """The first page, once everything recent has been looked at."""
    progress = client.events(SearchProgress)
    waiting, told, patience = None, -1, PATIENCE
    while True:
        found = await client.search(query)
        if found.building is None or found.building >= WALKED or patience == 0:
            break
        patience = PATIENCE if found.building > told else patience - 1
        told = found.building
        print(f"(building the index: {told} %)", file=sys.stderr)
        waiting = waiting or asyncio.ensure_future(anext(progress))
        done, _ = await asyncio.wait([waiting], timeout=ASK_AGAIN_S)
        waiting = None if done else waiting
    if waiting is not None:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    return found
