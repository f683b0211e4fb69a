"""Live posts: one frame a connection, answers by type, and never the reason why a send fails."""

import pytest

from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Unavailable
from tidings.ports import PostResult
from tidings.services.live import YOUNG_MS


def registered(rig: Rig, user_id: str = "bob") -> set[str]:
    return {connection.connection_id for connection in rig.world.registry.entries.get(user_id, {}).values()}


def test_every_device_of_the_recipient_gets_it(rig: Rig) -> None:
    rig.online("bob", "phone")
    rig.online("bob", "laptop")
    rig.send("ann", "bob")
    assert rig.world.sockets.seen("bob-phone") == rig.world.sockets.seen("bob-laptop") == rig.box("bob")


def test_a_connection_past_its_longest_life_is_not_posted_to(rig: Rig) -> None:
    rig.online("bob", age=130 * 60_000)
    rig.send("ann", "bob")
    assert rig.world.sockets.posted == rig.world.sockets.refused == []


def test_a_gone_connection_is_forgotten(rig: Rig) -> None:
    rig.online("bob", "phone", age=YOUNG_MS)
    rig.online("bob", "laptop")
    rig.world.sockets.results["bob-phone"] = "gone"
    rig.send("ann", "bob")
    assert registered(rig) == {"bob-laptop"}


def test_a_410_for_an_entry_that_was_young_when_looked_up_is_not_believed(rig: Rig) -> None:
    rig.online("bob", age=YOUNG_MS - 1)
    rig.world.sockets.results["bob-phone"] = "gone"
    rig.world.sockets.on_post = lambda _delivery: rig.clock.sleep(5_000)
    rig.send("ann", "bob")
    assert registered(rig) == {"bob-phone"}


def test_only_the_connection_that_failed_is_forgotten_not_the_one_that_replaced_it(rig: Rig) -> None:
    rig.online("bob")
    rig.world.sockets.results["bob-phone"] = "gone"

    def reconnects(name: str) -> None:
        if name == "remove":
            replacement = rig.caller("bob").connection
            newer = type(replacement)("phone", "bob-phone-again", rig.clock.now())
            rig.world.registry.register("bob", newer, rig.clock.now(), 10)

    rig.before = reconnects
    rig.send("ann", "bob")
    assert registered(rig) == {"bob-phone-again"}


@pytest.mark.parametrize(
    ("answer", "metric"), [("busy", "LiveBusy"), ("too_large", "LiveTooLarge"), ("failed", "LiveFailed")]
)
def test_other_answers_are_counted_and_left_to_sync(rig: Rig, answer: PostResult, metric: str) -> None:
    rig.online("bob")
    rig.world.sockets.results["bob-phone"] = answer
    sent = rig.send("ann", "bob")
    assert registered(rig) == {"bob-phone"}
    assert rig.world.meter.counts == {metric: 1}
    page = rig.syncs.page(rig.caller("bob"), None, None, 50)
    assert [event.position for event in page.events] == [sent.position]


@pytest.mark.parametrize(("name", "metric"), [("lookup", "LiveLookupFailed"), ("remove", "LiveForgetFailed")])
def test_a_registry_that_does_not_answer_does_not_fail_the_send(rig: Rig, name: str, metric: str) -> None:
    rig.online("bob")
    rig.world.sockets.results["bob-phone"] = "gone"

    def down(call: str) -> None:
        if call == name:
            raise Unavailable("The database is busy.")

    rig.before = down
    assert rig.send("ann", "bob").position
    assert rig.world.meter.counts[metric] == 1


def test_somebody_who_registers_during_the_write_is_seen_by_the_lookup(rig: Rig) -> None:
    """Persist, then look up; register, then sync: whichever comes first, one of the two sees the other."""

    def connects(name: str) -> None:
        if name == "put":
            rig.online("bob", age=0)

    rig.after = connects
    rig.send("ann", "bob")
    assert len(rig.world.sockets.seen("bob-phone")) == 1


def test_nobody_online_means_no_post_at_all(rig: Rig) -> None:
    calls: list[str] = []
    rig.before = calls.append
    rig.send("ann", "bob")
    assert "post" not in calls
