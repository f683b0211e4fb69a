"""Endpoints that die between two pushes: the registry follows, and a phone that registered again is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import watched
from tests.unit.connect.rig import Rig
from tidings.domain.errors import Unavailable
from tidings.services.endpoints import Endpoints


@pytest.fixture
def rig() -> Rig:
    return Rig()


def endpoints(rig: Rig) -> Endpoints:
    return Endpoints(rig.world.devices, rig.world.push, rig.world.meter)


def standing(rig: Rig, user_id: str = "bob", device_id: str = "phone") -> str | None:
    device = rig.world.devices.get(user_id, device_id)
    return device.endpoint if device is not None else None


def test_a_disabled_endpoint_is_forgotten_and_the_device_stays(rig: Rig) -> None:
    endpoint, tablet = rig.phone("bob"), rig.phone("bob", "tablet")
    rig.world.push.dead.add(endpoint)
    for _ in range(2):
        endpoints(rig).look(endpoint)
    assert standing(rig) is None
    assert standing(rig, device_id="tablet") == tablet
    assert rig.world.meter.counts == {"PushEndpointsDead": 1}
    assert rig.world.devices.owner(endpoint) == "bob#phone", "it may be enabled again"


def test_a_deleted_endpoint_is_forgotten_for_good(rig: Rig) -> None:
    endpoint = rig.phone("bob")
    del rig.world.push.endpoints[endpoint]
    for _ in range(2):
        endpoints(rig).look(endpoint)
    assert standing(rig) is None
    assert rig.world.devices.owners == {}


def test_one_that_is_enabled_again_is_kept(rig: Rig) -> None:
    endpoint = rig.phone("bob")
    endpoints(rig).look(endpoint)
    assert standing(rig) == endpoint
    assert rig.world.meter.counts == {}


def test_nobodys_endpoint_asks_nobody(rig: Rig) -> None:
    asked: list[str] = []
    rig.world.push = watched(rig.world.push, before=asked.append)
    endpoints(rig).look("arn:aws:sns:endpoint/fcm/stranger")
    assert asked == []


def test_our_own_deletions_only_tidy_up(rig: Rig) -> None:
    """SNS tells of those, too: a removed device, a token that was replaced."""
    old = rig.phone("bob", token="old")
    new = rig.phone("bob", token="new")
    rig.devices.remove(rig.caller("bob"), None)
    for endpoint in (old, new):
        endpoints(rig).look(endpoint)
    assert rig.world.devices.owners == {}
    assert rig.world.meter.counts == {}


def test_a_phone_that_changed_hands(rig: Rig) -> None:
    endpoint = rig.phone("bob", token="t")
    assert rig.phone("cid", token="t") == endpoint
    rig.world.push.dead.add(endpoint)
    endpoints(rig).look(endpoint)
    assert standing(rig, "cid") is None


@pytest.mark.parametrize("call", ["owner", "get", "alive", "forget_endpoint"])
def test_a_phone_that_registers_again_meanwhile_is_left_alone(call: str, rig: Rig) -> None:
    """Whichever call it comes before: the endpoint is the same one, and enabled."""
    endpoint = rig.phone("bob", token="t")
    rig.world.push.dead.add(endpoint)
    devices, push = rig.world.devices, rig.world.push

    def again(name: str) -> None:
        if name == call and endpoint in push.dead:
            rig.phone("bob", token="t")

    Endpoints(watched(devices, before=again), watched(push, before=again), rig.world.meter).look(endpoint)
    assert standing(rig) == endpoint
    assert push.alive(endpoint)


def test_a_phone_that_changed_hands_after_its_endpoint_was_deleted(rig: Rig) -> None:
    """SNS does not know any more whose it was, and gives the token the same endpoint: the registry knows."""
    endpoint = rig.phone("bob", token="t")
    del rig.world.push.endpoints[endpoint]
    assert rig.phone("cid", token="t") == endpoint
    assert standing(rig) is None
    assert standing(rig, "cid") == endpoint


def test_a_service_that_does_not_answer_leaves_everything(rig: Rig) -> None:
    endpoint = rig.phone("bob")
    rig.world.push.dead.add(endpoint)

    def silent(_: str) -> None:
        raise Unavailable("silent")

    with pytest.raises(Unavailable):
        Endpoints(rig.world.devices, watched(rig.world.push, before=silent), rig.world.meter).look(endpoint)
    assert standing(rig) == endpoint


steps = st.lists(
    st.tuples(
        st.sampled_from(["register", "remove", "die", "delete", "look"]), st.sampled_from("ab"), st.sampled_from("xy")
    ),
    max_size=30,
)


@given(steps)
def test_in_whatever_order_nobody_keeps_a_dead_endpoint_and_nobody_loses_a_living_one(
    steps: list[tuple[str, str, str]],
) -> None:
    """After every endpoint was looked at: those that stand are alive, and each living one that was registered last by a
    device still stands there."""
    rig = Rig()
    last: dict[str, str] = {}
    for step, user_id, token in steps:
        endpoint = f"arn:aws:sns:endpoint/fcm/{token}"
        if step == "register":
            for other in [each for each, held in last.items() if held == endpoint]:
                del last[other]
            last[user_id] = rig.phone(user_id, token=token)
        elif step == "remove":
            rig.devices.remove(rig.caller(user_id), None)
            last.pop(user_id, None)
        elif step == "die" and endpoint in rig.world.push.endpoints:
            rig.world.push.dead.add(endpoint)
        elif step == "delete":
            rig.world.push.endpoints.pop(endpoint, None)
        else:
            endpoints(rig).look(endpoint)
    for token in "xy":
        endpoints(rig).look(f"arn:aws:sns:endpoint/fcm/{token}")
    alive = {user_id: endpoint for user_id, endpoint in last.items() if rig.world.push.alive(endpoint)}
    found = {user_id: found for user_id in "ab" if (found := standing(rig, user_id)) is not None}
    assert found == alive
