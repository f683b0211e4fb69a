"""`tidings group`: make groups, change them, and see who is in them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from client.commands.options import USER, Subparsers, command, connected, shared
from client.commands.show import TITLE, excerpt, printable, when
from client.replies import Ack, Group

WHO = ("members", "admins")
SETTINGS = ("title", "picture", "description", "who_posts", "who_adds", "history")
EXAMPLES = """\
examples:
  tidings group create "Weekend" bob carol         prints the group's ID
  tidings chat --group g#abcdefghijklmnop
  tidings group add g#abcdefghijklmnop dave
  tidings group set g#abcdefghijklmnop --who-posts admins
"""


def add(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    group = subparsers.add_parser(
        "group",
        help="make and change groups: create, add, remove, leave, role, rename, set, info, members",
        description="Make groups, change them, and see who is in them.  `tidings chat --group ID` writes into one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared()],
    )
    commands = group.add_subparsers(dest="group_command", metavar="command", required=True)

    create = _command(commands, "create", "make a group that you own; prints its ID", run_create, group_id=False)
    create.add_argument("title", metavar="TITLE", help="what it is called")
    create.add_argument("members", metavar="USER", nargs="*", help="who else is in it")
    _settings(create, title=False)

    many = _command(commands, "add", "put people into a group", run_add)
    many.add_argument("members", metavar="USER", nargs="+", help=USER)
    one = _command(commands, "remove", "take somebody out: they get nothing later", run_remove)
    one.add_argument("member", metavar="USER", help=USER)
    _command(commands, "leave", "leave a group; an owner's role goes to the longest-standing admin", run_leave)
    role = _command(commands, "role", "make a member an admin, the owner, or a plain member again", run_role)
    role.add_argument("member", metavar="USER", help=USER)
    role.add_argument("role", choices=("owner", "admin", "member"), help="what they are from now on")
    rename = _command(commands, "rename", "give a group another title", run_set)
    rename.add_argument("title", metavar="TITLE", help="what it is called from now on")
    _settings(_command(commands, "set", "change what a group is called, looks like or allows", run_set), title=True)
    _command(commands, "info", "print what a group is", run_info)
    _command(commands, "members", "print who is in a group: name, role, since when", run_members)


def _command(
    commands: Subparsers[argparse.ArgumentParser],
    name: str,
    sentence: str,
    run: Callable[[argparse.Namespace], object],
    *,
    group_id: bool = True,
) -> argparse.ArgumentParser:
    parser = command(commands, name, sentence)
    if group_id:
        parser.add_argument("group", metavar="ID", help="the group, g#… (`tidings conversations` lists yours)")
    parser.set_defaults(run=run)
    return parser


def _settings(parser: argparse.ArgumentParser, *, title: bool) -> None:
    if title:
        parser.add_argument("--title", metavar="TEXT", help="what it is called")
    parser.add_argument("--description", metavar="TEXT", help="what it is for")
    parser.add_argument("--picture", metavar="URL", help="an https:// address")
    parser.add_argument("--who-posts", choices=WHO, help="who may write (default: all members)")
    parser.add_argument("--who-adds", choices=WHO, help="who may add people (default: admins)")
    parser.add_argument(
        "--history", choices=("join", "all"), help="what newcomers see of the past: nothing (join, the default) or all"
    )


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, str]:
    found = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in found.items() if value is not None}


async def run_create(options: argparse.Namespace) -> int:
    """Make a group; prints its id."""
    async with connected(options) as client:
        settings: dict[str, object] = {**_given(options, SETTINGS)}
        ack = await client.groups.create(members=options.members, **settings)  # type: ignore[arg-type]
        print(ack.conversation)
        _tell_not_added(ack)
    return 0


async def run_add(options: argparse.Namespace) -> int:
    """Add members; 1 if some were not."""
    async with connected(options) as client:
        return _tell_not_added(await client.groups.add(options.group, options.members))


def _tell_not_added(ack: Ack) -> int:
    for user in ack.not_added:
        print(f"tidings: {printable(user)} could not be added.", file=sys.stderr)
    return 1 if ack.not_added else 0


async def run_remove(options: argparse.Namespace) -> int:
    """Remove a member."""
    async with connected(options) as client:
        await client.groups.remove(options.group, options.member)
    return 0


async def run_leave(options: argparse.Namespace) -> int:
    """Leave."""
    async with connected(options) as client:
        await client.groups.leave(options.group)
    return 0


async def run_role(options: argparse.Namespace) -> int:
    """Give a role."""
    async with connected(options) as client:
        await client.groups.role(options.group, options.member, options.role)
    return 0


async def run_set(options: argparse.Namespace) -> int:
    """Change the group itself."""
    async with connected(options) as client:
        settings: dict[str, object] = {**_given(options, SETTINGS)}
        await client.groups.update(options.group, **settings)  # type: ignore[arg-type]
    return 0


async def run_info(options: argparse.Namespace) -> int:
    """Print the group."""
    async with connected(options) as client:
        print(group_text(await client.groups.info(options.group)))
    return 0


def group_text(group: Group) -> str:
    """A group, one property a line."""
    rows = [
        ("title", excerpt(group.title, TITLE)),
        ("id", group.conversation),
        ("about", group.description),
        ("picture", group.picture),
        ("members", str(group.members)),
        ("your role", group.role),
        ("may write", group.who_posts),
        ("may add", group.who_adds),
        ("newcomers see", "everything" if group.history == "all" else "what comes after they joined"),
        ("delivery", "live" if group.live else "by sync; live while you watch it"),
    ]
    return "\n".join(f"{name:<14} {printable(value)}" for name, value in rows if value)


async def run_members(options: argparse.Namespace) -> int:
    """Print the members as they come."""
    async with connected(options) as client:
        async for member in client.groups.members(options.group):
            print(f"{printable(member.user):<24} {member.role:<7} since {when(member.joined)}")
    return 0
