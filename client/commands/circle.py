"""`tidings profile`, `tidings people …`: who you are, who others are, and who follows whom."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from client.api import Client
from client.circle import Person, Profile
from client.commands.options import USER, command, connected, whole
from client.commands.show import printable
from client.people import People
from client.replies import Ack

SWITCH = {"on": True, "off": False}
RELATION = (
    ("following", "you follow"),
    ("requested", "you asked"),
    ("followed_by", "follows you"),
    ("blocked", "blocked"),
    ("muted", "muted"),
)

Listing = Callable[[People, str | None], AsyncIterator[str]]
Act = Callable[[People, str], Awaitable[Ack]]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    profile = command(
        subparsers,
        "profile",
        "print or change who you are",
        "Print your profile, after changing what you give; an empty text takes away.",
    )
    profile.add_argument("--handle", help="1 to 15 letters, digits and underscores; nobody else has it")
    profile.add_argument("--name", help="the name that others see")
    profile.add_argument("--bio", help="a few words, up to 160 characters")
    profile.add_argument("--avatar", metavar="URL", help="an https address of a picture")
    profile.add_argument("--private", choices=tuple(SWITCH), help="on: only whom you accept sees your posts")
    profile.set_defaults(run=run_profile)

    people = command(subparsers, "people", "who others are, who follows whom, whose posts you do not see")
    commands = people.add_subparsers(dest="people_command", metavar="command", required=True)
    show = command(commands, "show", "print somebody's profile", "Print profiles, by user ids or @handles.")
    show.add_argument("whom", metavar="WHOM", nargs="+", help="a user id, or @ and a handle")
    show.set_defaults(run=run_show)
    find = command(commands, "find", "find people by handle or name", "List whom a handle or a name begins so.")
    find.add_argument("text", metavar="TEXT", nargs="+", help="how it begins")
    find.add_argument("--limit", type=whole, default=20, metavar="N", help="at most N (default 20)")
    find.set_defaults(run=run_find)
    _add_lists(commands)
    _add_acts(commands)


def _add_lists(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lists: tuple[tuple[str, str, Listing], ...] = (
        ("followers", "list who follows somebody, or you", lambda people, user: people.followers(user)),
        ("following", "list whom somebody follows, or you", lambda people, user: people.following(user)),
    )
    for name, sentence, listing in lists:
        parser = command(commands, name, sentence)
        parser.add_argument("whom", metavar="USER", nargs="?", help="somebody else than you")
        parser.set_defaults(run=partial(run_list, listing=listing))
    own: tuple[tuple[str, str, Listing], ...] = (
        ("requests", "list who asks to follow you", lambda people, _: people.requests()),
        ("mutes", "list whom you have muted", lambda people, _: people.mutes()),
    )
    for name, sentence, listing in own:
        parser = command(commands, name, sentence)
        parser.set_defaults(run=partial(run_list, listing=listing), whom=None)


def _add_acts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    acts: tuple[tuple[str, str, Act], ...] = (
        ("accept", "let somebody follow you who asks to", People.accept),
        ("decline", "end somebody's request; they are not told", People.decline),
        ("mute", "see nothing that somebody posts; they are not told", People.mute),
        ("unmute", "see their posts again", People.unmute),
    )
    for name, sentence, act in acts:
        parser = command(commands, name, sentence)
        parser.add_argument("whom", metavar="USER", help=USER)
        parser.set_defaults(run=partial(run_act, act=act))


async def run_profile(options: argparse.Namespace) -> int:
    """Change what is given, print what stands."""
    async with connected(options) as client:
        stands = await client.people.profile(
            handle=options.handle,
            name=options.name,
            bio=options.bio,
            avatar=options.avatar,
            private=SWITCH[options.private] if options.private else None,
        )
    for line in profile_lines(stands):
        print(line)
    return 0


def profile_lines(profile: Profile) -> list[str]:
    """A profile, a line for each part that there is."""
    parts = (
        ("user", profile.user),
        ("handle", f"@{profile.handle}" if profile.handle else None),
        ("name", profile.name),
        ("bio", profile.bio),
        ("avatar", profile.avatar),
        ("posts", "for followers only" if profile.private else "for everybody"),
    )
    return [f"{name:<8}{printable(text)}" for name, text in parts if text]


async def run_show(options: argparse.Namespace) -> int:
    """Print people; 1 where one of them does not exist."""
    async with connected(options) as client:
        found = [await _found(client, whom) for whom in options.whom]
    for place, person in enumerate(each for each in found if each is not None):
        if place:
            print()
        for line in person_lines(person):
            print(line)
    for whom, known in zip(options.whom, found, strict=True):
        if known is None:
            print(f"tidings: There is nobody called {printable(whom)}.", file=sys.stderr)
    return 0 if all(found) else 1


async def _found(client: Client, whom: str) -> Person | None:
    if whom.startswith("@"):
        return await client.people.by_handle(whom)
    return (await client.people.look_up([whom])).get(whom)


def person_lines(person: Person) -> list[str]:
    """A profile, the counts, and how you stand to each other."""
    stands = ", ".join(words for name, words in RELATION if getattr(person, name))
    counts = f"{person.followers} followers, follows {person.follows}"
    return [*profile_lines(person.profile), f"{'':<8}{counts}", *([f"{'':<8}{stands}"] if stands else [])]


async def run_find(options: argparse.Namespace) -> int:
    """Print one person a line."""
    async with connected(options) as client:
        left = options.limit
        async for found in client.people.search(" ".join(options.text)):
            if left <= 0:
                print("(there is more: --limit N)")
                break
            left -= 1
            print(found_line(found))
    return 0


def found_line(found: Profile) -> str:
    """Somebody: user id, handle and name."""
    parts = (found.user, f"@{found.handle}" if found.handle else "", found.name or "")
    return "  ".join(printable(part) for part in parts if part)


async def run_list(options: argparse.Namespace, listing: Listing) -> int:
    """Print one user a line."""
    async with connected(options) as client:
        async for user in listing(client.people, options.whom):
            print(printable(user))
    return 0


async def run_act(options: argparse.Namespace, act: Act) -> int:
    """Do it."""
    async with connected(options) as client:
        await act(client.people, options.whom)
    return 0
