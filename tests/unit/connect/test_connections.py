"""Opening and closing connections."""

from tests.unit.connect.rig import CAP, Rig


def live(rig: Rig, user_id: str) -> dict[str, str]:
    found = rig.world.registry.lookup([user_id], rig.clock.now())[user_id]
    return {each.device_id: each.connection_id for each in found}


def test_the_first_connection_makes_the_user() -> None:
    rig = Rig()
    rig.connections.open(rig.caller("ann"))
    assert rig.world.users.get(["ann"])["ann"].name == "Ann"
    assert live(rig, "ann") == {"phone": "c1"}


def test_closing_removes_the_connection() -> None:
    rig = Rig()
    rig.connections.open(rig.caller("ann"))
    rig.connections.close(rig.caller("ann"))
    assert live(rig, "ann") == {}


def test_a_late_close_leaves_the_connection_that_replaced_it() -> None:
    rig = Rig()
    rig.connections.open(rig.caller("ann", connection="old"))
    rig.clock.advance(1_000)
    rig.connections.open(rig.caller("ann", connection="new"))
    rig.connections.close(rig.caller("ann", connection="old"))
    assert live(rig, "ann") == {"phone": "new"}


def test_a_late_open_does_not_hide_the_connection_that_replaced_it() -> None:
    rig = Rig()
    rig.connections.open(rig.caller("ann", connection="new"))
    rig.connections.open(rig.caller("ann", connection="old", stamp=rig.clock.now() - 1_000))
    assert live(rig, "ann") == {"phone": "new"}


def test_of_far_too_many_sockets_those_end_that_hear_nothing() -> None:
    rig = Rig()
    rig.connections.open(rig.caller("ann", "laptop", connection="laptop"))
    for number in range(2 * CAP - 1):
        rig.connections.open(rig.caller("ann", connection=f"c{number}"))
    assert rig.world.sockets.ended == []
    rig.world.sockets.stubborn.add("c0")
    rig.connections.open(rig.caller("ann", connection="new"))
    assert sorted(rig.world.sockets.ended) == ["c1", "c2", "c3", "c4"]
    assert live(rig, "ann") == {"laptop": "laptop", "phone": "new"}
    assert {each.connection_id for each in rig.world.registry.opened("ann", "phone")} == {"c0", "new"}, "one is left"


def test_connected_devices_are_capped_and_the_oldest_goes() -> None:
    rig = Rig()
    for number in range(CAP + 1):
        rig.connections.open(rig.caller("ann", f"d{number}", connection=f"c{number}"))
        rig.clock.advance(1_000)
    assert set(live(rig, "ann")) == {f"d{number}" for number in range(1, CAP + 1)}
