"""What a person sees at the terminal: progress, addresses, commands to paste, and pushes as they reach the phones."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import client
from local.host import ROOT, Host
from local.phones import Push
from local.seed import owner


class Terminal:
    """Prints, with the seconds since the start, unless `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._begun = time.monotonic()

    def progress(self, what: str) -> None:
        """What is being started."""
        if not self._quiet:
            print(f"==> {time.monotonic() - self._begun:5.1f} s  {what}", flush=True)

    def left_out(self, lines: Sequence[str]) -> None:
        """How the template was changed for ministack."""
        if not self._quiet:
            print("    what the template holds and ministack does not take:", flush=True)
            for line in lines:
                print(f"      - {line}", flush=True)

    def ready(self, host: Host, users: Sequence[str]) -> None:
        """Addresses and commands."""
        if self._quiet:
            print(host.url, flush=True)
            return
        program = ".venv/bin/tidings" if (ROOT / ".venv" / "bin" / "tidings").exists() else ".venv/bin/python -m client"
        first, second = users[0], users[1]
        print(
            f"\n  Tidings runs at  {host.url}   (after {time.monotonic() - self._begun:.1f} s)"
            f"\n  control          {host.control.url}"
            f"\n  logs             {host.logs.relative_to(ROOT)}"
            f"\n  users            {', '.join(users)} (any other name works too)"
            f"\n\n  In other terminals:\n"
            f"\n    export TIDINGS_CONTROL={host.control.url}"
            f"\n    {program} chat --as {first} --with {second}"
            f"\n    {program} chat --as {second} --with {first}"
            f"\n    {program} post --as {first} 'Hello from {first.capitalize()}'"
            f"\n    {program} timeline --as {second}"
            f"\n    {program} tail --as {second}"
            f"\n\n  Ctrl-C ends everything. Pushes appear below.\n",
            flush=True,
        )


class PhonePrinter:
    """Prints each push under its owner's name; asks SNS for the name outside the hot path."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._owners: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        host.phones.listen(self._heard)

    def _heard(self, push: Push) -> None:
        task = asyncio.ensure_future(self._print(push))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _print(self, push: Push) -> None:
        if push.endpoint not in self._owners:
            self._owners[push.endpoint] = await asyncio.to_thread(self._ask, push.endpoint)
        problem = f"   [{push.problem}]" if push.problem else ""
        print(f"  [{self._owners[push.endpoint]}'s phone] {words(push.payload)}{problem}", flush=True)

    def _ask(self, endpoint: str) -> str:
        try:
            sns = client("sns", self._host.deployment.aws_endpoint)
            told = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
        except (BotoCoreError, ClientError):
            return "somebody"
        return owner(str(told.get("Token", "somebody")))


def words(payload: Any) -> str:
    """What a phone would show of a push, or its JSON where nothing is to be shown."""
    found = list(_texts(payload))
    return ": ".join(found) if found else json.dumps(payload, ensure_ascii=False)


def _texts(payload: Any) -> Sequence[str]:
    if isinstance(payload, str):
        return [payload]
    if isinstance(payload, dict):
        shown = [payload[key] for key in ("title", "body") if isinstance(payload.get(key), str)]
        if shown:
            return shown
        for value in payload.values():
            deeper = _texts(value) if isinstance(value, dict) else []
            if deeper:
                return deeper
    return []


def ready_line(host: Host) -> str:
    """One line of JSON for programs that start the host."""
    deployment = host.deployment
    told = {
        "ready": True,
        "url": host.url,
        "control": host.control.url,
        "issuer": host.issuer.url,
        "aws": deployment.aws_endpoint,
        "logs": str(host.logs),
        "left_out": host.left_out,
    }
    return json.dumps(told)


def complain(sentence: str) -> None:
    """The last words: one sentence."""
    print(f"Tidings: {sentence}", file=sys.stderr, flush=True)
