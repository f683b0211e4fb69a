"""How things look in a terminal, and where lines come from."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import sys
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Mapping
from typing import TextIO

from client.events import Entry, GroupChange, Message, Presence
from client.posts import Counts, Name, Post
from client.replies import Overview, Reader

ANSWER = "↩"
STEERING = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Categories of Unicode."""
HARMLESS = frozenset("\u200c\u200d\u200e\u200f" + "".join(map(chr, range(0xE0020, 0xE0080))))
"""Joiners, marks of direction, and the letters in flags."""
TITLE = 100
"""Characters in a group's title."""
SENT, DELIVERED, READ = "✓", "✓✓", "✓✓ read"


def clock(at: int) -> str:
    """Epoch ms as local hours and minutes."""
    return time.strftime("%H:%M", time.localtime(at / 1_000))


def when(at: int, now: float | None = None) -> str:
    """Epoch ms as hours and minutes, or as a date where it was not today."""
    then, today = time.localtime(at / 1_000), time.localtime(now)
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%Y-%m-%d", then)


def printable(text: str) -> str:
    """`text` without what could steer the terminal; line breaks stay, indented."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n        ".join("".join("�" if _steers(char) else char for char in line) for line in lines)


def _steers(char: str) -> bool:
    """Whether a terminal might obey `char`: control characters, and formats but for those that words and emoji need.

    `str.isprintable` will not do: it takes a Japanese space, and emoji that are younger than this Python, for such.
    """
    return unicodedata.category(char) in STEERING and char not in HARMLESS


def as_json(value: object) -> str:
    """One line of JSON that steers no terminal.  Nothing is lost, whatever standard output can encode."""
    line = json.dumps(value, ensure_ascii=False)
    encoding = sys.stdout.encoding or "utf-8"
    return "".join(json.dumps(char)[1:-1] if _steers(char) or not _fits(char, encoding) else char for char in line)


def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def excerpt(text: str, limit: int = 40) -> str:
    """The beginning of a text, on one line."""
    line = printable(text.replace("\r\n", " ").replace("\n", " "))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def faint(text: str) -> str:
    """Grey on a terminal that shows colours, plain elsewhere."""
    return f"\x1b[2m{text}\x1b[0m" if lively() and "NO_COLOR" not in os.environ else text


def lively() -> bool:
    """Whether somebody watches: typing and presence are for people, not for pipes."""
    return sys.stdout.isatty()


def person(user: str, me: str | None) -> str:
    """How somebody is called."""
    return "you" if user == me else printable(user)


def message_line(message: Message, me: str | None) -> str:
    """One line of a conversation."""
    answer = f"{ANSWER}  " if message.reply_to else ""
    return f"{clock(message.at)}  {person(message.sender, me)}: {answer}{printable(message.text)}{marks(message)}"


def marks(message: Message) -> str:
    """What happened to a message: that it was edited, and the reactions to it."""
    reactions = [printable(each.emoji) + (f" {each.count}" if each.count > 1 else "") for each in message.reactions]
    said = (["(edited)"] if message.edited else []) + ([f"[{'  '.join(reactions)}]"] if reactions else [])
    return "".join(f"  {each}" for each in said)


def change_line(change: GroupChange, me: str | None) -> str:
    """What happened to a group, as a sentence."""
    return f"{clock(change.at)}  — {change_words(change, me)}"


def change_words(change: GroupChange, me: str | None) -> str:
    """What happened to a group."""
    who, whom = person(change.sender, me), ", ".join(person(user, me) for user in change.users)
    details = dict(change.details)
    match change.change:
        case "created":
            return f"{who} made the group" + (f" “{excerpt(details['title'], TITLE)}”" if "title" in details else "")
        case "updated":
            return f"{who} changed the group: " + ", ".join(f"{name} “{excerpt(details[name])}”" for name in details)
        case "added":
            return f"{who} added {whom}"
        case "removed":
            return f"{who} removed {whom}"
        case "left":
            return f"{who} left" + (_now(details["owner"], "owner", me) if "owner" in details else "")
        case "role":
            return f"{who} made {whom} {details.get('role', 'something else')}"
        case other:
            return f"{who}: {printable(other)} {whom}"


def _now(user: str, role: str, me: str | None) -> str:
    return f"; {person(user, me)} {'are' if user == me else 'is'} the {role} now"


def entry_line(entry: Entry, me: str | None) -> str:
    """One line of a conversation: a message or a change."""
    return message_line(entry, me) if isinstance(entry, Message) else change_line(entry, me)


def presence_words(presence: Presence) -> str:
    """Whether somebody is there."""
    if presence.online:
        return f"{printable(presence.user)} is online"
    seen = f", last seen {when(presence.last_seen)}" if presence.last_seen else ""
    return f"{printable(presence.user)} is not online{seen}"


def overview_line(line: Overview, me: str | None) -> str:
    """One line of the conversation list: when, who, how many unread, what was said last."""
    name = f"{excerpt(line.title, TITLE)} ({line.conversation})" if line.title else partner_of(line.conversation, me)
    flags = [word for word in ("pinned", "archived", "blocked", "left") if getattr(line, word)]
    flags += ["muted"] if line.muted_until > time.time() * 1_000 else []
    unread = f"({'99+' if line.unread >= 99 else line.unread})" if line.unread else ""
    last = ""
    if isinstance(line.last, Message):
        last = f"{person(line.last.sender, me)}: {excerpt(line.last.text)}"
    elif line.last is not None:
        last = "— " + change_words(line.last, me)
    shown = f"{when(line.active_at):>10}  {name:<20} {unread:>6}  {last}"
    return shown.rstrip() + (faint(f"  [{', '.join(flags)}]") if flags else "")


def partner_of(conversation: str, me: str | None) -> str:
    """Whom a 1:1 conversation is with; a group's id as it is."""
    kind, *users = conversation.split("#")
    others = [user for user in users if user != me]
    return printable(others[0]) if kind == "dm" and others else printable(conversation)


def reader_words(reader: Reader) -> str:
    """How far somebody has got with a message."""
    delivered = f"delivered {when(reader.delivered_at)}" if reader.delivered_at else "not delivered yet"
    read = f", read {when(reader.read_at)}" if reader.read_at else ""
    return f"{printable(reader.user)}  {delivered}{read}"


def post_line(post: Post, originals: Mapping[Name, Post] | None = None) -> str:
    """One post of a timeline, and its name; with what it passes on or quotes, where that is among `originals`."""
    more = " […]" if post.truncated else ""
    notes = (("↩", post.reply_to), ("“”", post.quote), ("⟳", post.repost_of))
    about = "".join(f" {sign} {_original(name, originals or {})}" for sign, name in notes if name)
    who = printable(post.author)
    return f"{clock(post.at)}  {who}: {printable(post.text)}{more}{about}   ({who}/{post.position})"


def _original(name: Name, originals: Mapping[Name, Post]) -> str:
    post = originals.get(name)
    return printable(
        "/".join(name) if post is None else f"{post.author}: {post.text}{' […]' if post.truncated else ''}"
    )


def counts_line(counts: Counts) -> str:
    """How often a post was liked, reposted and answered."""
    mine = [word for word, own in (("liked", counts.liked), ("reposted", counts.reposted)) if own]
    yours = f" ({' and '.join(mine)} by you)" if mine else ""
    return f"{counts.likes} likes, {counts.reposts} reposts, {counts.replies} replies{yours}"


async def lines(source: TextIO | None = None) -> AsyncIterator[str]:
    """Lines of standard input as they come, without blocking the connection.

    A thread of its own reads: files, pipes and terminals alike; it is a daemon, so that it never holds up the end.
    Raises `OSError` after the last line where it cannot be read any more.
    """
    stream = source or sys.stdin
    if stream is None:
        return  # standard input was closed before we came
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | OSError | None] = asyncio.Queue()

    def read() -> None:
        end: OSError | None = None
        try:
            for line in stream:
                loop.call_soon_threadsafe(queue.put_nowait, line.rstrip("\r\n"))
        except OSError as error:
            end = error if error.errno != errno.EBADF else None  # `nohup` gives one that was never meant to be read
        except (RuntimeError, ValueError):
            return  # the program has ended meanwhile
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, end)

    threading.Thread(target=read, daemon=True).start()
    while isinstance(line := await queue.get(), str):
        yield line
    if line is not None:
        raise line
