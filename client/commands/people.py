"""`tidings block`, `unblock`, `blocks`, `privacy`, `presence`, `devices`: people, and what they see of you."""

from __future__ import annotations

import argparse

from client.commands.options import USER, command, connected
from client.commands.show import presence_words, printable, when
from client.events import Presence
from client.replies import Device

SWITCH = {"on": True, "off": False}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    for name, sentence in (
        ("block", "hear and show nothing of a user; they are not told"),
        ("unblock", "end a block"),
    ):
        parser = command(subparsers, name, sentence)
        parser.add_argument("whom", metavar="USER", help=USER)
        parser.set_defaults(run=run_block)
    blocks = command(subparsers, "blocks", "print whom you have blocked")
    blocks.set_defaults(run=run_blocks)

    privacy = command(
        subparsers,
        "privacy",
        "print or change what others see of you",
        "Print your privacy settings, after changing those you give.",
    )
    privacy.add_argument(
        "--last-seen",
        choices=("everyone", "following", "nobody"),
        help="who sees when you are online and were last seen (following: whom you follow)",
    )
    privacy.add_argument(
        "--read-receipts", choices=tuple(SWITCH), help="off: nobody learns what you read, nor do you of them"
    )
    privacy.add_argument(
        "--previews",
        choices=("full", "sender", "none"),
        help="what a push shows: all, who writes, or neither",
    )
    privacy.set_defaults(run=run_privacy)

    presence = command(subparsers, "presence", "print who is online, or when they were last seen")
    presence.add_argument("users", metavar="USER", nargs="+", help=USER)
    presence.add_argument("--watch", action="store_true", help="go on printing changes until Ctrl-C")
    presence.set_defaults(run=run_presence)

    devices = command(
        subparsers,
        "devices",
        "list your devices, or sign one out",
        "List your devices; `devices revoke ID` signs one out: no pushes, its line closes, its token ends.",
    )
    commands = devices.add_subparsers(dest="devices_command", metavar="command")
    devices.set_defaults(run=run_devices)
    revoke = command(commands, "revoke", "sign a device out")
    revoke.add_argument("device_id", metavar="ID", help="as the list shows it")
    revoke.set_defaults(run=run_revoke)


async def run_block(options: argparse.Namespace) -> int:
    """Block or unblock."""
    async with connected(options) as client:
        people = client.people
        await (people.block(options.whom) if options.command == "block" else people.unblock(options.whom))
    return 0


async def run_blocks(options: argparse.Namespace) -> int:
    """Print one user a line."""
    async with connected(options) as client:
        async for user in client.people.blocks():
            print(printable(user))
    return 0


async def run_privacy(options: argparse.Namespace) -> int:
    """Change what is given, print what stands."""
    async with connected(options) as client:
        stands = await client.people.privacy(
            last_seen=options.last_seen,
            read_receipts=SWITCH[options.read_receipts] if options.read_receipts else None,
            previews=options.previews,
        )
        print(f"last-seen      {stands.last_seen}")
        print(f"read-receipts  {'on' if stands.read_receipts else 'off'}")
        print(f"previews       {stands.previews}")
    return 0


async def run_presence(options: argparse.Namespace) -> int:
    """Print one line a user, then changes if asked."""
    async with connected(options) as client:
        changes = client.events(Presence)
        shown = await client.people.watch(options.users)
        for presence in shown.values():
            print(presence_words(presence), flush=True)
        if options.watch:
            async for change in changes:
                if change != shown.get(change.user):
                    print(presence_words(change), flush=True)
    return 0


async def run_devices(options: argparse.Namespace) -> int:
    """Print one device a line."""
    async with connected(options) as client:
        for device in await client.devices.list():
            print(device_line(device))
    return 0


def device_line(device: Device) -> str:
    """A device: its id, whether it is connected, gets pushes, is registered, and is this one."""
    state = f"connected {when(device.connected_at)}" if device.connected_at else "not connected"
    pushes = f"pushes ({device.platform})" if device.push else "no pushes"
    since = f"since {when(device.registered_at)}" if device.registered_at else "not registered"
    own = "  (this one)" if device.own else ""
    return f"{device.device_id:<24} {state:<20} {pushes:<14} {since}{own}"


async def run_revoke(options: argparse.Namespace) -> int:
    """Sign a device out."""
    async with connected(options) as client:
        await client.devices.revoke(options.device_id)
    return 0
