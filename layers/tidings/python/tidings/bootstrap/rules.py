"""Which rules the planner of the streams obeys; `tidings ops redrive` obeys the same ones."""

from __future__ import annotations

from tidings.services.fanout.crossing import crossing_rule
from tidings.services.fanout.events import event_rule
from tidings.services.fanout.index import index_rule
from tidings.services.fanout.kinds import Rule
from tidings.services.fanout.mentions import mention_rule
from tidings.services.fanout.news import news_rule
from tidings.services.fanout.posts import post_rule
from tidings.services.fanout.settling import settle_rule
from tidings.services.fanout.sweep import sweep_rule
from tidings.services.fanout.tally import tally_rule
from tidings.services.fanout.watching import watching_rule


def fanout_rules(push_members: int | None = None) -> tuple[Rule, ...]:
    """Every rule.  They are pure: what a fact asks for can be said on any machine, though not everywhere how many
    members are pushed to."""
    crossing = crossing_rule(push_members)
    rules = (event_rule, settle_rule, watching_rule, crossing, sweep_rule, tally_rule)
    return (post_rule, mention_rule, news_rule, index_rule, *rules)
