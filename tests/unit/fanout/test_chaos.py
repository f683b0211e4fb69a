"""Whatever overtakes whatever, and whoever dies where: in the end each mailbox holds what it has to, once."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fanout.chaos import NAMES, Chaos
from tidings.domain.position import ms_of

T = 30_000
seeds = st.integers(0, 2**32)


def check(chaos: Chaos) -> None:
    """Each member received what their stays cover, each event once, and nothing else.

    What is positioned within `T` of a join may have been planned before the join was there: syncs see to it.
    """
    rig = chaos.rig
    for name in NAMES:
        box, due = rig.box(name), rig.due_to(name)
        joins = [ms_of(stay.joined) for stay in rig.crowd.all[name].stays]
        young = {at for at in due if any(join <= ms_of(at) < join + T for join in joins)}
        assert len(set(box)) == len(box), name
        assert set(due) - young <= set(box) <= set(due), name


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Chaos(Random(seed))
    chaos.run(60)
    chaos.settle()
    check(chaos)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_dying_workers_and_slow_writes(seed: int) -> None:
    chaos = Chaos(Random(seed), deaths=0.1, nesting=0.2)
    chaos.run(40)
    chaos.settle()
    check(chaos)
