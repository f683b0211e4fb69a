"""Display order: any interleaving of live, synced and late copies gives each event once, by position."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from client.display import Conversation
from client.events import Message
from client.inbox import Inbox, State
from client.order import Recent, Seen
from client.receipts import Receipts
from client.wire import event_of
from tests.unit.client_rig import message, place


def made(ms: int) -> Message:
    event = event_of(message(ms, f"m{ms}"), "live")
    assert isinstance(event, Message)
    return event


@given(st.data(), st.integers(1, 30))
def test_any_interleaving_shows_each_event_once_in_position_order(data: st.DataObject, count: int):
    events = [message(n, f"m{n}", arrival=n + data.draw(st.sampled_from([0, 0, 100]))) for n in range(count)]
    synced = sorted(events, key=lambda event: str(event["arrival"]))
    live = [data.draw(st.sampled_from(events)) for _ in range(data.draw(st.integers(0, 60)))]
    split = sorted(data.draw(st.lists(st.integers(0, len(live)), min_size=count, max_size=count)))
    inbox = Inbox(Receipts(), State(), "alice")
    told: list[str] = []
    before = 0
    for event, at in zip(synced, split, strict=True):
        told += [each.client_id for each in inbox.take(live[before:at], "live") if isinstance(each, Message)]
        told += [each.client_id for each in inbox.take([event], "sync") if isinstance(each, Message)]
        before = at
    told += [each.client_id for each in inbox.take(live[before:], "live") if isinstance(each, Message)]
    assert sorted(told) == sorted(event["client_id"] for event in events)
    shown = inbox.display.messages("dm#alice#bob")
    assert [each.client_id for each in shown] == [event["client_id"] for event in events]


@given(st.lists(st.integers(0, 40), max_size=80), st.integers(1, 10))
def test_a_conversation_keeps_the_newest_and_says_where_each_went(stamps: list[int], limit: int):
    conversation = Conversation(limit)
    for ms in stamps:
        index = conversation.add(made(ms))
        if index is not None:
            assert conversation.entries(None)[index].position == place(ms)
        shown = [each.position for each in conversation.entries(None)]
        assert shown == sorted(set(shown))
        assert len(shown) <= limit
    assert shown == sorted({place(ms) for ms in stamps})[-limit:] if stamps else True


@given(st.lists(st.integers(0, 20)), st.integers(1, 8))
def test_seen_is_bounded_and_forgets_the_least_recent(keys: list[int], limit: int):
    seen, model = Seen(limit), list[int]()
    for key in keys:
        assert seen.add(key) == (key not in model)
        model = [*(each for each in model if each != key), key][-limit:]
        assert list(seen) == model


def test_what_is_kept_of_each_conversation_is_bounded():
    """A bot talks with any number of people; a conversation that it forgot it meets again as if for the first time."""
    recent = Recent[str, int](2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        recent[key] = value
    assert (recent.get("a"), recent.get("b"), recent.get("c"), len(recent)) == (3, None, 4, 2)


def test_a_state_survives_its_json_and_still_drops_copies():
    inbox = Inbox(Receipts(), State(), "alice")
    inbox.take([message(1, "m1")], "live")
    inbox.cursor = "c1.1"
    state = State.from_json(inbox.state().as_json())
    assert state == State("c1.1", (("bob", "m1"),))
    again = Inbox(Receipts(), state, "alice")
    assert again.take([message(1, "m1"), message(2, "m2")], "sync") == [replace(made(2), via="sync")]


def test_a_copy_after_a_restart_is_confirmed_again_although_it_is_no_news():
    receipts = Receipts()
    inbox = Inbox(receipts, State(None, (("bob", "m1"),)), "alice")
    assert inbox.take([message(1, "m1")], "sync") == []
    assert [action["position"] for action in receipts.take(10)] == [place(1)]
