"""Which actions of the timeline function are counted, and under which kind."""

from __future__ import annotations

from itertools import chain, combinations

import tidings.protocol.people as people
import tidings.protocol.posts as posts
import tidings.protocol.profiles as profiles
import tidings.protocol.timelines as timelines
from tidings.bootstrap.limits import CHANGING, ENGAGING, POSTING
from tidings.protocol import actions
from tidings.protocol.frames import Request

MODULES = (people, posts, profiles, timelines)
WITHOUT_CLIENT_ID = {actions.POST_DELETE, actions.PROFILE}
"""They change something, too, and are harmless twice."""


def changing() -> set[str]:
    """The actions of the function that carry a client id, which is what changes something."""
    models = (each for module in MODULES for each in vars(module).values() if isinstance(each, type))
    requests = {each for each in models if issubclass(each, Request) and "action" in each.model_fields}
    named = {each.model_fields["action"].default for each in requests if "client_id" in each.model_fields}
    return named & set(actions.TIMELINE_ROUTES)


def test_whatever_changes_something_is_counted_once() -> None:
    kinds = [set(kind) for kind in (POSTING, ENGAGING, CHANGING)]
    assert set(chain.from_iterable(kinds)) == changing() | WITHOUT_CLIENT_ID
    assert not any(one & other for one, other in combinations(kinds, 2))
