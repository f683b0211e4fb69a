"""How events look in a terminal, and where lines come from."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from typing import TextIO

from client.events import Message
from client.replies import Post

SENT, DELIVERED, READ = "✓", "✓✓", "✓✓ read"


def clock(at: int) -> str:
    """Epoch ms as local hours and minutes."""
    return time.strftime("%H:%M", time.localtime(at / 1_000))


def printable(text: str) -> str:
    """`text` without what could steer the terminal; line breaks stay, indented."""
    safe = "".join(char if char.isprintable() or char == "\n" else "�" for char in text)
    return safe.replace("\n", "\n        ")


def message_line(message: Message, me: str | None) -> str:
    """One line of a chat."""
    who = "you" if message.sender == me else message.sender
    return f"{clock(message.at)}  {printable(who)}: {printable(message.text)}"


def post_line(post: Post) -> str:
    """One post of a timeline."""
    more = " […]" if post.truncated else ""
    return f"{clock(post.at)}  {printable(post.author)}: {printable(post.text)}{more}   ({post.position})"


async def lines(source: TextIO | None = None) -> AsyncIterator[str]:
    """Lines of standard input as they come, without blocking the connection.

    A thread of its own reads: files, pipes and terminals alike; it is a daemon, so that it never holds up the end.
    """
    stream = source or sys.stdin
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        try:
            for line in stream:
                loop.call_soon_threadsafe(queue.put_nowait, line.rstrip("\r\n"))
            loop.call_soon_threadsafe(queue.put_nowait, None)
        except (RuntimeError, ValueError):
            return  # the program has ended meanwhile

    threading.Thread(target=read, daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line
