"""Which messages sound which phones, when, and how often."""

import pytest

from tests.fakes import watched
from tests.unit.connect.rig import AFTER_MS, Rig
from tidings.domain.errors import Unavailable
from tidings.domain.events import ReceiptKind
from tidings.services.notices import BODY_BYTES
from tidings.services.push import BUDGET_MS


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.connections.open(made.caller("ann"))
    return made


def test_an_unconfirmed_message_sounds(rig: Rig) -> None:
    phone = rig.phone("bob")
    incoming = rig.incoming("ann", "bob", "Are you there?")
    assert rig.notifier.notify([incoming]) == set()
    assert rig.shown(phone) == [("Ann", "Are you there?")]
    [notification] = rig.world.push.phones[phone]
    assert notification.thread == incoming.event.conversation_id
    assert notification.data["position"] == incoming.event.position
    assert len(notification.collapse_key) <= 64


@pytest.mark.parametrize("kind", list(ReceiptKind))
def test_a_confirmed_message_does_not(rig: Rig, kind: ReceiptKind) -> None:
    phone = rig.phone("bob")
    incoming = rig.incoming("ann", "bob")
    rig.confirm(incoming, kind)
    assert rig.notifier.notify([incoming]) == set()
    assert rig.shown(phone) == []


def test_a_mark_from_before_a_late_arrival_does_not_cover_it(rig: Rig) -> None:
    phone = rig.phone("bob")
    incoming = rig.incoming("ann", "bob")
    rig.confirm(incoming, taken_at=rig.clock.now() - AFTER_MS - 1)
    rig.notifier.notify([incoming])
    assert len(rig.shown(phone)) == 1


def test_a_young_message_is_given_time(rig: Rig) -> None:
    phone = rig.phone("bob")
    young = rig.incoming("ann", "bob", age=500)
    before = rig.clock.now()
    rig.notifier.notify([young])
    assert rig.clock.now() - before == AFTER_MS - 500
    assert len(rig.shown(phone)) == 1


def test_a_message_confirmed_while_we_wait_does_not_sound(rig: Rig) -> None:
    phone = rig.phone("bob")
    incoming = rig.incoming("ann", "bob", age=0)
    sleep = rig.clock.sleep

    def confirmed_meanwhile(ms: int) -> None:
        sleep(ms)
        rig.confirm(incoming)

    rig.clock.sleep = confirmed_meanwhile  # type: ignore[method-assign]
    rig.notifier.notify([incoming])
    assert rig.shown(phone) == []


def test_nothing_is_waited_for_when_all_is_confirmed_or_old(rig: Rig) -> None:
    rig.phone("bob")
    young, old = rig.incoming("ann", "bob", age=0), rig.incoming("cid", "bob")
    rig.confirm(young)
    before = rig.clock.now()
    rig.notifier.notify([young, old])
    rig.notifier.notify([])
    assert rig.clock.now() == before


def test_a_stamp_from_the_future_does_not_stop_us_for_long(rig: Rig) -> None:
    phone = rig.phone("bob")
    future = rig.incoming("ann", "bob", age=-60_000)
    before = rig.clock.now()
    rig.notifier.notify([future])
    assert rig.clock.now() - before == AFTER_MS
    assert len(rig.shown(phone)) == 1


def test_a_burst_of_one_conversation_sounds_once(rig: Rig) -> None:
    phone = rig.phone("bob")
    burst = [rig.incoming("ann", "bob", f"line {number}", age=AFTER_MS + 10 - number) for number in range(3)]
    rig.notifier.notify([burst[1], burst[2], burst[0]])
    assert rig.shown(phone) == [("Ann (3)", "line 2")]


def test_conversations_and_recipients_sound_apart(rig: Rig) -> None:
    bob, cid = rig.phone("bob"), rig.phone("cid")
    rig.notifier.notify([rig.incoming("ann", "bob"), rig.incoming("cid", "bob"), rig.incoming("ann", "cid")])
    assert rig.shown(bob) == [("Ann", "hello"), ("Cid", "hello")]
    assert rig.shown(cid) == [("Ann", "hello")]


def test_what_was_confirmed_of_a_burst_is_not_counted(rig: Rig) -> None:
    phone = rig.phone("bob")
    first, second = rig.incoming("ann", "bob", "first", age=AFTER_MS + 9), rig.incoming("ann", "bob", "second")
    rig.confirm(first, ReceiptKind.READ)
    rig.notifier.notify([first, second])
    assert rig.shown(phone) == [("Ann", "second")]


def test_all_phones_with_an_endpoint_sound(rig: Rig) -> None:
    phone, tablet = rig.phone("bob"), rig.phone("bob", "tablet")
    rig.devices.register(rig.caller("bob", "browser"), None, None)
    rig.notifier.notify([rig.incoming("ann", "bob")])
    assert [len(rig.shown(each)) for each in (phone, tablet)] == [1, 1]


def test_a_recipient_without_a_device_is_no_failure(rig: Rig) -> None:
    assert rig.notifier.notify([rig.incoming("ann", "nobody")]) == set()
    assert rig.reported == []


def test_a_nameless_sender(rig: Rig) -> None:
    phone = rig.phone("bob")
    rig.notifier.notify([rig.incoming("stranger", "bob")])
    assert rig.shown(phone) == [("New message", "hello")]


def test_a_dead_endpoint_is_forgotten(rig: Rig) -> None:
    phone, tablet = rig.phone("bob"), rig.phone("bob", "tablet")
    rig.world.push.dead.add(phone)
    assert rig.notifier.notify([rig.incoming("ann", "bob")]) == set()
    device = rig.world.devices.get("bob", "phone")
    assert device is not None
    assert device.endpoint is None
    assert len(rig.shown(tablet)) == 1
    assert rig.world.meter.counts == {"Pushes": 1, "PushEndpointsDead": 1}


def test_an_endpoint_replaced_meanwhile_is_not_forgotten(rig: Rig) -> None:
    rig.phone("bob", token="old")
    [device] = rig.world.devices.of("bob")
    new = rig.phone("bob", token="new")
    assert device.endpoint is not None
    rig.world.devices.forget_endpoint("bob", "phone", device.endpoint)
    [device] = rig.world.devices.of("bob")
    assert device.endpoint == new


def test_a_long_message_is_cut(rig: Rig) -> None:
    phone = rig.phone("bob")
    rig.notifier.notify([rig.incoming("ann", "bob", "ä" * 4_096)])
    [(_, body)] = rig.shown(phone)
    assert body
    assert len(body.encode()) <= BODY_BYTES


def test_only_what_failed_is_tried_again(rig: Rig) -> None:
    bob, cid = rig.phone("bob"), rig.phone("cid")
    rig.world.push.failing.add(bob)
    for_bob, for_cid = rig.incoming("ann", "bob"), rig.incoming("ann", "cid")
    assert rig.notifier.notify([for_bob, for_cid]) == {for_bob.key}
    assert rig.reported == ["Unavailable"]
    assert len(rig.shown(cid)) == 1
    rig.world.push.failing.clear()
    assert rig.notifier.notify([for_bob, for_cid]) == set()
    assert len(rig.shown(bob)) == len(rig.shown(cid)) == 1


def test_a_phone_that_fails_does_not_keep_the_others_silent_nor_sound_them_again(rig: Rig) -> None:
    phone, tablet = rig.phone("bob"), rig.phone("bob", "tablet")
    rig.world.push.failing.add(phone)
    incoming = rig.incoming("ann", "bob")
    for _ in range(3):
        assert rig.notifier.notify([incoming]) == {incoming.key}
    assert len(rig.shown(tablet)) == 1
    rig.world.push.failing.clear()
    assert rig.notifier.notify([incoming]) == set()
    assert len(rig.shown(phone)) == len(rig.shown(tablet)) == 1


def test_a_new_message_in_a_replayed_batch_still_sounds(rig: Rig) -> None:
    phone = rig.phone("bob")
    first = rig.incoming("ann", "bob", "first")
    rig.notifier.notify([first])
    second = rig.incoming("ann", "bob", "second")
    rig.notifier.notify([first, second])
    assert [body for _, body in rig.shown(phone)] == ["first", "second"]


def test_another_process_may_sound_a_replay_twice_under_the_same_collapse_key(rig: Rig) -> None:
    phone = rig.phone("bob")
    incoming = rig.incoming("ann", "bob")
    rig.notifier.notify([incoming])
    rig.restart()
    rig.notifier.notify([incoming])
    assert len({each.collapse_key for each in rig.world.push.phones[phone]}) == 1
    assert len(rig.shown(phone)) == 2


@pytest.mark.parametrize("port", ["memberships", "devices", "users", "log"])
def test_a_store_that_does_not_answer_fails_its_own_records(rig: Rig, port: str) -> None:
    phone = rig.phone("bob")
    rig.phone("cid")
    batch = [rig.incoming("ann", "cid"), rig.incoming("ann", "bob")]
    answers = iter([Unavailable("busy")])

    def busy_once(_: str) -> None:
        for error in answers:
            raise error

    setattr(rig.world, port, watched(getattr(rig.world, port), before=busy_once))
    rig.restart()
    assert rig.notifier.notify(batch) == {batch[0].key}
    assert len(rig.shown(phone)) == 1


def test_a_slow_service_leaves_the_rest_for_the_next_try(rig: Rig) -> None:
    phones = [rig.phone(f"user{number}") for number in range(5)]
    batch = [rig.incoming("ann", f"user{number}") for number in range(5)]
    rig.world.push = watched(rig.world.push, before=lambda _: rig.clock.sleep(BUDGET_MS // 2))
    rig.restart()
    failed = rig.notifier.notify(batch)
    sounded = [incoming.key for phone, incoming in zip(phones, batch, strict=True) if rig.shown(phone)]
    assert 0 < len(sounded) < len(batch)
    assert failed == {each.key for each in batch} - set(sounded)
    while failed:
        failed = rig.notifier.notify([each for each in batch if each.key in failed])
    assert all(len(rig.shown(phone)) == 1 for phone in phones)
