"""Groups and their members in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tests.fakes.messaging import FakeLog
from tidings.domain.errors import InvalidRequest
from tidings.domain.events import GroupChange, Path
from tidings.domain.groups import Group, Member, Move, Seen, Who, deserts
from tidings.domain.stamp import Fence
from tidings.ports.groups import PRESENT

_TYPES = {"who_posts": Who, "who_adds": Who, "history": Seen}


class FakeGroups:
    """Groups by conversation id."""

    def __init__(self, log: FakeLog) -> None:
        self.all: dict[str, Group] = {}
        self._log = log
        self._set_at: dict[tuple[str, str], str] = {}

    def create(self, group: Group, fence: Fence) -> bool:
        fence.check()
        if group.conversation_id in self.all:
            return False
        self.all[group.conversation_id] = replace(group, members=0)
        return True

    def pull(self, conversation_id: str, since: int = 1) -> None:
        """Let it be a group whose events its members pull."""
        self.all[conversation_id] = replace(self.all[conversation_id], path=Path.PULL, pulled_from=since)

    def get(self, conversation_id: str, *, strong: bool) -> Group | None:
        return self.all.get(conversation_id)

    def update(self, change: GroupChange, path: Path, fence: Fence) -> bool:
        fence.check()
        group = self.all.get(change.conversation_id)
        if group is None or self._log.append(change, path, fence) is not None:
            return False
        for name, value in change.details:
            field = (change.conversation_id, name)
            if self._set_at.get(field, "") < change.position:
                self._set_at[field] = change.position
                group = replace(group, **{name: _TYPES.get(name, str)(value)})
        self.all[change.conversation_id] = group
        return True

    def turn(self, group: Group, path: Path, pulled_from: int, fence: Fence) -> bool:
        fence.check()
        standing = self.all.get(group.conversation_id)
        if standing is None or (standing.path, standing.pulled_from) != (group.path, group.pulled_from):
            return False
        self.all[group.conversation_id] = replace(standing, path=path, pulled_from=pulled_from)
        return True


class FakeMembers:
    """Members by conversation id and user id, all in shard 0."""

    def __init__(self, groups: FakeGroups, log: FakeLog) -> None:
        self.all: dict[str, dict[str, Member]] = {}
        self._groups = groups
        self._log = log

    def get(self, group: Group, user_id: str) -> Member | None:
        return self.all.get(group.conversation_id, {}).get(user_id)

    def many(self, group: Group, users: Iterable[str]) -> Mapping[str, Member]:
        found = {user_id: self.get(group, user_id) for user_id in users}
        return {user_id: member for user_id, member in found.items() if member is not None}

    def few(self, conversation_id: str, most: int) -> list[Member] | None:
        found = self._after(conversation_id, "")
        return None if len(found) > most else found

    def page(
        self, group: Group, after: str | None, limit: int, show: Callable[[Member], bool] = PRESENT
    ) -> tuple[list[Member], str | None]:
        shard, _, bound = ("0.~" if after is None else after).partition(".")
        if not shard.isdigit() or not bound:
            raise InvalidRequest("`after`: give the string that the last page gave.")
        bound = "" if after is None else bound
        found = [member for member in self._after(group.conversation_id, bound) if show(member)]
        return found[:limit], f"0.{found[limit - 1].user_id}" if len(found) > limit else None

    def audience(self, conversation_id: str, shard: int, after: str | None) -> Iterator[tuple[int, Sequence[Member]]]:
        if shard == 0 and (found := self._after(conversation_id, after or "")):
            yield 0, found

    def heirs(self, conversation_id: str, besides: str) -> list[Member]:
        return [each for each in self._after(conversation_id, "") if each.present and each.user_id != besides]

    def _after(self, conversation_id: str, bound: str) -> list[Member]:
        return [member for user_id, member in sorted(self.all.get(conversation_id, {}).items()) if user_id > bound]

    def change(
        self, group: Group, moves: Sequence[Move], event: GroupChange, path: Path, most: int, fence: Fence
    ) -> bool:
        fence.check()
        standing, there = self._groups.all[group.conversation_id], self.all.setdefault(group.conversation_id, {})
        more = sum(move.after.present - bool(move.before and move.before.present) for move in moves)
        if more > 0 and standing.members + more > most:
            return False
        if deserts(moves) and standing.members + more:
            return False
        if any(_state(there.get(move.after.user_id)) != _state(move.before) for move in moves):
            return False
        if self._log.append(event, path, fence) is not None:
            return False
        there.update({move.after.user_id: move.after for move in moves})
        self._groups.all[group.conversation_id] = replace(standing, members=standing.members + more)
        return True


def _state(member: Member | None) -> object:
    return None if member is None else (member.stays, member.role, member.role_at)
