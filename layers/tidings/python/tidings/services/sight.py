"""Who may see whether a user is there: by the user's own setting, and never where one has blocked the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tidings.domain.privacy import Audience
from tidings.ports.people import User
from tidings.ports.timelines import Graph

Blocked = Callable[[str, Iterable[str]], frozenset[str]]
"""`blocked(user, others)`: those of the others who have blocked the user, or whom the user has blocked."""


class Sight:
    """Asks settings, follows and blocks, each as it stands now."""

    def __init__(self, graph: Graph, blocked: Blocked) -> None:
        self._graph = graph
        self._blocked = blocked

    def of(self, watcher: str, users: Iterable[User]) -> frozenset[str]:
        """Those of `users` whom `watcher` sees."""
        asked = list(users)
        following = self._graph.following((each.user_id, watcher) for each in asked if _asks(each))
        shown = frozenset(
            each.user_id for each in asked if _shows(each, watcher) or (each.user_id, watcher) in following
        )
        return shown - self._blocked(watcher, shown - {watcher})

    def by(self, watchers: Iterable[str], user: User) -> frozenset[str]:
        """Those of `watchers` who see `user`."""
        asked = frozenset(watchers)
        followed = self._graph.following((user.user_id, each) for each in asked) if _asks(user) else frozenset()
        shown = frozenset(each for each in asked if _shows(user, each) or (user.user_id, each) in followed)
        return shown - self._blocked(user.user_id, shown - {user.user_id})


def _shows(user: User, watcher: str) -> bool:
    """Whether the setting alone says so.  Users see themselves."""
    return user.user_id == watcher or user.privacy.last_seen is Audience.EVERYONE


def _asks(user: User) -> bool:
    """Whether it depends on whom the user follows."""
    return user.privacy.last_seen is Audience.FOLLOWING
