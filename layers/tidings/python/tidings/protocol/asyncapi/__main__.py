"""`python -m tidings.protocol.asyncapi [--server wss://host/stage]`: the AsyncAPI document, on standard output."""

from __future__ import annotations

import argparse
import sys
from urllib.parse import urlsplit

from tidings.protocol.asyncapi.document import text


def _address(given: str) -> str:
    url = urlsplit(given)
    if url.scheme not in ("ws", "wss") or not url.netloc:
        raise argparse.ArgumentTypeError("give the address to connect to, such as wss://host/stage")
    return given


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="python -m tidings.protocol.asyncapi", description="The API as AsyncAPI 3.0.")
    parser.add_argument("--server", type=_address, help="the deployment's address (wss://host/stage); without, any")
    sys.stdout.write(text(parser.parse_args().server))


if __name__ == "__main__":
    main()
