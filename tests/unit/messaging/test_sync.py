"""`sync`: pages, cursors, the registry put back; and `history`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messaging.rig import HOUR, MAX_DEVICES, RETENTION_MS, Rig
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound, ResyncRequired, TokenExpired
from tidings.domain.events import Event
from tidings.domain.identity import Connection
from tidings.services.history import Histories
from tidings.services.metas import Metas
from tidings.services.pulls import Pulls
from tidings.services.send import SendMessage, Sent
from tidings.services.sync import SyncPage, Syncs
from tidings.services.tallies import Tallies
from tidings.services.views import Views

T = 30_000


def page(rig: Rig, cursor: str | None = None, following: str | None = None, limit: int = 50) -> SyncPage:
    return rig.syncs.page(rig.caller("bob"), cursor, following, limit)


def _kept(cursor: str) -> str:
    """How far a cursor says that the mailbox was read."""
    return cursor.split(".")[1]


def sync(rig: Rig, cursor: str | None, limit: int = 50) -> tuple[list[Event], str]:
    """A whole sync: all its pages; and the last cursor."""
    got = page(rig, cursor, limit=limit)
    events = list(got.events)
    while got.following is not None:
        got = page(rig, following=got.following, limit=limit)
        events += got.events
    return events, got.cursor


def test_the_clock_comes_first_then_the_registry_then_the_query(rig: Rig) -> None:
    calls: list[str] = []

    def slow(name: str) -> None:
        calls.append(name)
        rig.clock.advance(5_000)

    rig.before = slow
    begin = rig.clock.now()
    got = page(rig)
    assert calls == ["lookup", "register", "page"]
    assert got.at == begin
    assert got.cursor == f"c1.{begin - T:013d}"


def test_a_keep_alive_reads_and_writes_nothing_else(rig: Rig) -> None:
    rig.online("bob")
    calls: list[str] = []
    rig.before = calls.append
    page(rig)
    assert calls == ["lookup", "page"]


def test_later_pages_do_not_look_the_registry_up(rig: Rig) -> None:
    for number in range(3):
        rig.send("ann", "bob", client_id=f"c{number}")
        rig.clock.advance(1)
    first = page(rig, limit=2)
    calls: list[str] = []
    rig.before = calls.append
    second = page(rig, following=first.following, limit=2)
    assert calls == ["page"]
    assert len(second.events) == 1
    assert second.following is None


@pytest.mark.parametrize(
    ("standing", "restored"),
    [(None, True), (Connection("phone", "older", 1), True), (Connection("laptop", "other", 0), True)],
)
def test_a_missing_or_older_entry_is_put_back(rig: Rig, standing: Connection | None, restored: bool) -> None:
    if standing is not None:
        entry = Connection(standing.device_id, standing.connection_id, rig.clock.now() - HOUR - 1)
        rig.world.registry.register("bob", entry, rig.clock.now(), MAX_DEVICES)
    page(rig)
    assert rig.world.registry.entries["bob"]["phone"].connection_id == "bob-phone"


def test_a_newer_connection_of_the_device_stays(rig: Rig) -> None:
    newer = Connection("phone", "newer", rig.clock.now() - HOUR + 1)
    rig.world.registry.register("bob", newer, rig.clock.now(), MAX_DEVICES)
    page(rig)
    assert rig.world.registry.entries["bob"]["phone"] == newer


def test_the_token_of_a_device_that_was_signed_out_gets_no_entry_back(rig: Rig) -> None:
    rig.world.users.drop_device("bob", "phone")
    rig.world.users.revoke("bob", rig.clock.now())
    with pytest.raises(TokenExpired):
        page(rig)
    assert rig.world.registry.lookup(["bob"], rig.clock.now()) == {"bob": []}
    rig.world.users.add_device("bob", "phone", MAX_DEVICES)
    page(rig)
    assert [each.device_id for each in rig.world.registry.lookup(["bob"], rig.clock.now())["bob"]] == ["phone"]


def test_after_a_false_410_the_next_sync_makes_the_client_reachable_again(rig: Rig) -> None:
    rig.online("bob")
    rig.world.sockets.results["bob-phone"] = ["gone", "sent"]
    first = rig.send("ann", "bob", client_id="c-1")
    assert rig.world.registry.entries["bob"] == {}
    assert [event.position for event in page(rig).events] == [first.position]
    rig.send("ann", "bob", client_id="c-2")
    assert len(rig.world.sockets.seen("bob-phone")) == 1


def test_a_young_event_comes_again_and_an_old_one_does_not(rig: Rig) -> None:
    rig.send("ann", "bob")
    events, cursor = sync(rig, None)
    assert len(events) == 1
    assert len(sync(rig, cursor)[0]) == 1
    rig.clock.advance(T + 1)
    events, cursor = sync(rig, cursor)
    assert len(events) == 1
    assert sync(rig, cursor)[0] == []


def test_a_page_younger_than_settling_does_not_loop(rig: Rig) -> None:
    for number in range(7):
        rig.send("ann", "bob", client_id=f"c{number}")
        rig.clock.advance(1)
    events, _ = sync(rig, None, limit=2)
    assert [event.position for event in events] == [event.position for event in rig.box("bob")]


def test_events_written_during_a_long_sync_are_not_lost(rig: Rig) -> None:
    for number in range(4):
        rig.send("ann", "bob", client_id=f"c{number}")
    first = page(rig, limit=2)
    rig.clock.advance(3 * T)
    late = rig.send("ann", "bob", client_id="late")
    second = page(rig, following=first.following)
    assert second.events[-1].position == late.position
    assert second.cursor == f"c1.{_kept(first.cursor)}"
    assert late.position in [event.position for event in sync(rig, second.cursor)[0]]


def test_a_cursor_older_than_retention_asks_for_a_resync(rig: Rig) -> None:
    cursor = page(rig).cursor
    rig.clock.advance(RETENTION_MS)
    with pytest.raises(ResyncRequired):
        page(rig, cursor)


@pytest.mark.parametrize("wrong", ["", "c1.", "c1.12", "n1.x", "c1.1234567890123\n", "1234567890123"])
def test_cursors_the_server_never_gave_are_refused(rig: Rig, wrong: str) -> None:
    with pytest.raises(InvalidRequest):
        page(rig, cursor=wrong)
    with pytest.raises(InvalidRequest):
        page(rig, following=wrong)


def test_a_page_is_bounded_in_bytes(rig: Rig) -> None:
    for number in range(4):
        rig.send("ann", "bob", "x" * 1_000, client_id=f"c{number}")
        rig.clock.advance(1)
    world = rig.world
    pulls = Pulls(world.log, world.groups, world.members, world.times, RETENTION_MS)
    small = Syncs(
        world.mailboxes, world.registry, world.users, rig.clock, world.times, RETENTION_MS, MAX_DEVICES, pulls, 3_000
    )
    got = small.page(rig.caller("bob"), None, None, 50)
    assert len(got.events) == 2
    assert got.following is not None


@given(gaps=st.lists(st.integers(1, 20_000), min_size=1, max_size=12), limit=st.integers(1, 4), data=st.data())
def test_syncs_at_any_time_lose_nothing_and_keep_the_order_of_arrival(
    gaps: list[int], limit: int, data: st.DataObject
) -> None:
    rig = Rig()
    rig.person("ann", "phone")
    rig.person("bob", "phone")
    seen: list[str] = []
    cursor: str | None = None
    for number, gap in enumerate(gaps):
        rig.send("ann", "bob", client_id=f"c{number}")
        rig.clock.advance(gap)
        if data.draw(st.booleans()):
            events, cursor = sync(rig, cursor, limit)
            seen += [event.arrival for event in events if event.arrival not in seen]
    events, _ = sync(rig, cursor, limit)
    seen += [event.arrival for event in events if event.arrival not in seen]
    assert seen == [event.arrival for event in rig.box("bob")]


def test_history_pages_down_to_the_beginning(rig: Rig) -> None:
    for number in range(5):
        rig.send(*(("ann", "bob") if number % 2 else ("bob", "ann")), client_id=f"c{number}")
        rig.clock.advance(1)
    got, before = [], None
    while True:
        one = rig.histories.page(rig.caller("ann"), "dm#ann#bob", before, 2)
        got += [message.client_id for message in one.events]
        before = one.before
        if before is None:
            break
    assert got == ["c4", "c3", "c2", "c1", "c0"]


def test_history_leaves_unsent_messages_out(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    rig.bury(sent.position, sent.conversation_id)
    assert rig.histories.page(rig.caller("bob"), sent.conversation_id, None, 10).events == ()


def test_history_is_for_members_and_for_cursors_the_server_gave(rig: Rig) -> None:
    with pytest.raises(Forbidden):
        rig.histories.page(rig.caller("eve"), "dm#ann#bob", None, 10)
    with pytest.raises(NotFound):
        rig.histories.page(rig.caller("ann"), "dm#bob#ann", None, 10)
    with pytest.raises(InvalidRequest):
        rig.histories.page(rig.caller("ann"), "dm#ann#bob", "yesterday", 10)


def test_a_history_page_is_bounded_in_bytes_and_goes_on_where_it_ended(rig: Rig) -> None:
    for number in range(4):
        rig.send("ann", "bob", "x" * 1_000, client_id=f"c{number}")
        rig.clock.advance(1)
    views = Views(Metas(rig.world.groups, rig.clock), rig.world.members)
    small = Histories(views, rig.world.log, rig.world.memberships, Tallies(rig.world.reactions), page_bytes=3_000)
    first = small.page(rig.caller("ann"), "dm#ann#bob", None, 50)
    second = small.page(rig.caller("ann"), "dm#ann#bob", first.before, 50)
    assert [message.client_id for message in (*first.events, *second.events)] == ["c3", "c2", "c1", "c0"]
    assert second.before is None


def test_a_sync_may_be_gone_on_with_long_after_and_then_from_its_cursor_all_is_there(rig: Rig) -> None:
    """A program that ended in the middle keeps `next`; what was on its way then is met by the sync that follows."""
    sent, slow = [], rig.caller("ann")
    for number in range(6):
        rig.clock.advance(1)
        sent.append(rig.send("ann", "bob", client_id=f"c-{number}").position)
    first = page(rig, limit=3)
    rig.clock.advance(1_000)
    sent.append(rig.messaging.one(slow, SendMessage("c-slow", "bob", "hello"), Sent).position)
    rig.clock.advance(HOUR)
    sent.append(rig.send("ann", "bob", client_id="c-later").position)
    seen, got = list(first.events), first
    while got.following is not None:
        got = page(rig, following=got.following, limit=3)
        seen += got.events
    after, _ = sync(rig, got.cursor)
    assert {event.position for event in (*seen, *after)} == set(sent)
