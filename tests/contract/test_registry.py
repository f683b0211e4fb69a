"""`Connections`: each device's entry is a register by the time it connected."""

from __future__ import annotations

from collections.abc import Mapping

from tests.contract.engines import Stores
from tidings.domain.identity import CONNECTION_LIFE_MS, Connection, Opened

CAP = 3


def live(stores: Stores, user_id: str) -> Mapping[str, str]:
    """Connection id by device id."""
    found = stores.registry.lookup([user_id], stores.clock.now())[user_id]
    return {each.device_id: each.connection_id for each in found}


def register(stores: Stores, device_id: str, connection_id: str, at: int | None = None) -> Connection:
    now = stores.clock.advance(1)
    connection = Connection(device_id, connection_id, now if at is None else at)
    stores.registry.register(stores.user("ann"), connection, now, CAP)
    return connection


class TestRegistry:
    def test_a_connection_is_found_as_it_was_entered(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        one = Connection("a phone: ü.#[0]", "c1=", stores.clock.now(), "xmpp", stores.clock.now() // 1_000 + 60)
        stores.registry.register(ann, one, stores.clock.now(), CAP)
        assert stores.registry.lookup([ann, bob, ann], stores.clock.now()) == {ann: [one], bob: []}
        assert stores.registry.lookup([], stores.clock.now()) == {}

    def test_a_connection_is_there_until_its_token_expires(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        one = Connection("phone", "c1", now, expires_at=now // 1_000 + 60)
        stores.registry.register(ann, one, now, CAP)
        assert stores.registry.lookup([ann], one.expires_at * 1_000 - 1) == {ann: [one]}
        assert stores.registry.lookup([ann], one.expires_at * 1_000) == {ann: []}

    def test_the_later_connection_of_a_device_stands(self, stores: Stores) -> None:
        first = register(stores, "phone", "c1")
        register(stores, "phone", "c2")
        assert live(stores, stores.user("ann")) == {"phone": "c2"}
        register(stores, "phone", "c1", first.connected_at)
        assert live(stores, stores.user("ann")) == {"phone": "c2"}

    def test_two_connections_of_one_millisecond_give_one_answer(self, stores: Stores) -> None:
        at = stores.clock.now()
        for order in (["c1", "c2"], ["c2", "c1"]):
            for connection_id in order:
                register(stores, "phone", connection_id, at)
            assert live(stores, stores.user("ann")) == {"phone": "c2"}

    def test_a_removal_removes_what_it_names_only(self, stores: Stores) -> None:
        ann = stores.user("ann")
        stores.registry.remove(ann, "phone", "c1")
        register(stores, "phone", "c1")
        register(stores, "phone", "c2")
        register(stores, "tablet", "c3")
        stores.registry.remove(ann, "phone", "c1")
        stores.registry.remove(ann, "tablet", "c2")
        stores.registry.remove(ann, "laptop", "c2")
        assert live(stores, ann) == {"phone": "c2", "tablet": "c3"}
        stores.registry.remove(ann, "phone", "c2")
        assert live(stores, ann) == {"tablet": "c3"}
        stores.registry.remove(ann, "tablet", "c3")
        assert live(stores, ann) == {}

    def test_whoever_changes_it_is_told_what_stands(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()

        def enter(device_id: str, connection_id: str, at: int) -> set[str]:
            entered = stores.registry.register(ann, Connection(device_id, connection_id, at), now, CAP)
            return {each.connection_id for each in entered.entries}

        assert enter("phone", "c1", now) == {"c1"}
        assert enter("tablet", "c2", now + 1) == {"c1", "c2"}
        assert enter("phone", "c0", now - 1) == {"c1", "c2"}, "a later one stands"
        assert enter("laptop", "c3", now + 2) == {"c1", "c2", "c3"}
        assert enter("watch", "c4", now + 3) == {"c2", "c3", "c4"}, "the oldest went"
        assert stores.registry.remove(ann, "phone", "c1") is None
        left = stores.registry.remove(ann, "tablet", "c2")
        assert left is not None
        assert {each.connection_id for each in left} == {"c3", "c4"}
        assert stores.registry.remove(ann, "tablet", "c2") is None
        stores.registry.remove(ann, "laptop", "c3")
        assert stores.registry.remove(ann, "watch", "c4") == []
        assert stores.registry.remove(stores.user("bob"), "phone", "c1") is None

    def test_every_socket_of_a_device_is_known_until_it_ends(self, stores: Stores) -> None:
        ann = stores.user("ann")

        def sockets(device_id: str) -> dict[str, bool]:
            """By connection id, whether it has the entry."""
            found = stores.registry.opened(ann, device_id)
            return {each.connection_id: each.connected_at > 0 for each in found}

        assert sockets("phone") == {}
        first = register(stores, "phone", "c1=")
        register(stores, "phone", "c2=")
        register(stores, "tablet", "c3=")
        register(stores, "phone", "c0=", first.connected_at - 5)
        register(stores, "phone", "c0=", first.connected_at - 5)
        assert sockets("phone") == {"c0=": False, "c1=": False, "c2=": True}
        assert sockets("tablet") == {"c3=": True}
        assert stores.registry.remove(ann, "phone", "c1=") is None
        assert stores.registry.remove(ann, "phone", "c1=") is None
        assert sockets("phone") == {"c0=": False, "c2=": True}
        assert stores.registry.remove(ann, "phone", "c2=") is not None
        assert sockets("phone") == {"c0=": False}
        assert stores.registry.remove(ann, "tablet", "c3=") == []
        assert stores.registry.remove(ann, "phone", "c0=") is None
        assert sockets("phone") == sockets("tablet") == {}

    def test_whoever_opens_far_too_many_is_told_of_those_without_an_entry(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()

        def enter(number: int, device_id: str = "phone") -> frozenset[str]:
            connection = Connection(device_id, f"c{number}", now + number)
            surplus = stores.registry.register(ann, connection, now, CAP).surplus
            seen.update({each.connection_id: each for each in surplus})
            return frozenset(each.connection_id for each in surplus)

        seen: dict[str, Opened] = {}
        assert [enter(number) for number in range(2 * CAP)] == [frozenset()] * (2 * CAP)
        assert enter(90, "tablet") == {"c0", "c1", "c2", "c3", "c4"}
        assert enter(91) == {"c0", "c1", "c2", "c3", "c4", "c5"}
        stores.registry.forget(ann, [seen["c0"], seen["c3"], seen["c5"]])
        stores.registry.forget(ann, [])
        assert {each.connection_id for each in stores.registry.opened(ann, "phone")} == {"c1", "c2", "c4", "c91"}
        assert enter(92) == frozenset()
        assert live(stores, ann) == {"phone": "c92", "tablet": "c90"}

    def test_over_the_cap_the_oldest_go(self, stores: Stores) -> None:
        for number in range(5):
            register(stores, f"d{number}", f"c{number}")
        assert live(stores, stores.user("ann")) == {"d2": "c2", "d3": "c3", "d4": "c4"}
        register(stores, "d2", "c5")
        register(stores, "d5", "c6")
        assert live(stores, stores.user("ann")) == {"d2": "c5", "d4": "c4", "d5": "c6"}

    def test_old_entries_do_not_count_and_make_room_first(self, stores: Stores) -> None:
        ann = stores.user("ann")
        at = register(stores, "old", "c1").connected_at
        stores.clock.ms = at + CONNECTION_LIFE_MS - 1
        assert live(stores, ann) == {"old": "c1"}
        stores.clock.ms = at + CONNECTION_LIFE_MS
        assert live(stores, ann) == {}
        for number in range(CAP):
            register(stores, f"d{number}", f"c{number}")
        assert live(stores, ann) == {f"d{number}": f"c{number}" for number in range(CAP)}

    def test_many_users_are_one_look(self, stores: Stores) -> None:
        crowd = [stores.user(f"u{n}") for n in range(130)]
        now = stores.clock.now()
        for number, user_id in enumerate(crowd):
            stores.registry.register(user_id, Connection("phone", f"c{number}", now), now, CAP)
        found = stores.registry.lookup(crowd, now)
        assert [found[user_id][0].connection_id for user_id in crowd] == [f"c{number}" for number in range(130)]
