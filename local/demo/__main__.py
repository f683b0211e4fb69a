"""`make demo`: real conversations, groups and posts through the whole system; then all is read back and checked.

Exit code 0 if nothing was lost, repeated, misordered or wrong and no budget was broken; 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

import aiohttp

from client.errors import ClientError
from local.control_client import ControlError
from local.demo import report
from local.demo.acts import Acts
from local.demo.crowd_table import table as crowds_table
from local.demo.crowds import play
from local.demo.facts import Findings
from local.demo.host import running
from local.demo.scenario import write
from local.demo.verify import VerifyError
from local.errors import HostError

GROUP_MESSAGES = 40
"""In each group."""


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which conversations, who follows whom (default 1)")
    parser.add_argument("--conversations", type=int, default=200, help="of 10 messages each (default 200, at most 250)")
    parser.add_argument("--users", type=int, default=300, help="at least so many in the follower graph (default 300)")
    parser.add_argument("--edges", type=int, default=600, help="about so many follows (default 600)")
    parser.add_argument("--posts", type=int, default=200, help="how many posts (default 200)")
    parser.add_argument("--groups", default="3,50", help="members of each group that talks (default 3,50)")
    parser.add_argument("--control", metavar="URL", help="use the fresh host that has this control address")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the report to a file")
    return parser.parse_args(words)


async def run(options: argparse.Namespace) -> bool:
    """Start a host, play the scenario, print the report.  Whether all was right."""
    begun = time.monotonic()
    scenario = write(options.seed, options.conversations, options.users, options.edges, options.posts)
    print("==> the development host", flush=True)
    async with running(options.control) as host:
        print(f"    up after {time.monotonic() - begun:.1f} s", flush=True)
        acts = Acts(host, scenario)
        results = await acts.play()
        crowds = await play(host, [int(size) for size in options.groups.split(",")], GROUP_MESSAGES)
    results.faults["groups"] = Findings()
    for crowd in crowds:
        results.faults["groups"].add(crowd.faults)
    results.facts.append(("everything took", f"{time.monotonic() - begun:.0f} s"))
    online = {talk.name for talk in scenario.talks if talk.kind == "online"}
    told = f"{crowds_table(crowds)}\n\n{report.text(results, online)}"
    print("\n" + told, flush=True)
    if options.write is not None:
        options.write.write_text(told + "\n")
    return results.passed


def main() -> int:
    """Run it; a failure of the demo itself is one sentence."""
    options = parse()
    # Lines are cut on purpose here: not worth a warning each.
    logging.getLogger("tidings.client").setLevel(logging.ERROR)
    try:
        return 0 if asyncio.run(run(options)) else 1
    except (HostError, ClientError, ControlError, VerifyError, ValueError, aiohttp.ClientError, OSError) as error:
        print(f"demo: {error or type(error).__name__}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
