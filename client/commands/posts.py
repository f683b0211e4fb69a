"""`tidings post`, `timeline`, `follow`, `unfollow`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from client.api import Client
from client.commands.options import command, connected, post_name
from client.commands.show import post_line, printable
from client.events import NewPosts
from client.order import Seen
from client.posts import Post


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    post = command(subparsers, "post", "post to everybody who follows you")
    post.add_argument("text", metavar="TEXT", help="what to post; - reads it from standard input")
    post.add_argument("--reply-to", metavar="AUTHOR/POSITION", help="the post that it answers")
    post.add_argument("--quote", metavar="AUTHOR/POSITION", help="a post to be shown beside it")
    post.set_defaults(run=run_post)
    timeline = command(subparsers, "timeline", "print your home timeline, newest first")
    timeline.add_argument("--user", dest="author", metavar="USER", help="one author's posts instead")
    timeline.add_argument("--more", type=int, default=0, metavar="N", help="N more pages of 20")
    timeline.add_argument("--follow", action="store_true", help="go on printing what comes into it until Ctrl-C")
    timeline.set_defaults(run=run_timeline)
    for name, sentence in (("follow", "follow a user"), ("unfollow", "stop following a user")):
        parser = command(subparsers, name, sentence)
        parser.add_argument("whom", metavar="USER")
        parser.set_defaults(run=run_follow)


async def run_post(options: argparse.Namespace) -> int:
    """Post; prints the position, which names the post."""
    text = sys.stdin.read().rstrip("\n") if options.text == "-" else options.text
    reply_to, quote = (post_name(each) if each else None for each in (options.reply_to, options.quote))
    async with connected(options) as client:
        print((await client.post(text, reply_to=reply_to, quote=quote)).position)
    return 0


async def run_timeline(options: argparse.Namespace) -> int:
    """Print pages of a timeline, or what comes into it."""
    async with connected(options) as client:
        if options.follow:
            return await _follow_timeline(client)
        before: str | None = None
        for _ in range(1 + options.more):
            page = await (client.user_timeline(options.author, before) if options.author else client.home(before))
            for post in page.posts:
                print(post_line(post, page.originals))
            before = page.before
            if before is None:
                break
        else:
            print("(there is more: --more N)")
    return 0


async def _follow_timeline(client: Client) -> int:
    """The newest page, oldest first, then what comes: told live, or looked up where only its number was told."""
    news = client.events(NewPosts)
    await client.watch_timeline()
    page = await client.home()
    since, shown = page.since, Seen[tuple[str, str]]()
    _print_new(page.posts[::-1], shown)
    async for each in news:
        posts = each.posts
        if len(posts) < each.new:
            posts, since = await _whats_new(client, since)
        _print_new(posts, shown)
    return 0


async def _whats_new(client: Client, since: str | None) -> tuple[tuple[Post, ...], str | None]:
    """What has come, oldest first, and the cursor to ask with the next time."""
    page = await client.home(since=since)
    posts, kept = [*page.posts], page.since
    while page.before is not None:
        page = await client.home(before=page.before)
        posts += page.posts
    return tuple(posts[::-1]), kept


def _print_new(posts: Iterable[Post], shown: Seen[tuple[str, str]]) -> None:
    for post in posts:
        if shown.add((post.author, post.position)):
            print(post_line(post), flush=True)


async def run_follow(options: argparse.Namespace) -> int:
    """Follow or unfollow."""
    async with connected(options) as client:
        ack = await (client.follow(options.whom) if options.command == "follow" else client.unfollow(options.whom))
        if ack.requested:
            print(f"{printable(options.whom)} is private: you follow when they accept.", file=sys.stderr)
    return 0
