"""The `tally` items: who asks for a job, and whose notes count."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.events import ReceiptKind
from tidings.domain.tally import Tally

DELIVERED, READ = ReceiptKind.DELIVERED, ReceiptKind.READ


class TestTallies:
    def test_there_is_none_at_first(self, stores: Stores) -> None:
        assert stores.tallies.get(stores.user("g")) == Tally()

    def test_of_several_who_ask_one_is_heard(self, stores: Stores) -> None:
        group, to = stores.user("g"), stores.tallies
        assert to.ask(group, 0, 5_000, stores.fence())
        assert not to.ask(group, 0, 6_000, stores.fence())
        assert to.get(group) == Tally(due=5_000)
        assert not to.ask(group, 4_999, 70_000, stores.fence())
        assert to.ask(group, 5_000, 70_000, stores.fence()), "a job that was lost is asked for again"
        assert to.get(group) == Tally(due=70_000)

    def test_a_job_takes_the_question_away_and_leaves_its_notes(self, stores: Stores) -> None:
        group, to, now = stores.user("g"), stores.tallies, stores.clock.now()
        to.ask(group, 0, 5_000, stores.fence())
        assert to.begin(group, "r1", stores.fence()) == Tally(run="r1") == to.get(group)
        assert to.finish(group, "r1", {DELIVERED: position(now)}, {DELIVERED: "ann", READ: "bob"}, stores.fence())
        notes = Tally(run="r1", reached={DELIVERED: position(now)}, laggards={DELIVERED: "ann", READ: "bob"})
        assert to.get(group) == notes
        assert to.ask(group, 0, 6_000, stores.fence())
        assert to.begin(group, "r2", stores.fence()) == Tally(run="r2", reached={DELIVERED: position(now)})
        assert to.finish(group, "r2", {}, {READ: "cid"}, stores.fence())
        assert to.get(group) == Tally(run="r2", reached={DELIVERED: position(now)}, laggards={READ: "cid"})

    def test_a_job_that_another_one_has_overtaken_leaves_no_notes(self, stores: Stores) -> None:
        group, to, now = stores.user("g"), stores.tallies, stores.clock.now()
        to.begin(group, "r1", stores.fence())
        to.begin(group, "r2", stores.fence())
        assert not to.finish(group, "r1", {READ: position(now)}, {DELIVERED: "ann"}, stores.fence())
        assert to.get(group) == Tally(run="r2")

    def test_what_is_asked_for_during_a_job_stays(self, stores: Stores) -> None:
        group, to, now = stores.user("g"), stores.tallies, stores.clock.now()
        to.begin(group, "r1", stores.fence())
        assert to.ask(group, 0, 5_000, stores.fence())
        assert to.finish(group, "r1", {READ: position(now)}, {}, stores.fence())
        assert to.get(group) == Tally(due=5_000, run="r1", reached={READ: position(now)})

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        group, to = stores.user("g"), stores.tallies
        for write in (
            lambda: to.ask(group, 0, 5_000, stores.stale()),
            lambda: to.begin(group, "r1", stores.stale()),
            lambda: to.finish(group, "", {}, {READ: "ann"}, stores.stale()),
        ):
            with pytest.raises(RetryLater):
                write()
        assert to.get(group) == Tally()
