"""Readers who page and refresh while others go on: they lose nothing and see nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.square.model import Post, Square
from tests.e2e.square.views import Views, key


@dataclass
class Walk:
    """A way down home that has begun at a `step`, when `there` was to be seen."""

    step: int
    there: list[Post]
    limit: int
    seen: list[tuple[str, str]] = field(default_factory=list)
    before: str | None = None


class Reader:
    """Somebody who looks at home now and then."""

    def __init__(self, name: str, square: Square, views: Views, limit: int) -> None:
        self.name = name
        self.limit = limit
        self.known: set[tuple[str, str]] = set()
        self._square = square
        self._views = views
        self._walk: Walk | None = None
        self._since: str | None = None
        self._began = 0

    async def step_down(self) -> None:
        """One page further down, from the top where no walk has begun."""
        square = self._square
        walk = self._walk or Walk(square.step, square.sure(self.name), self.limit)
        may = {key(each) for each in square.home(self.name)[1]}
        fields = {} if walk.before is None else {"before": walk.before}
        page = await self._views.page(self.name, "timeline.home", limit=walk.limit, **fields)
        shown = [key(each) for each in page["posts"]]
        assert may.issuperset(shown), ("too much", self.name, [each for each in shown if each not in may])
        walk.seen += shown
        walk.before = page.get("before")
        self._walk = walk if walk.before else None
        if self._walk is None:
            self._ended(walk)

    def _ended(self, walk: Walk) -> None:
        assert walk.seen == sorted(set(walk.seen), reverse=True), ("order", self.name, walk.seen)
        wanted = [each for each in walk.there if self._square.unseen.get((self.name, each), 0) < walk.step]
        missing = [vars(each) for each in wanted if key(each) not in walk.seen]
        assert not missing, ("missing on the way down", self.name, missing)

    async def refresh(self) -> None:
        """What is new since the last time, down to where that stood."""
        fields: dict[str, Any] = {} if self._since is None else {"since": self._since}
        began = self._square.step
        page = await self._views.page(self.name, "timeline.home", limit=self.limit, **fields)
        kept = page["since"]
        while True:
            self.known.update(map(key, page["posts"]))
            if "before" not in page:
                break
            page = await self._views.page(self.name, "timeline.home", limit=self.limit, before=page["before"])
        if self._since is None:
            self._began = began
        self._since = kept

    def up_to_date(self) -> None:
        """What was posted since the first refresh, and was to be seen ever since, is known."""
        if self._since is None:
            return
        square = self._square
        lasting = [each for each in square.posts if each.step > self._began and square.must(self.name, each)]
        lasting = [each for each in lasting if square.unseen.get((self.name, each), 0) < each.step]
        missing = [vars(each) for each in lasting if key(each) not in self.known]
        assert not missing, ("never new", self.name, missing)
