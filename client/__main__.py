"""The `tidings` command.  Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 130 Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import os
import signal
import sys
from collections.abc import Sequence

from client.commands import chat, circle, groups, home, ops, people, posts, search, talk, threads
from client.commands.options import UsageError, shared
from client.errors import ClientError

EXAMPLES = """\
examples:
  tidings --endpoint wss://… --token … chat --with bob
  TIDINGS_CONTROL=http://127.0.0.1:… tidings timeline --as alice     (a development host: `make run`)
  echo hello | tidings chat --with bob
  tidings group create "Weekend" bob carol
  tidings ops redrive --stack Tidings-dev
"""


def build() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="tidings",
        description="Chat and post on a Tidings backend.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared()],
    )
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    for module in (chat, groups, home, people, circle, posts, threads, search, talk, ops):
        module.add(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code.  A failure is one sentence on standard error."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # see `tidings.sh`
        try:
            return _run(arguments)
        finally:
            print(end="", flush=True)
    except UsageError as error:
        return _complain(error, 2)
    except (ClientError, OSError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    # Whatever the locale is: other people's letters are shown as well as it can, odd bytes are refused with the text.
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "replace"), (sys.stderr, "replace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
    options = build().parse_args(arguments)
    logging.basicConfig(format="tidings: %(message)s", level=logging.ERROR)
    logging.getLogger("tidings.client").setLevel(logging.WARNING)
    return int(asyncio.run(options.run(options)))


def _complain(error: Exception, code: int) -> int:
    try:
        print(end="", flush=True)
    except OSError:
        # What is left can go nowhere; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):  # whoever read our output has gone: they know
        print(f"tidings: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
