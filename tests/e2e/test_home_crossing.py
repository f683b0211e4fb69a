"""An author crosses from push to pull and back while followers page and refresh: they lose and repeat nothing.

The crossings are asked for on the lane, as the policy would: here nobody has followers enough.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone
from tests.e2e.steps import BOUND_MS, SETTLE_MS, follow, gather, publish, settle, tail
from tests.e2e.tables import items, put, queue
from tests.e2e.test_home_merge import HOT_MS
from tidings.domain.authors import REMEMBERED_MS
from tidings.domain.position import floor

WAITS_MS = SETTLE_MS + REMEMBERED_MS + 1_000
SEED = 1
TROUBLE = {"duplicate_records": 0.4, "duplicate_messages": 0.4, "reorder": 3}


async def known(control: AsyncControlClient, author: str) -> dict[str, Any]:
    """The item that says how an author's posts are delivered."""
    (found,) = [
        each for each in await items(control, "Graph", "owner", f"{author}#0") if each["edge"]["S"] == " shards"
    ]
    return found


async def path(control: AsyncControlClient, author: str) -> str:
    return str((await known(control, author)).get("path", {"S": "push"})["S"])


async def begin(control: AsyncControlClient, task: str, author: str, now: int) -> None:
    """Have the author cross.  They count as weighed just now, so that nothing else turns them."""
    item = {**await known(control, author), "weighed": {"N": str(now)}}
    await put(control, "Graph", item)
    job: dict[str, Any] = {"v": 1, "kind": "task", "of": task, "owner": author, "position": floor(now)}
    if task == "author-down":
        job |= {"position": floor(int(item["pulled_from"]["N"])), "cursor": floor(now)}
    lane, url = await queue(control, "SmallLane")
    await asyncio.to_thread(lane.send_message, QueueUrl=url, MessageBody=json.dumps(job))


@dataclass
class Reader:
    """A client that refreshes with the cursor it kept, and now and then pages from the top to the end."""

    phone: Phone
    limit: int
    since: str | None = None
    known: list[str] = field(default_factory=list)
    walks: list[tuple[list[str], list[str]]] = field(default_factory=list)
    """What was there at the beginning, and what was seen."""
    _walk: tuple[list[str], list[str], str | None] | None = None

    async def refresh(self) -> None:
        fields = {} if self.since is None else {"since": self.since}
        page = await self.phone.ask("timeline.home", limit=self.limit, **fields)
        kept = page["since"]
        while True:
            self.known += tail(page["posts"], "position")
            if "before" not in page:
                break
            page = await self.phone.ask("timeline.home", limit=self.limit, before=page["before"])
        self.since = kept

    async def page(self, there: list[str]) -> None:
        """One page further down, from the top where there is no walk."""
        began, seen, before = self._walk or (there, [], None)
        fields = {} if before is None else {"before": before}
        page = await self.phone.ask("timeline.home", limit=self.limit, **fields)
        assert page["type"] == "timeline", page
        seen = seen + tail(page["posts"], "position")
        self._walk = (began, seen, page["before"]) if "before" in page else None
        if self._walk is None:
            self.walks.append((began, seen))


async def test_push_pull_push_while_readers_page(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    random = Random(SEED)
    star, other = await connect(user("star")), await connect(user("other"))
    readers = [Reader(await connect(user(f"reader{number}")), limit) for number, limit in enumerate((2, 3, 7))]
    await gather(*(follow(each.phone, author) for each in readers for author in (star, other)))
    await settle(control)
    sent: list[str] = []
    settled: list[str] = []

    async def live(steps: int) -> None:
        """Posts, pages and refreshes, with trouble."""
        nonlocal settled
        await control.misbehave(seed=SEED, **TROUBLE)
        for _ in range(steps):
            sent.append(await publish(random.choice([star, star, other]), f"{len(sent)}"))
            await control.advance(random.choice([1, 300, 1_500]))
            if random.random() < 0.4:
                await control.idle(60)
                await control.advance(HOT_MS)
                settled = list(sent)
            await gather(*(each.page(settled) for each in readers if random.random() < 0.7))
            await gather(*(each.refresh() for each in readers if random.random() < 0.2))
        await control.behave()

    await live(5)
    await begin(control, "author-up", star.user, int(sent[-1][:13]))
    await live(3)
    await control.advance(WAITS_MS)
    await live(3)
    await settle_soon(control)
    assert await path(control, star.user) == "pull"
    await control.advance(REMEMBERED_MS)
    await live(8)
    pulled = [at for at in sent[-8:] if await stored(control, star.user, at) == "pull"]
    assert pulled
    await begin(control, "author-down", star.user, int(sent[-1][:13]))
    await live(3)
    for _ in range(2):
        await control.advance(WAITS_MS)
        await live(3)
    await settle_soon(control)
    assert await path(control, star.user) == "push"
    await live(4)
    await settle(control)
    assert await stored(control, star.user, await publish(star, "last")) == "push"
    await control.advance(BOUND_MS)
    await settle(control)
    for reader in readers:
        await reader.refresh()
        assert sorted(set(reader.known))[:-1] == sorted(sent), "nothing is lost"
        assert len(reader.walks) >= 2
        for there, seen in reader.walks:
            assert seen == sorted(set(seen), reverse=True), "nothing is repeated, and all is in order"
            assert [at for at in seen if at in there] == there[::-1], "nothing is left out"
        copies = {item["position"]["S"] for item in await items(control, "Timelines", "user_id", reader.phone.user)}
        assert not copies & set(pulled), "what is pulled is written for nobody"
        (marks,) = [
            each for each in await items(control, "Graph", "owner", reader.phone.user) if "reader#pulled" in str(each)
        ]
        assert [int(mark["N"]) > 0 for name, mark in marks.items() if name.startswith("p#")] == [True]


async def settle_soon(control: AsyncControlClient) -> None:
    """Until everything that is due within a crossing's step has been done."""
    await control.idle(60, advance_ms=WAITS_MS)


async def stored(control: AsyncControlClient, author: str, position: str) -> str | None:
    """The path of an author's post; None where it is somebody else's."""
    found = [each for each in await items(control, "Posts", "author_id", author) if each["position"]["S"] == position]
    return str(found[0]["path"]["S"]) if found else None
