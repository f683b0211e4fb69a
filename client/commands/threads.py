"""`tidings like`, `repost`, `thread`, `mentions` and the like."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

from client.commands.options import command, connected, post_name, whole
from client.commands.show import counts_line, post_line
from client.errors import ClientError
from client.replies import Page

ENGAGEMENTS = (
    ("like", "like a post"),
    ("unlike", "take a like back"),
    ("repost", "pass a post on to everybody who follows you"),
    ("unrepost", "take a repost back"),
)
POST = "AUTHOR/POSITION"
NAMED = "the post, as timelines print its name"


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    for name, sentence in ENGAGEMENTS:
        parser = command(subparsers, name, sentence)
        parser.add_argument("post", metavar=POST, help=NAMED)
        parser.set_defaults(run=run_engage)
    unpost = command(subparsers, "unpost", "take one of your posts back")
    unpost.add_argument("post", metavar="POSITION", help="of the post, as `post` prints it, or its whole name")
    unpost.set_defaults(run=run_unpost)
    thread = command(subparsers, "thread", "print a post with what it answers and what answers it, newest first")
    thread.add_argument("post", metavar=POST, help=NAMED)
    mentions = command(subparsers, "mentions", "print what mentions, answers or quotes you, newest first")
    for parser, run in ((thread, run_thread), (mentions, run_mentions)):
        parser.add_argument("--more", type=whole, default=0, metavar="N", help="N more pages of 20")
        parser.set_defaults(run=run)


async def run_engage(options: argparse.Namespace) -> int:
    """Like, repost, or take it back."""
    post = post_name(options.post)
    async with connected(options) as client:
        do = {"like": client.like, "unlike": client.unlike, "repost": client.repost, "unrepost": client.unrepost}
        await do[options.command](post)
    return 0


async def run_unpost(options: argparse.Namespace) -> int:
    """Delete a post."""
    async with connected(options) as client:
        author, _, position = options.post.rpartition("/")
        if author and author != (await client.whoami())["user_id"]:
            raise ClientError("This is not your post.")
        await client.delete_post(position)
    return 0


async def run_thread(options: argparse.Namespace) -> int:
    """Print a thread."""
    post = post_name(options.post)
    async with connected(options) as client:
        thread = await client.thread(post)
        if thread.above is not None:
            print(f"(there is more above: tidings thread {'/'.join(thread.above)})")
        for each in (*thread.ancestors, thread.post):
            print(post_line(each, thread.originals))
        print(f"    {counts_line(thread.counts)}")
        first = Page(thread.replies, thread.before, originals=thread.originals)
        await _print(first, lambda before: client.replies(thread.post.name, before), options.more, "    ")
    return 0


async def run_mentions(options: argparse.Namespace) -> int:
    """Print mentions."""
    async with connected(options) as client:
        await _print(await client.mentions(), client.mentions, options.more)
    return 0


async def _print(page: Page, more: Callable[[str], Awaitable[Page]], pages: int, indent: str = "") -> None:
    """A page, and up to so many more."""
    while True:
        for post in page.posts:
            print(f"{indent}{post_line(post, page.originals)}")
        if page.before is None:
            return
        if pages == 0:
            print("(there is more: --more N)")
            return
        page, pages = await more(page.before), pages - 1
