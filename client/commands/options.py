"""Options that all commands share: where the backend is, and who we are there."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from client.api import Client
from client.commands.guard import Guard, GuardedClient
from client.connection import Token
from client.core import Load
from client.dispatch import Save
from client.errors import ClientError
from client.posts import Name

Subparsers = argparse._SubParsersAction
CONNECT_S = 20.0
USER = "a user's name (their user id)"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UsageError(Exception):
    """The command line does not say enough; the text is one sentence."""


def shared() -> argparse.ArgumentParser:
    """A parent parser.  Nothing has a default here, so that an option counts before and after the subcommand."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = parser.add_argument_group("connection")
    group.add_argument("--endpoint", metavar="URL", help="the WebSocket address, wss://… (or TIDINGS_ENDPOINT)")
    group.add_argument("--token", metavar="JWT", help="your token (better: TIDINGS_TOKEN, which nobody else sees)")
    group.add_argument("--device", metavar="ID", help="this device's id (or TIDINGS_DEVICE; default: one for this run)")
    group.add_argument("--as", dest="user", metavar="NAME", help="be this user of a development host (see --control)")
    group.add_argument("--control", metavar="URL", help="the development host's control address (or TIDINGS_CONTROL)")
    return parser


def command(
    subparsers: Subparsers[argparse.ArgumentParser], name: str, sentence: str, description: str = ""
) -> argparse.ArgumentParser:
    """Declare a command; `sentence` stands in the list of commands, and in its own help without a `description`."""
    about = description or f"{sentence[0].upper()}{sentence[1:]}."
    return subparsers.add_parser(name, help=sentence, description=about, parents=[shared()])


def option(options: argparse.Namespace, name: str) -> str | None:
    """An option's value, or its environment variable's."""
    given = getattr(options, name, None) or os.environ.get(f"TIDINGS_{name.upper()}")
    return str(given) if given else None


def client_for(options: argparse.Namespace, load: Load | None = None, save: Save | None = None) -> GuardedClient:
    """A client as the options say, with its state kept if asked.  Raises `UsageError` when they do not say enough."""
    endpoint, token = option(options, "endpoint"), option(options, "token")
    user = getattr(options, "user", None)
    given: Token
    if user is not None:
        endpoint, given = _development(options, user, endpoint)
    elif token is not None:
        given = token
    else:
        raise UsageError("Who are you? Give --token or TIDINGS_TOKEN, or --as NAME on a development host.")
    if endpoint is None:
        raise UsageError("Where to? Give --endpoint or TIDINGS_ENDPOINT.")
    guard, device = Guard(), option(options, "device") or f"cli-{secrets.token_hex(4)}"
    client = GuardedClient(endpoint, given, device, load=load, save=guard.wrap(save) if save else None)
    client.guard = guard
    return client


@contextlib.asynccontextmanager
async def connected(
    options: argparse.Namespace, load: Load | None = None, save: Save | None = None
) -> AsyncIterator[Client]:
    """A client that has reached the gateway.

    Raises `UsageError`, `ClientError` when it cannot be reached, `OSError` when what came cannot be printed or kept.
    """
    client = client_for(options, load, save)
    with client.guard.ending():
        async with client:
            await client.ready(CONNECT_S)
            with client.guard.body():
                yield client


async def place(client: Client, whom: str) -> str:
    """The conversation with a user, or the one that has this id."""
    if "#" in whom:
        return whom
    me = str((await client.whoami())["user_id"])
    return "dm#" + "#".join(sorted((me, whom)))


def _development(options: argparse.Namespace, user: str, endpoint: str | None) -> tuple[str, Token]:
    """Endpoint and tokens of a development host: it mints them for whoever asks, so only on this machine."""
    control = option(options, "control")
    if control is None:
        raise UsageError("--as needs --control or TIDINGS_CONTROL: the control address that `make run` prints.")
    for url in (control, endpoint or control):
        if urlsplit(url).hostname not in LOOPBACK:
            raise UsageError("--as works with a development host on this machine only; use --token elsewhere.")
    from local.control_client import ControlClient, ControlError

    host = ControlClient(control)
    try:
        where = endpoint or str(host.state()["gateway"])
    except (ControlError, OSError):
        raise ClientError(f"No development host answers at {control}: is `make run` still running?") from None

    def token() -> str:
        return str(host.mint(user, name=user.capitalize())["token"])

    return where, token


def whole(text: str) -> int:
    """How many: a whole number."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError("give a whole number, 0 or more")
    return int(text)


def post_name(text: str) -> Name:
    """The post that is named `AUTHOR/POSITION`.  Raises `UsageError` for anything else."""
    author, _, position = text.rpartition("/")
    if not author or not position:
        raise UsageError("A post is named AUTHOR/POSITION, as timelines print it.")
    return author, position
