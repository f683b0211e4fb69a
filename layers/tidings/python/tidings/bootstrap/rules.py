"""Which rules the planner of the streams obeys; `tidings ops redrive` obeys the same ones."""

from __future__ import annotations

from tidings.services.fanout.kinds import Rule
from tidings.services.fanout.posts import post_rule
from tidings.services.fanout.sweep import sweep_rule
from tidings.services.fanout.tally import tally_rule


def fanout_rules() -> tuple[Rule, ...]:
    """Every rule.  They are pure: what a fact asks for can be said on any machine."""
    return (post_rule, sweep_rule, tally_rule)
