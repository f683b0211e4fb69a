"""Who is there: asked, told, hidden, lost."""

from __future__ import annotations

import pytest

from tests.unit.presence.rig import HOUR, Rig
from tidings.domain.errors import RateLimited, Unavailable
from tidings.domain.presence import HIDDEN, ONLINE_MS, State
from tidings.domain.privacy import Audience
from tidings.services.live import YOUNG_MS
from tidings.services.presence import MOST, OFTEN, WATCH_MS


def test_how_everybody_stands_in_the_order_of_asking() -> None:
    rig = Rig()
    bob = rig.connect("bob")
    came = rig.clock.now()
    cid = rig.connect("cid")
    rig.disconnect(cid)
    left = rig.clock.now()
    seen = rig.watch(rig.connect("ann"), "cid", "nobody", "bob", "cid")
    assert list(seen.states.items()) == [
        ("cid", State(last_seen=left)),
        ("nobody", HIDDEN),
        ("bob", State(True, until=came + ONLINE_MS)),
    ]
    assert seen.at == rig.clock.now()
    assert not any(each[0] == "p#nobody" for each in rig.world.watchers.entries)
    rig.clock.advance(ONLINE_MS)
    assert rig.watch(rig.device("ann"), "bob").states == {"bob": State(last_seen=came)}
    rig.active(bob)
    assert rig.watch(rig.device("ann"), "bob").states["bob"].online


def test_watchers_are_told_of_the_first_that_comes_and_the_last_that_goes() -> None:
    rig = Rig()
    ann, eve = rig.connect("ann"), rig.connect("eve")
    rig.connect("bob")
    rig.disconnect(rig.device("bob"))
    rig.watch(ann, "bob")
    phone = rig.connect("bob")
    tablet = rig.connect("bob", "tablet")
    rig.disconnect(phone)
    assert rig.told(ann) == [("bob", True)]
    rig.disconnect(tablet)
    assert rig.told(ann) == [("bob", True), ("bob", False)]
    online, offline = rig.world.sockets.seen("ann-phone")
    assert (online.until, online.last_seen) == (online.at + ONLINE_MS, None)
    assert (offline.until, offline.last_seen) == (None, rig.clock.now())
    assert online.at < offline.at
    assert rig.told(eve) == []


def test_only_the_device_that_asked_is_told() -> None:
    rig = Rig()
    rig.connect("bob")
    phone, tablet = rig.connect("ann"), rig.connect("ann", "tablet")
    rig.watch(phone, "bob", "ann")
    rig.connect("bob", number=1)
    assert rig.told(phone) == [("bob", True)]
    assert rig.told(tablet) == []


def test_another_list_replaces_the_one_before() -> None:
    rig = Rig()
    ann, bob, cid = rig.connect("ann"), rig.connect("bob"), rig.connect("cid")
    rig.watch(ann, "bob", "cid")
    rig.watch(ann, "cid")
    rig.disconnect(bob)
    rig.disconnect(cid)
    assert rig.told(ann) == [("cid", False)]
    rig.watch(ann)
    rig.connect("cid")
    assert rig.told(ann) == [("cid", False)]


def test_a_device_that_comes_back_is_told_and_its_old_disconnect_says_nothing() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    old = rig.connect("bob")
    rig.watch(ann, "bob")
    rig.cut(old)
    back = rig.connect("bob", number=1)
    rig.disconnect(old)
    assert rig.told(ann) == [("bob", True)]
    assert rig.world.users.users["bob"].last_seen == back.stamp


def test_a_connect_that_runs_late_says_nothing() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    late = rig.caller("bob", connection="bob-late")
    rig.watch(ann, "bob")
    rig.clock.advance(5)
    new = rig.connect("bob")
    rig.watch(ann, "bob")
    rig.connections.open(late)
    assert rig.told(ann) == []
    rig.disconnect(new)
    assert rig.told(ann) == [("bob", False)]


def test_nothing_is_posted_to_a_socket_inside_its_own_connect() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    rig.watch(ann, "ann")
    tablet = rig.connect("ann", "tablet")
    rig.watch(tablet, "ann")
    rig.disconnect(ann)
    rig.disconnect(tablet)
    rig.connect("ann")
    assert rig.world.sockets.posted == []


@pytest.mark.parametrize("who", ["asked", "told"])
@pytest.mark.parametrize(
    ("setting", "follows", "visible"),
    [
        (Audience.EVERYONE, False, True),
        (Audience.FOLLOWING, False, False),
        (Audience.FOLLOWING, True, True),
        (Audience.NOBODY, True, False),
    ],
)
def test_the_setting_decides_who_sees(who: str, setting: Audience, follows: bool, visible: bool) -> None:
    rig = Rig()
    ann, bob = rig.connect("ann"), rig.connect("bob")
    rig.follow("ann", "bob")
    if who == "told":
        rig.watch(ann, "bob")
    rig.shows("bob", setting)
    if follows:
        rig.follow("bob", "ann")
    if who == "asked":
        assert (rig.watch(ann, "bob").states["bob"] != HIDDEN) is visible
    rig.disconnect(bob)
    rig.connect("bob")
    assert rig.told(ann) == ([("bob", False), ("bob", True)] if visible else [])
    assert rig.watch(bob, "bob").states["bob"].online, "everybody sees themselves"


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_block_hides_both_from_each_other_until_it_ends(who: str) -> None:
    rig = Rig()
    ann, bob, cid = rig.connect("ann"), rig.connect("bob"), rig.connect("cid")
    for watcher in (ann, cid):
        assert rig.watch(watcher, "bob").states["bob"].online
    rig.block(who, "bob" if who == "ann" else "ann")
    assert rig.watch(ann, "bob").states == {"bob": HIDDEN}
    assert rig.watch(bob, "ann").states == {"ann": HIDDEN}
    rig.disconnect(bob)
    assert (rig.told(ann), rig.told(cid)) == ([], [("bob", False)])
    rig.unblock(who, "bob" if who == "ann" else "ann")
    rig.connect("bob")
    assert rig.told(ann) == [("bob", True)]


def test_a_lost_disconnect_leaves_no_ghost() -> None:
    rig = Rig()
    ann, bob = rig.connect("ann"), rig.connect("bob")
    came = rig.clock.now()
    rig.cut(bob)
    gone = {"bob": State(last_seen=came)}
    assert rig.watch(ann, "bob").states == gone, "though the entry is too young to be removed"
    assert "phone" in rig.world.registry.entries["bob"]
    rig.clock.advance(YOUNG_MS)
    assert rig.watch(ann, "bob").states == gone
    assert rig.world.registry.entries["bob"] == {}


def test_a_ghost_beside_a_device_that_goes() -> None:
    """The last one that is there counts, whatever the registry says."""
    rig = Rig()
    ann = rig.connect("ann")
    ghost, phone = rig.connect("bob", "laptop"), rig.connect("bob")
    rig.watch(ann, "bob")
    rig.cut(ghost)
    rig.clock.advance(YOUNG_MS)
    rig.disconnect(phone)
    assert rig.told(ann) == [("bob", False)]
    assert rig.world.registry.entries["bob"] == {}


def test_a_ghost_beside_a_device_that_comes() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    ghost = rig.connect("bob", "laptop")
    rig.watch(ann, "bob")
    rig.cut(ghost)
    rig.connect("bob")
    assert rig.told(ann) == [("bob", True)]


def test_a_gateway_that_does_not_answer_leaves_the_registrys_word() -> None:
    rig = Rig()
    ann, bob = rig.connect("ann"), rig.connect("bob")
    rig.world.sockets.activity[bob.connection.connection_id] = "unknown"
    rig.clock.advance(HOUR)
    assert rig.watch(ann, "bob").states["bob"].online


def test_the_newest_connection_is_asked_about_and_the_others_only_if_need_be() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    old, new = rig.connect("bob", "laptop"), rig.connect("bob")
    rig.world.sockets.asked.clear()
    rig.watch(ann, "bob")
    assert rig.world.sockets.asked == ["bob-phone"]
    rig.clock.advance(ONLINE_MS)
    rig.active(old)
    assert rig.watch(ann, "bob").states["bob"].online
    assert rig.world.sockets.asked == ["bob-phone", "bob-phone", "bob-laptop"]
    rig.cut(new)
    assert rig.watch(ann, "bob").states["bob"].online


def test_a_list_that_nobody_asks_about_again_ends() -> None:
    rig = Rig()
    ann, bob = rig.connect("ann"), rig.connect("bob")
    rig.watch(ann, "bob")
    rig.clock.advance(WATCH_MS - 10_000)
    ann = rig.connect("ann", number=1)
    rig.disconnect(bob)
    rig.clock.advance(20_000)
    rig.connect("bob")
    assert rig.told(ann) == [("bob", False)]


def test_what_fails_beside_it_never_fails_the_connection() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    rig.connect("bob")
    rig.watch(ann, "bob")

    def busy(name: str) -> None:
        if name in ("of", "seen", "lookup"):
            raise Unavailable("The database is busy.")

    connections, _ = rig.hooked(busy)
    connections.close(rig.device("bob"))
    assert rig.world.registry.entries["bob"] == {}
    connections.open(rig.caller("bob", connection="again"))
    assert set(rig.world.registry.entries["bob"]) == {"phone"}
    assert rig.world.meter.counts["PresenceFailed"] == 2


def test_whoever_asks_in_a_loop_is_told_to_come_back() -> None:
    rig = Rig()
    ann = rig.connect("ann")
    for _ in range(OFTEN):
        rig.watch(ann, "bob")
    with pytest.raises(RateLimited) as refused:
        rig.watch(ann, "bob")
    rig.clock.advance(refused.value.retry_after_ms or 0)
    rig.watch(ann, "bob")


def test_a_crowd_of_watchers_is_cut_off() -> None:
    rig = Rig()
    bob = rig.connect("bob")
    watchers = [rig.device(f"u{number:04}") for number in range(MOST + 20)]
    for watcher in watchers:
        rig.world.registry.register(watcher.user_id, watcher.connection, rig.clock.now(), 3)
        rig.watch(watcher, "bob")
    rig.disconnect(bob)
    assert sum(len(rig.told(each)) for each in watchers) == MOST


def test_one_watcher_with_many_devices_takes_one_place() -> None:
    """Device ids are made up at will: whoever sorts first must not keep the others from hearing."""
    rig = Rig()
    bob, zoe = rig.connect("bob"), rig.connect("zoe")
    rig.watch(zoe, "bob")
    for number in range(MOST + 20):
        rig.watch(rig.device("ann", f"d{number}"), "bob")
        rig.clock.advance(1_000)
    rig.active(bob)
    rig.disconnect(bob)
    assert rig.told(zoe) == [("bob", False)]
