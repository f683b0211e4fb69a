"""Profiles and handles in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from tests.fakes.people import FakeUsers
from tidings.domain.errors import HandleTaken
from tidings.domain.profile import Profile, ProfileChange, fold, is_handle
from tidings.domain.stamp import Fence
from tidings.ports import User


class FakeProfiles:
    """Profiles of the users of a `FakeUsers`; user ids by folded handle."""

    def __init__(self, users: FakeUsers) -> None:
        self.owners: dict[str, str] = {}
        self._users = users
        self._profiles: dict[str, Profile] = {}
        self._set_at: dict[tuple[str, str], str] = {}

    def get(self, user_id: str) -> Profile:
        return self._profiles.get(user_id, Profile())

    def set(self, user_id: str, change: ProfileChange, position: str, fence: Fence) -> tuple[Profile, Profile]:
        fence.check()
        before = self.get(user_id)
        values = {name: value for name, value in asdict(change).items() if value is not None}
        fresh = {name: value for name, value in values.items() if self._set_at.get((user_id, name), "") < position}
        if "handle" in fresh:
            self._move(user_id, before.handle, fresh["handle"])
        self._set_at.update(dict.fromkeys(((user_id, name) for name in fresh), position))
        after = replace(before, **{name: None if value == "" else value for name, value in fresh.items()})
        self._profiles[user_id] = after
        user = self._users.users.get(user_id, User(user_id))
        self._users.users[user_id] = replace(user, profile=after, name=after.name or user.name)
        return before, after

    def _move(self, user_id: str, had: str | None, wants: str) -> None:
        if wants and self.owners.get(fold(wants), user_id) != user_id:
            raise HandleTaken("Somebody else has this handle.")
        if had:
            del self.owners[fold(had)]
        if wants:
            self.owners[fold(wants)] = user_id

    def resolve(self, handles: Iterable[str]) -> Mapping[str, str]:
        asked = {handle: fold(handle) for handle in handles if is_handle(handle)}
        return {handle: self.owners[folded] for handle, folded in asked.items() if folded in self.owners}
