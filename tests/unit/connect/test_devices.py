"""The device registry: two stores and SNS, in an order that a crash cannot spoil."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.fakes import watched
from tests.fakes.watch import Hook
from tests.unit.connect.rig import CAP, Rig
from tidings.domain.errors import InvalidRequest, TooMany
from tidings.domain.identity import Caller
from tidings.services.devices import DeviceRegistry, DeviceState


class Crash(Exception):
    """The worker dies."""


def registered(rig: Rig, user_id: str) -> set[str]:
    user = rig.world.users.get([user_id]).get(user_id)
    return set(user.devices) if user else set()


def test_a_device_with_a_token_gets_an_endpoint() -> None:
    rig = Rig()
    state = rig.devices.register(rig.caller("ann"), "fcm", "t")
    assert state == DeviceState("phone", True, "on")
    assert registered(rig, "ann") == {"phone"}
    assert set(rig.world.push.endpoints.values()) == {"ann#phone"}


def test_a_device_without_a_token_gets_copies_only() -> None:
    rig = Rig()
    assert rig.devices.register(rig.caller("ann"), None, None) == DeviceState("phone", True, "off")
    assert registered(rig, "ann") == {"phone"}


def test_a_platform_that_is_not_set_up_is_said_so() -> None:
    rig = Rig()
    rig.world.push.platforms = frozenset({"apns"})
    assert rig.devices.register(rig.caller("ann"), "fcm", "t") == DeviceState("phone", True, "unavailable")
    assert registered(rig, "ann") == {"phone"}


@pytest.mark.parametrize(("platform", "token"), [("fcm", None), (None, "t")])
def test_platform_and_token_come_together(platform: str | None, token: str | None) -> None:
    rig = Rig()
    with pytest.raises(InvalidRequest):
        rig.devices.register(rig.caller("ann"), platform, token)
    assert registered(rig, "ann") == set()


def test_a_new_token_replaces_the_old_endpoint() -> None:
    rig = Rig()
    old = rig.phone("ann", token="t1")
    new = rig.phone("ann", token="t2")
    assert old != new
    assert rig.world.push.endpoints == {new: "ann#phone"}


def test_the_same_token_again_keeps_the_endpoint() -> None:
    rig = Rig()
    assert rig.phone("ann", token="t") == rig.phone("ann", token="t")
    assert len(rig.world.push.endpoints) == 1


def test_registering_without_a_token_switches_push_off() -> None:
    rig = Rig()
    rig.phone("ann", token="t")
    assert rig.devices.register(rig.caller("ann"), None, None).push == "off"
    assert rig.world.push.endpoints == {}


def test_devices_are_capped_and_known_ones_may_register_again() -> None:
    rig = Rig()
    for number in range(CAP):
        rig.phone("ann", f"d{number}")
    with pytest.raises(TooMany):
        rig.devices.register(rig.caller("ann", "one-more"), "fcm", "t")
    assert len(rig.world.push.endpoints) == CAP
    rig.phone("ann", "d0")
    rig.devices.remove(rig.caller("ann", "d0"), "d1")
    rig.phone("ann", "one-more")


def test_a_token_that_its_platform_refuses_leaves_nothing_registered() -> None:
    rig = Rig()
    rig.world.push.bad = {"bad"}
    with pytest.raises(InvalidRequest):
        rig.devices.register(rig.caller("ann"), "fcm", "bad")
    assert registered(rig, "ann") == set()
    rig.phone("ann")
    with pytest.raises(InvalidRequest):
        rig.devices.register(rig.caller("ann"), "fcm", "bad")
    assert registered(rig, "ann") == {"phone"}


def test_removing_drops_the_endpoint_and_the_device() -> None:
    rig = Rig()
    rig.phone("ann")
    assert rig.devices.remove(rig.caller("ann"), None) == DeviceState("phone", False, "off")
    assert rig.world.push.endpoints == {}
    assert rig.world.devices.get("ann", "phone") is None
    assert registered(rig, "ann") == set()


def test_removing_twice_or_what_never_was_is_fine() -> None:
    rig = Rig()
    rig.phone("ann")
    for name in (None, None, "never"):
        assert not rig.devices.remove(rig.caller("ann"), name).registered
    assert registered(rig, "ann") == set()


def test_nobody_removes_somebody_elses_device() -> None:
    rig = Rig()
    endpoint = rig.phone("ann", "tablet")
    rig.devices.remove(rig.caller("bob"), "tablet")
    assert registered(rig, "ann") == {"tablet"}
    assert endpoint in rig.world.push.endpoints


def test_a_late_registration_loses_against_a_later_removal() -> None:
    rig = Rig()
    rig.phone("ann")
    early = rig.caller("ann")
    rig.clock.advance(1_000)
    rig.devices.remove(rig.caller("ann"), None)
    assert rig.devices.register(early, "fcm", "late") == DeviceState("phone", False, "off")
    assert rig.world.push.endpoints == {}
    assert rig.world.devices.get("ann", "phone") is None


def test_a_late_registration_loses_against_a_later_one() -> None:
    rig = Rig()
    early = rig.caller("ann")
    rig.clock.advance(1_000)
    endpoint = rig.phone("ann", token="new")
    assert rig.devices.register(early, "fcm", "old") == DeviceState("phone", True, "on")
    assert rig.world.push.endpoints == {endpoint: "ann#phone"}


def test_a_late_removal_loses_against_a_later_registration() -> None:
    rig = Rig()
    early = rig.caller("ann")
    rig.clock.advance(1_000)
    endpoint = rig.phone("ann")
    assert rig.devices.remove(early, None) == DeviceState("phone", True, "on")
    assert registered(rig, "ann") == {"phone"}
    assert endpoint in rig.world.push.endpoints


def test_a_phone_that_changes_hands_is_silent_for_its_former_owner() -> None:
    rig = Rig()
    endpoint = rig.phone("ann", token="shared")
    assert rig.phone("bob", token="shared") == endpoint
    rig.notifier.notify([rig.incoming("cid", "ann", "for Ann only"), rig.incoming("cid", "bob", "for Bob")])
    assert rig.shown(endpoint) == [("New message", "for Bob")]


def test_a_former_owner_who_comes_late_does_not_drop_the_new_ones_endpoint() -> None:
    rig = Rig()
    endpoint = rig.phone("ann", token="shared")
    rig.phone("bob", token="shared")
    rig.devices.remove(rig.caller("ann"), None)
    assert rig.world.push.endpoints == {endpoint: "bob#phone"}


def with_hook(rig: Rig, hook: Hook) -> DeviceRegistry:
    """The registry with `hook` before and after every call to a port."""
    world = rig.world
    users, devices, push = (
        watched(world.users, before=hook, after=hook),
        watched(world.devices, before=hook, after=hook),
        watched(world.push, before=hook, after=hook),
    )
    return DeviceRegistry(users, devices, push, CAP)


def crashes(prepare: Callable[[Rig], None], request: Callable[[DeviceRegistry, Caller], object]) -> Iterator[Rig]:
    """The world after a crash at each moment of the request, as many as the request turns out to have."""
    for at in count():
        rig, moments = Rig(), count()
        prepare(rig)

        def hook(_: str, at: int = at, moments: Iterator[int] = moments) -> None:
            if next(moments) == at:
                raise Crash

        try:
            request(with_hook(rig, hook), rig.caller("ann"))
        except Crash:
            yield rig
        else:
            assert at >= 8, "so few calls cannot be all"
            return


def with_a_phone(rig: Rig) -> None:
    rig.phone("ann")


def test_a_crash_while_registering_leaves_no_phone_without_copies() -> None:
    for rig in crashes(lambda _: None, lambda registry, caller: registry.register(caller, "fcm", "t")):
        if rig.world.devices.get("ann", "phone") is not None:
            assert registered(rig, "ann") == {"phone"}
        rig.clock.advance(1_000)
        assert rig.devices.register(rig.caller("ann"), "fcm", "t").push == "on"
        assert registered(rig, "ann") == {"phone"}
        assert list(rig.world.push.endpoints.values()) == ["ann#phone"]


def test_a_crash_while_removing_leaves_no_phone_without_copies() -> None:
    for rig in crashes(with_a_phone, lambda registry, caller: registry.remove(caller, None)):
        if rig.world.devices.get("ann", "phone") is not None:
            assert registered(rig, "ann") == {"phone"}
        rig.clock.advance(1_000)
        assert not rig.devices.remove(rig.caller("ann"), None).registered
        assert registered(rig, "ann") == set()
        assert rig.world.devices.of("ann") == []


def test_a_registration_during_a_removal_keeps_its_place_in_the_set() -> None:
    """The removal has buried the old device; the new one registers; then the removal leaves the set."""
    rig = Rig()
    rig.phone("ann")
    removal = rig.caller("ann")
    rig.clock.advance(1_000)

    def register_again(*_: object) -> None:
        rig.phone("ann", token="new")

    class Between:
        """The users, with somebody registering just before a device leaves the set."""

        def __getattr__(self, name: str) -> object:
            return getattr(rig.world.users, name)

        def drop_device(self, user_id: str, device_id: str) -> None:
            register_again()
            rig.world.users.drop_device(user_id, device_id)

    DeviceRegistry(Between(), rig.world.devices, rig.world.push, CAP).remove(removal, None)  # type: ignore[arg-type]
    assert registered(rig, "ann") == {"phone"}


@pytest.mark.parametrize("later", ["registration", "removal"])
@pytest.mark.parametrize("outer", ["registration", "removal"])
def test_a_registration_and_a_removal_at_once_leave_what_the_later_one_wants(later: str, outer: str) -> None:
    """At each moment of one the whole of the other runs: in both stores the device is there, or in neither."""
    for at in count():
        rig, moments = Rig(), count()
        rig.phone("ann")
        first, second = rig.caller("ann"), rig.caller("ann")
        register, remove = (second, first) if later == "registration" else (first, second)

        def run(registry: DeviceRegistry, request: str, callers: tuple[Caller, Caller] = (register, remove)) -> None:
            if request == "registration":
                registry.register(callers[0], "fcm", "new")
            else:
                registry.remove(callers[1], None)

        def hook(_: str, at: int = at, moments: Iterator[int] = moments, rig: Rig = rig) -> None:
            if next(moments) == at:
                run(rig.devices, "removal" if outer == "registration" else "registration")

        run(with_hook(rig, hook), outer)
        if next(moments) <= at:
            assert at >= 8, "so few calls cannot be all"
            return
        there = {"phone"} if later == "registration" else set()
        assert ({device.device_id for device in rig.world.devices.of("ann")}, registered(rig, "ann")) == (there, there)
