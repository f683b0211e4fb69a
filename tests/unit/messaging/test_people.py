"""Who exists is remembered, up to a bound; devices never are."""

from collections.abc import Iterable, Mapping

import pytest

from tests.fakes import FakeUsers
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import TokenExpired
from tidings.ports import User
from tidings.services.people import Circle, People


class Counted(FakeUsers):
    """Users, and what was asked."""

    def __init__(self, *user_ids: str) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        for user_id in user_ids:
            self.users[user_id] = User(user_id, devices=frozenset({"phone"}))

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        wanted = list(user_ids)
        self.asked.append(wanted)
        return super().get(wanted)


def test_one_read_for_everybody_and_none_for_nobody(rig: Rig) -> None:
    users = Counted("ann", "bob", "carol")
    people = People(users)
    assert people.circle(rig.caller("ann"), ["bob", "carol", "nobody"], own=True) == Circle(frozenset({"bob", "carol"}))
    assert people.circle(rig.caller("ann"), [], own=False) == Circle()
    assert users.asked == [["ann", "bob", "carol", "nobody"]]


def test_whoever_exists_is_asked_once_and_whoever_does_not_again(rig: Rig) -> None:
    users = Counted("ann", "bob")
    people = People(users)
    for _ in range(2):
        people.circle(rig.caller("ann"), ["bob", "nobody"], own=False)
    assert users.asked == [["bob", "nobody"], ["nobody"]]


def test_devices_are_asked_each_time(rig: Rig) -> None:
    users = Counted("ann", "bob")
    people = People(users)
    assert not people.circle(rig.caller("ann"), ["bob"], own=True).other_devices
    users.add_device("ann", "laptop", 10)
    assert people.circle(rig.caller("ann"), ["bob"], own=True).other_devices
    assert not people.circle(rig.caller("carol"), ["bob"], own=True).other_devices


@pytest.mark.parametrize("kept", [1, 2])
def test_memory_is_bounded_and_keeps_whom_it_met_last(rig: Rig, kept: int) -> None:
    users = Counted("bob", "carol", "dave")
    people = People(users, remembered=kept)
    for user_id in ("bob", "carol", "bob", "dave", "bob"):
        people.circle(rig.caller("ann"), [user_id], own=False)
    assert len(users.asked) == (5 if kept == 1 else 3)


def test_a_device_that_was_signed_out_is_told_so_with_what_is_read_anyway(rig: Rig) -> None:
    users = Counted("ann", "bob")
    people = People(users)
    users.drop_device("ann", "phone")
    users.revoke("ann", rig.clock.now())
    with pytest.raises(TokenExpired):
        people.circle(rig.caller("ann"), ["bob"], own=True)
    users.add_device("ann", "phone", 10)
    assert people.circle(rig.caller("ann"), ["bob"], own=True).known == {"bob"}
