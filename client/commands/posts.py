"""`tidings post`, `timeline`, `follow`, `unfollow`."""

from __future__ import annotations

import argparse
import sys

from client.api import Client
from client.commands.options import USER, command, connected, post_name, whole
from client.commands.show import post_line, printable
from client.events import NewPosts
from client.order import Seen
from client.posts import Name
from client.replies import Page


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    post = command(subparsers, "post", "post to everybody who follows you")
    post.add_argument("text", metavar="TEXT", help="what to post; - reads it from standard input")
    post.add_argument("--reply-to", metavar="AUTHOR/POSITION", help="the post that it answers")
    post.add_argument("--quote", metavar="AUTHOR/POSITION", help="a post to be shown beside it")
    post.set_defaults(run=run_post)
    timeline = command(subparsers, "timeline", "print your home timeline, newest first")
    which = timeline.add_mutually_exclusive_group()
    which.add_argument("--user", dest="author", metavar="USER", help="one author's posts instead")
    timeline.add_argument("--more", type=whole, default=0, metavar="N", help="N more pages of 20")
    which.add_argument("--follow", action="store_true", help="go on printing what comes into it until Ctrl-C")
    timeline.set_defaults(run=run_timeline)
    for name, sentence in (("follow", "follow a user"), ("unfollow", "stop following a user")):
        parser = command(subparsers, name, sentence)
        parser.add_argument("whom", metavar="USER", help=USER)
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
    """The newest page, oldest first, then what comes: as it is told live, or looked up where that does not say all."""
    news = client.events(NewPosts)
    await client.watch_timeline()
    page = await client.home()
    since, shown = page.since, Seen[Name]()
    _print_new(page, shown)
    async for each in news:
        if len(each.posts) < max(1, each.new) or any(post.quote or post.repost_of for post in each.posts):
            page = await _whats_new(client, since)
            since = page.since
            _print_new(page, shown)
        _print_new(Page(each.posts[::-1]), shown)
    return 0


async def _whats_new(client: Client, since: str | None) -> Page:
    """What has come, in one piece; its `since` is for the next time."""
    page = await client.home(since=since)
    posts, originals, kept = page.posts, dict(page.originals), page.since
    while page.before is not None:
        page = await client.home(before=page.before)
        posts += page.posts
        originals |= page.originals
    return Page(posts, since=kept, originals=originals)


def _print_new(page: Page, shown: Seen[Name]) -> None:
    """The posts of a page that were not printed yet, oldest first."""
    for post in page.posts[::-1]:
        if shown.add(post.name):
            print(post_line(post, page.originals), flush=True)


async def run_follow(options: argparse.Namespace) -> int:
    """Follow or unfollow."""
    async with connected(options) as client:
        ack = await (client.follow(options.whom) if options.command == "follow" else client.unfollow(options.whom))
        if ack.requested:
            print(f"{printable(options.whom)} is private: you follow when they accept.", file=sys.stderr)
    return 0
