"""A crossing whose last step is lost, for good or until somebody redrives it: homes are right all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.timelines.rig import Rig
from tidings.domain.authors import PulledAuthor
from tidings.domain.events import Path
from tidings.domain.policy import WEIGHED_EVERY_MS, Policy
from tidings.services.fanout.pulling import DOWN


class SmallRig(Rig):
    """Two followers are pushed to; a reader pulls one author."""

    policy = Policy(always_pull=2, never_pull=1_000)
    most = 1


@pytest.fixture
def rig() -> Rig:
    rig = SmallRig()
    rig.people("ann", "amy", "bob", "cid", "dan", "eve")
    return rig


def crowd(rig: Rig, author: str, *, comes: bool) -> None:
    """So many come, or go, that the author crosses; the last one who is there is bob."""
    for reader in ("cid", "dan", "eve"):
        (rig.follow if comes else rig.unfollow)(reader, author)
    rig.settle()
    rig.clock.advance(WEIGHED_EVERY_MS)
    rig.post(author)


def lost(rig: Rig) -> Mapping[str, Any]:
    """Everything is done but the end of the way down, which is lost."""
    while True:
        rig.plan()
        if rig.work():
            continue
        at = min(each.due for each in rig.lanes.queued)
        rig.clock.ms = max(rig.clock.ms, at)
        for job in rig.lanes.due():
            if job.get("of") == DOWN and str(job.get("cursor")).startswith("0#"):
                rig.settle()
                return job
            rig.lanes.send("small", [job])


def open_marks(rig: Rig, reader: str) -> list[str]:
    return [mark.author for mark in rig.graph.reader(reader).pulled if mark.open]


def shown(rig: Rig, author: str) -> list[str]:
    return sorted((post.position for post in rig.posts.posts.values() if post.author == author), reverse=True)


def test_homes_are_right_though_no_mark_has_ended(rig: Rig) -> None:
    rig.follow("bob", "ann")
    crowd(rig, "ann", comes=True)
    rig.settle()
    first = rig.world.authors.get("ann", strong=True)
    assert first.path is Path.PULL
    rig.post("ann")
    crowd(rig, "ann", comes=False)
    job = lost(rig)
    assert rig.world.authors.get("ann", strong=True).pulled_from == 0
    assert open_marks(rig, "bob") == ["ann"], "it still takes a place"
    pushed = rig.post("ann")
    rig.settle()
    assert pushed in rig.feed("bob")
    assert rig.home("bob", 2) == shown(rig, "ann")

    crowd(rig, "ann", comes=True)
    rig.settle()
    again = rig.world.authors.get("ann", strong=True)
    assert again.path is Path.PULL and again.pulled_from > first.pulled_from
    rig.post("ann")
    rig.settle()
    assert rig.home("bob", 2) == shown(rig, "ann"), "pulled by the old mark, and pushed for want of a place"

    rig.lanes.send("small", [job])
    rig.settle()
    marks = rig.graph.reader("bob").pulled
    assert not any(mark.open for mark in marks), "the redriven job ends its own pull, and not the next one"
    assert rig.world.authors.get("ann", strong=True) == again
    rig.post("ann")
    rig.settle()
    assert rig.home("bob", 2) == shown(rig, "ann")


def test_a_place_that_becomes_free_is_not_dealt_again(rig: Rig) -> None:
    """Whoever was full stays in the residue: pushed to for as long as this pull lasts, and not twice."""
    for author in ("ann", "amy"):
        rig.follow("bob", author)
        crowd(rig, author, comes=True)
        rig.settle()
    (pulled,) = open_marks(rig, "bob")
    rest = "amy" if pulled == "ann" else "ann"
    rig.unfollow("bob", pulled)
    rig.settle()
    assert rig.graph.reader("bob").pulled == ()
    post = rig.post(rest)
    rig.settle()
    assert rig.home("bob") == shown(rig, rest) and post in rig.feed("bob")

    rig.unfollow("bob", rest)
    rig.settle()
    rig.follow("bob", rest)
    rig.settle()
    mark = PulledAuthor(rest, rig.world.authors.get(rest, strong=True).pulled_from)
    assert rig.graph.reader("bob").pulled[-1] == mark, "who follows anew gets it"
    post = rig.post(rest)
    rig.settle()
    assert rig.home("bob") == shown(rig, rest) and post not in rig.feed("bob")
