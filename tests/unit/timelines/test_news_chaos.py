"""Whatever people do meanwhile, a device is told only what its user's home shows at that moment, and only while it
watches."""

from __future__ import annotations

import random
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.news_steps import mark, online, pulled, told, watch
from tests.unit.timelines.rig import Rig
from tidings.domain.errors import TidingsError
from tidings.domain.events import NewPosts
from tidings.ports import Delivery
from tidings.services.fanout.news import LIST_MS

PEOPLE = ("ann", "bob", "cid", "dan")
DEEDS = ("post", "post", "pull", "delete", "follow", "follow", "unfollow", "mute", "unmute", "watch", "watch", "leave")


class Town:
    """People who do things at random while jobs are on their way."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        with patch("tests.unit.timelines.rig.HOT_MS", 0):  # What home remembers of pulled authors may be older.
            self.rig = Rig()
        self.rig.people(*PEOPLE)
        self.posts: list[tuple[str, str]] = []
        self.watching: dict[str, bool] = dict.fromkeys(PEOPLE, False)
        self.wrong: list[tuple[str, str]] = []
        for name in PEOPLE:
            online(self.rig, name)
        self.rig.world.sockets.on_post = self.check

    def check(self, delivery: Delivery) -> None:
        """Called as a frame goes out."""
        shown = set(self.rig.home(delivery.user_id))
        for event in delivery.events:
            assert isinstance(event, NewPosts)
            assert event.count == len(event.posts) or not event.posts
            for entry in event.posts:
                if (
                    entry.position not in shown
                    or entry.author == delivery.user_id
                    or not self.watching[delivery.user_id]
                ):
                    self.wrong.append((delivery.user_id, entry.position))

    def act(self) -> None:
        """One deed, or some of the work that is due."""
        rig, (who, other) = self.rig, self.dice.sample(PEOPLE, 2)
        rig.clock.advance(self.dice.choice((1, 50, 900)))
        match self.dice.choice((*DEEDS, "work", "work", "work")):
            case "post":
                self.posts.append((who, rig.post(who)))
            case "pull":
                if rig.graph.following([(other, who)]):
                    mark(rig, other, who)
                self.posts.append((who, pulled(rig, who)))
            case "delete" if self.posts:
                rig.delete(*self.posts.pop(self.dice.randrange(len(self.posts))))
            case "follow":
                rig.follow(who, other)
            case "unfollow":
                rig.unfollow(who, other)
                # Marks end with the follow.
                mine = rig.graph.marks.get(who, {})
                for each in [each for each in mine if each[0] == other]:
                    del mine[each]
            case "mute":
                rig.muting.mute(rig.caller(who), f"m{rig.clock.now()}", other)
            case "unmute":
                rig.muting.unmute(rig.caller(who), f"u{rig.clock.now()}", other)
            case "watch":
                self.watch(who, True)
            case "leave":
                self.watch(who, False)
            case _:
                rig.plan()
                rig.work(batch=self.dice.choice((1, 5, 50)))

    def watch(self, who: str, on: bool) -> None:
        """Watch, or no longer: nobody is told what came before they had left."""
        try:
            watch(self.rig, who, on=on)
        except TidingsError:
            return
        self.watching[who] = on

    def heard(self) -> int:
        """Posts that were told, of all and to all."""
        return sum(event.count for name in PEOPLE for event in told(self.rig, name))


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_device_is_told_what_its_home_shows(seed: int) -> None:
    town = Town(seed)
    for _ in range(80):
        town.act()
    town.rig.settle()
    assert town.wrong == []


def test_in_such_a_town_something_is_told() -> None:
    told_of = 0
    for seed in range(10):
        town = Town(seed)
        for _ in range(80):
            town.act()
        town.rig.clock.advance(LIST_MS)
        town.rig.settle()
        told_of += town.heard()
    assert told_of > 20
