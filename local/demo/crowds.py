"""Groups of several sizes: everybody talks at once, and then every member's view is read back and checked.

`python -m local.demo.crowds` prints the table for 3, 50, 1,000 and 20,000 members; `make demo` plays the first two.

Members are entered into `Users` in bulk (who has never connected cannot be added); everything else goes through real
sockets: the group is made and filled by its owner's client, some members write, some are online, and of the others a
sample (all, up to a thousand) come with a new device afterwards and read what their first sync gives them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from chitchat_dataset import Dataset

from client import Client, Message, Timing
from local.aws import client as aws_client
from local.control_client import ControlError
from local.demo import checker
from local.demo.crowd_table import Crowd, table
from local.demo.facts import Item, Sent
from local.demo.host import HostHandle, running

ADDED: Final = 90
"""Members an owner adds in one frame."""
WRITERS: Final = 8
ONLINE: Final = 40
SAMPLE: Final = 1_000
AT_ONCE: Final = 20
"""Sockets that are opened at the same time."""
BATCH: Final = 25
TIMING: Final = Timing(receipts=0.2, keep_alive=30.0)
WORK: Final = ("WorkSmall", "WorkLarge")
PATIENCE: Final = 40
"""Minutes to wait for the streams and queues."""
CROSSES: Final = 1_024
"""Members beyond which a group is pulled (the setting `push_members`)."""
MANY: Final = 1_000
FEWER: Final = 12
"""Messages at most in a group of `MANY` or more: each is a copy a member, or read by each of them."""
ARRIVAL_S: Final = 120.0


class Person:
    """One device of a member: what it was handed, and what it shows."""

    def __init__(self, host: HostHandle, user: str, device: str) -> None:
        self.user = user
        self.handed: Counter[tuple[str, str]] = Counter()
        self.client = Client(host.endpoint, lambda: host.token(user), device, user_id=user, timing=TIMING)
        self.client.on_message(self._take)

    def _take(self, message: Message) -> None:
        self.handed[message.key] += 1

    def items(self, group: str) -> list[Item]:
        """What stands on the screen, oldest first."""
        return [Item(group, each.key, each.position, each.text) for each in self.client.conversation(group)]


class Play:
    """One group on a host."""

    def __init__(self, host: HostHandle, size: int, messages: int, texts: Sequence[str]) -> None:
        self._host = host
        self._texts = texts
        self._crowd = Crowd(size, messages)
        self._users = [f"crowd{size}-{number:05d}" for number in range(size)]
        self._group = ""
        self._facts: list[Sent] = []
        self._online: list[Person] = []

    async def run(self) -> Crowd:
        """Fill it, talk, measure one message alone, read everything back."""
        await self._enter_users()
        here = self._users[: min(len(self._users), ONLINE)]
        self._online = await opened([Person(self._host, user, "phone") for user in here])
        self._crowd.online = len(here)
        await self._fill()
        if self._crowd.path == "pulled":
            for each in self._online:
                await each.client.groups.watch(self._group)
        await self._talk()
        await self._alone()
        for each in self._online:
            await each.client.sync()
            self._judge(each, own=True)
        await closed(self._online)
        await self._read_back()
        return self._crowd

    async def _enter_users(self) -> None:
        """Everybody exists, as if they had connected once."""
        state = await self._host.control.state()
        (table,) = [name for logical, name in state["tables"].items() if "Users" in logical]
        database = aws_client("dynamodb", state["aws"])
        rest = self._users[ONLINE:]
        for start in range(0, len(rest), BATCH):
            puts = [
                {"PutRequest": {"Item": {"user_id": {"S": user}, "created_at": {"N": "1"}}}}
                for user in rest[start : start + BATCH]
            ]
            await asyncio.to_thread(database.batch_write_item, RequestItems={table: puts})

    async def _fill(self) -> None:
        """The first is the owner, and adds the others."""
        owner, others = self._online[0].client, self._users[1:]
        begun = time.monotonic()
        made = await owner.groups.create(f"a group of {self._crowd.size}", others[:ADDED])
        self._group = str(made.conversation)
        for start in range(ADDED, len(others), ADDED):
            await owner.groups.add(self._group, others[start : start + ADDED])
            if start < CROSSES <= start + ADDED:
                # Until it has gone over, every further addition would be copied to everybody who is in it by then.
                await self._settled()
        self._crowd.filled_s = time.monotonic() - begun
        await self._settled()
        info = await owner.groups.info(self._group)
        if info.members != self._crowd.size:
            self._crowd.faults.wrong.append(f"the group has {info.members} members, not {self._crowd.size}")
        self._crowd.path = "pushed" if info.live else "pulled"

    async def _settled(self) -> None:
        """Past the settling time, and past a crossing to pulling with its walk over the members."""
        for _ in range(4):
            await self._quiet(120_000)

    async def _talk(self) -> None:
        """The writers write, each as fast as acks allow; then everybody who is there has it all."""
        writers = self._online[:WRITERS]
        mark = (await self._host.control.mark())["mark"]

        async def write(number: int, person: Person) -> None:
            for place in range(number, self._crowd.messages - 1, len(writers)):
                await self._say(person, place)

        await asyncio.gather(*(write(number, person) for number, person in enumerate(writers)))
        await self._arrived()
        await self._quiet(5_000)
        meter = await self._host.control.meter(mark)
        busy = sum(meter["operations"][name]["billed_ms"] for name in WORK if name in meter["operations"])
        if self._crowd.path == "pushed" and self._crowd.size > BATCH and busy:
            self._crowd.per_worker = len(self._facts) * self._crowd.size / busy * 1_000

    async def _alone(self) -> None:
        """One message with the whole system to itself: how long until all is done, and what it costs."""
        await self._quiet(60_000)
        mark = (await self._host.control.mark())["mark"]
        begun = time.monotonic()
        await self._say(self._online[0], self._crowd.messages - 1)
        await self._quiet()
        self._crowd.fanout_s = time.monotonic() - begun
        total = (await self._host.control.meter(mark))["operations"]
        # Receipts and syncs are budgets of their own.
        parts = [total[name] for name in ("send", "PlanConversations", *WORK, "WorkLive") if name in total]
        self._crowd.written = sum(part["write"] for part in parts)
        self._crowd.read = sum(part["read"] for part in parts)
        self._crowd.frames = sum(part["frames"] for part in parts)
        await self._arrived()

    async def _quiet(self, advance_ms: int = 0) -> None:
        """Until nothing is left to do: thirty thousand copies and pushes take a laptop minutes."""
        for attempt in range(PATIENCE):
            try:
                await self._host.control.idle(60, close_windows=advance_ms > 0, advance_ms=advance_ms)
            except ControlError:
                if attempt == PATIENCE - 1:
                    raise
                continue
            return

    async def _say(self, person: Person, place: int) -> None:
        mine = sum(fact.sender == person.user for fact in self._facts)
        text = self._texts[place % len(self._texts)]
        fact = Sent(self._group, person.user, "", f"m{place:05d}", text, mine, time.monotonic())
        self._facts.append(fact)
        ack = await person.client.send(self._group, text, client_id=fact.client_id)
        fact.acked_at, fact.position = time.monotonic(), str(ack.position)

    async def _arrived(self) -> None:
        """Everybody online has every message: live, or (pulled groups drop live frames under load) by the next sync."""
        wanted = {fact.key for fact in self._facts}
        ends = time.monotonic() + (ARRIVAL_S if self._crowd.path == "pushed" else 2.0)
        for person in self._online:
            while time.monotonic() < ends and not wanted <= {item.key for item in person.items(self._group)}:
                await asyncio.sleep(0.02)
            if not wanted <= {item.key for item in person.items(self._group)}:
                await person.client.sync()

    async def _read_back(self) -> None:
        """Members who were offline come with a new device: their first sync tells them everything."""
        await self._quiet(60_000)
        absent = self._users[len(self._online) :]
        sample = absent if len(absent) <= SAMPLE else random.Random(1).sample(absent, SAMPLE)
        self._crowd.read_back = len(sample) + len(self._online)
        for start in range(0, len(sample), AT_ONCE):
            people = await opened([Person(self._host, user, "new") for user in sample[start : start + AT_ONCE]])
            for person in people:
                await person.client.sync()
                self._judge(person, own=False)
            await closed(people)

    def _judge(self, person: Person, *, own: bool) -> None:
        expected = [fact for fact in self._facts if own or fact.sender != person.user]
        faults, where = self._crowd.faults, f"{self._crowd.size}: {person.user}"
        faults.add(checker.compare(where, expected, person.items(self._group)))
        faults.repeated += [f"{where}: {key} was handed out {n} times" for key, n in person.handed.items() if n > 1]


async def opened(people: list[Person]) -> list[Person]:
    """Connected and synced, some at a time."""
    for start in range(0, len(people), AT_ONCE):
        await asyncio.gather(*(person.client.__aenter__() for person in people[start : start + AT_ONCE]))
        await asyncio.gather(*(person.client.sync() for person in people[start : start + AT_ONCE]))
    return people


async def closed(people: list[Person]) -> None:
    """Let them finish what they owe, and end."""
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        await asyncio.gather(*(person.client.settled() for person in some))
        await asyncio.gather(*(person.client.close() for person in some))


def lines(count: int) -> list[str]:
    """Real things that people said."""
    data, found = Dataset(), []
    for key in sorted(data):
        found += [m["text"] for turn in data[key]["messages"] for m in turn if m["text"].strip()]
        if len(found) >= count:
            break
    return found[:count]


async def play(host: HostHandle, sizes: Sequence[int], messages: int) -> list[Crowd]:
    """One group of each size, one after the other."""
    texts = lines(2_000)
    found = []
    for size in sizes:
        print(f"==> a group of {size:,}", flush=True)
        count = min(messages, FEWER) if size >= MANY else messages
        found.append(await Play(host, size, count, texts).run())
        print(f"    filled in {found[-1].filled_s:.1f} s", flush=True)
    return found


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.crowds", description=__doc__)
    parser.add_argument("--sizes", default="3,50,1000,20000", help="members of each group")
    parser.add_argument("--messages", type=int, default=40, help="in each group (default 40)")
    parser.add_argument("--control", metavar="URL", help="use the fresh host that has this control address")
    return parser.parse_args(words)


async def main(options: argparse.Namespace) -> int:
    """Play and print; 1 if anything was lost, repeated or out of order."""
    sizes = [int(size) for size in options.sizes.split(",")]
    async with running(options.control) as host:
        crowds = await play(host, sizes, options.messages)
    print("\n" + table(crowds))
    faults: list[Any] = [sentence for crowd in crowds for sentence in crowd.faults.all()]
    for sentence in faults[:20]:
        print(f"  ! {sentence}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parse())))
