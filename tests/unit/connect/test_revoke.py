"""Signing a device out, against connects that happen at the same time, sockets that do not end, and resends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from tests.fakes import watched
from tests.fakes.watch import Hook
from tests.unit.connect.rig import CAP, Rig
from tidings.domain.errors import TokenExpired, Unavailable
from tidings.domain.identity import Caller
from tidings.services.connect import Connections
from tidings.services.devices import DeviceRegistry, DeviceState
from tidings.services.revoke import Revoker


def revoker(rig: Rig, before: Hook | None = None) -> Revoker:
    """The service, with a hook before each call of its own to users and registry."""
    users, registry = watched(rig.world.users, before=before), watched(rig.world.registry, before=before)
    return Revoker(users, registry, rig.world.sockets, rig.devices, rig.connections)


def arrive(rig: Rig, device_id: str, *, issued_at: int = 1, connection: str = "") -> Caller:
    """Connect one of ann's devices with a token that was given out then."""
    caller = rig.caller("ann", device_id, connection=connection or f"c-{device_id}")
    caller = replace(caller, identity=replace(caller.identity, issued_at=issued_at))
    rig.connections.open(caller)
    return caller


def live(rig: Rig) -> set[str]:
    return {each.device_id for each in rig.world.registry.lookup(["ann"], rig.clock.now())["ann"]}


def test_its_socket_ends_and_nobody_elses() -> None:
    rig = Rig()
    phone = arrive(rig, "phone")
    for device in ("tablet", "laptop"):
        rig.devices.register(arrive(rig, device), None, None)
    other = rig.caller("bob", "tablet", connection="bobs")
    rig.connections.open(other)
    revoked = revoker(rig).revoke(rig.caller("ann", connection="c-phone"), "tablet")
    assert revoked.state == DeviceState("tablet", False, "off")
    assert not revoked.own
    assert rig.world.sockets.ended == ["c-tablet"]
    assert live(rig) == {"phone", "laptop"}
    assert phone.connection.connection_id not in rig.world.sockets.ended


def test_all_its_sockets_end_whichever_is_the_latest() -> None:
    """One that a later one replaced, one whose `$connect` came late, and none that has ended by itself."""
    rig = Rig()
    ended, late = rig.caller("ann", "tablet", connection="ended"), rig.caller("ann", "tablet", connection="late")
    rig.connections.open(ended)
    arrive(rig, "tablet", connection="old")
    arrive(rig, "tablet", connection="new")
    arrive(rig, "phone", connection="other")
    rig.connections.open(late)
    rig.connections.close(ended)
    revoker(rig).revoke(rig.caller("ann", connection="c-phone"), "tablet")
    assert sorted(rig.world.sockets.ended) == ["late", "new", "old"]
    assert live(rig) == {"phone"}
    rig.world.sockets.ended.clear()
    revoker(rig).revoke(rig.caller("ann", connection="c-phone"), "tablet")
    assert rig.world.sockets.ended == [], "they are not ended twice"


def test_a_device_that_signs_itself_out_ends_its_other_sockets() -> None:
    rig = Rig()
    asking = arrive(rig, "tablet", connection="old")
    arrive(rig, "tablet", connection="new")
    revoked = revoker(rig).revoke(replace(asking, stamp=rig.clock.advance(1)), None)
    assert revoked.own
    assert rig.world.sockets.ended == ["new"], "its own ends with the reply"
    assert live(rig) == set()


@pytest.mark.parametrize("device_id", ["tablet", "another-name"])
def test_the_token_it_had_opens_nothing_more(device_id: str) -> None:
    rig = Rig()
    tablet = arrive(rig, "tablet", issued_at=rig.clock.now())
    request = rig.caller("ann")
    revoker(rig).revoke(request, "tablet")
    for issued_at in (0, tablet.identity.issued_at, request.stamp):
        with pytest.raises(TokenExpired):
            arrive(rig, device_id, issued_at=issued_at)
        assert live(rig) == set()
    arrive(rig, device_id, issued_at=request.stamp + 1)
    assert live(rig) == {device_id}


def test_registered_devices_go_on_with_the_tokens_they_have() -> None:
    rig = Rig()
    for device in ("tablet", "laptop"):
        rig.devices.register(arrive(rig, device), None, None)
    revoker(rig).revoke(rig.caller("ann"), "tablet")
    arrive(rig, "laptop", connection="again")
    assert live(rig) == {"laptop"}


@pytest.mark.parametrize("registered", [True, False])
def test_a_connect_at_the_same_time_is_found_or_finds_out(registered: bool) -> None:
    """Before each step of the removal the device comes back with its old token."""
    step = 0
    while True:
        rig, calls = Rig(), 0
        if registered:
            rig.devices.register(arrive(rig, "tablet"), None, None)

        def come_back(_name: str, rig: Rig = rig, step: int = step) -> None:
            nonlocal calls
            calls += 1
            if calls == step + 1:
                try:
                    arrive(rig, "tablet", connection="back")
                except TokenExpired:
                    return

        revoker(rig, come_back).revoke(rig.caller("ann"), "tablet")
        assert live(rig) == set()
        assert "back" in rig.world.sockets.ended or all(
            each.connection_id != "back" for each in rig.world.registry.entries.get("ann", {}).values()
        )
        if calls <= step:
            return
        step += 1


@pytest.mark.parametrize("registered", [True, False])
def test_a_removal_in_the_middle_of_a_connect(registered: bool) -> None:
    """Before each step of the connect the device is removed."""
    step = 0
    while True:
        rig, calls = Rig(), 0
        if registered:
            rig.devices.register(arrive(rig, "tablet"), None, None)

        def remove(_name: str, rig: Rig = rig, step: int = step) -> None:
            nonlocal calls
            calls += 1
            if calls == step + 1:
                revoker(rig).revoke(rig.caller("ann"), "tablet")

        users, registry = watched(rig.world.users, before=remove), watched(rig.world.registry, before=remove)
        connections = Connections(users, registry, rig.world.sockets, rig.presences, rig.clock, CAP)
        caller = rig.caller("ann", "tablet", connection="back")
        caller = replace(caller, identity=replace(caller.identity, issued_at=1))
        try:
            connections.open(caller)
        except TokenExpired:
            assert live(rig) == set()
        else:
            assert "back" in rig.world.sockets.ended or calls <= step
        if calls <= step:
            return
        step += 1


def test_a_socket_that_cannot_be_ended_is_told_and_ended_by_the_resend() -> None:
    rig = Rig()
    arrive(rig, "tablet")
    rig.world.sockets.stubborn.add("c-tablet")
    with pytest.raises(Unavailable):
        revoker(rig).revoke(rig.caller("ann"), "tablet")
    assert live(rig) == {"tablet"}
    rig.world.sockets.stubborn.clear()
    revoker(rig).revoke(rig.caller("ann"), "tablet")
    assert live(rig) == set()


def test_a_removal_that_runs_late_leaves_a_later_sign_in_alone() -> None:
    rig = Rig()
    late = rig.caller("ann", "laptop")
    rig.clock.advance(1_000)
    rig.devices.register(arrive(rig, "tablet", issued_at=rig.clock.now()), None, None)
    revoked = revoker(rig).revoke(late, "tablet")
    assert revoked.state.registered
    assert live(rig) == {"tablet"}
    assert rig.world.sockets.ended == []


def test_a_device_that_signs_itself_out_gets_its_reply_first() -> None:
    rig = Rig()
    phone = arrive(rig, "phone")
    service = revoker(rig)
    revoked = service.revoke(phone, None)
    assert revoked.own
    assert rig.world.sockets.ended == []
    service.hang_up(phone, "the reply")
    assert rig.world.sockets.last == {"c-phone": "the reply"}
    assert rig.world.sockets.ended == ["c-phone"]
    assert live(rig) == set()


def test_a_token_that_was_signed_out_registers_no_other_device() -> None:
    """Its socket under another name is still open: it would be good there for ever."""
    rig = Rig()
    rig.devices.register(arrive(rig, "phone"), "fcm", "t")
    laptop = arrive(rig, "laptop")
    rig.devices.register(laptop, None, None)
    other = arrive(rig, "another-name")
    revoker(rig).revoke(laptop, "phone")
    for device in (other, arrive_later(rig, other)):
        with pytest.raises(TokenExpired):
            rig.devices.register(device, None, None)
    assert rig.world.users.users["ann"].devices == {"laptop"}
    assert {each.device_id for each in rig.world.devices.of("ann")} == {"laptop"}
    assert rig.devices.register(laptop, "apns", "u").registered, "those that are registered may change"
    rig.devices.register(arrive(rig, "another-name", issued_at=rig.clock.now()), None, None)
    assert rig.world.users.users["ann"].devices == {"laptop", "another-name"}


def arrive_later(rig: Rig, caller: Caller) -> Caller:
    """A later frame of the same socket."""
    return replace(rig.caller("ann", caller.identity.device_id), identity=caller.identity)


def test_a_device_does_not_register_itself_again_while_it_is_signed_out() -> None:
    """At each moment of the removal a later frame of the device, which it sends without end."""
    for at in count():
        rig, moments = Rig(), count()
        phone = arrive(rig, "phone")
        rig.devices.register(phone, "fcm", "t")
        request = rig.caller("ann", "laptop")

        def again(*_: object, at: int = at, moments: Iterator[int] = moments, rig: Rig = rig) -> None:
            if next(moments) == at:
                with suppress(TokenExpired):
                    rig.devices.register(arrive_later(rig, phone), "fcm", "t")  # noqa: B023

        users, devices = watched(rig.world.users, before=again), watched(rig.world.devices, before=again)
        registry = DeviceRegistry(users, devices, rig.world.push, CAP)
        revoked = Revoker(users, rig.world.registry, rig.world.sockets, registry, rig.connections).revoke(
            request, "phone"
        )
        assert not revoked.state.registered
        assert rig.world.sockets.ended == ["c-phone"]
        with suppress(TokenExpired):
            rig.devices.register(arrive_later(rig, phone), "fcm", "t")
        assert rig.world.devices.of("ann") == []
        assert rig.world.users.users["ann"].devices == frozenset()
        assert rig.world.push.endpoints == {}
        if next(moments) <= at:
            assert at >= 5, "so few calls cannot be all"
            return


def test_what_is_registered_while_it_is_removed_is_not_signed_out() -> None:
    """It was not there when the removal looked, and its token is a later one."""
    rig = Rig()
    late = rig.caller("ann", "laptop")
    rig.clock.advance(1_000)

    def sign_in(name: str) -> None:
        if name == "remove" and "tablet" not in live(rig):
            rig.devices.register(arrive(rig, "tablet", issued_at=rig.clock.now()), None, None)

    devices = watched(rig.world.devices, before=sign_in)
    registry = DeviceRegistry(rig.world.users, devices, rig.world.push, CAP)
    revoked = Revoker(rig.world.users, rig.world.registry, rig.world.sockets, registry, rig.connections).revoke(
        late, "tablet"
    )
    assert revoked.state.registered
    assert live(rig) == {"tablet"}
    assert rig.world.sockets.ended == []
