"""`tidings post`, `timeline`, `follow`, `unfollow`."""

from __future__ import annotations

import argparse
import sys

from client.commands.options import command, connected, post_name
from client.commands.show import post_line


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
    """Print pages of a timeline."""
    async with connected(options) as client:
        before: str | None = None
        for _ in range(1 + options.more):
            page = await (client.user_timeline(options.author, before) if options.author else client.home(before))
            for post in page.posts:
                print(post_line(post))
            before = page.before
            if before is None:
                break
        else:
            print("(there is more: --more N)")
    return 0


async def run_follow(options: argparse.Namespace) -> int:
    """Follow or unfollow."""
    async with connected(options) as client:
        await (client.follow(options.whom) if options.command == "follow" else client.unfollow(options.whom))
    return 0
