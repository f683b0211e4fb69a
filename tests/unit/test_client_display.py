"""What is shown of a conversation does not depend on the way it came; what is handed on, is handed on once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from client.events import Edit, Event, GroupChange, Message, Reaction, Reactions, Unsend
from client.inbox import Inbox, State
from client.receipts import Receipts
from tests.unit.client_world import GROUP, World, deliveries, event, worlds


def inbox(state: State | None = None) -> Inbox:
    return Inbox(Receipts(), state or State(), "alice")


def fed(into: Inbox, copies: list[tuple[dict[str, Any], str]]) -> list[Event]:
    return [news for wire, via in copies for news in into.take([wire], "live" if via == "live" else "sync")]


def screen(of: Inbox) -> list[tuple[str, str, str | None, set[tuple[str, int, bool]]]]:
    return [
        (each.position, each.text, each.edited, {(r.emoji, r.count, r.mine) for r in each.reactions})
        for each in of.display.messages(GROUP)
    ]


@given(st.data(), worlds())
def test_any_order_of_any_copies_shows_the_same(data: st.DataObject, world: World):
    reader = inbox()
    fed(reader, data.draw(deliveries(world)))
    assert screen(reader) == world.shown()
    changes = [each["position"] for each in world.events if each["kind"] == "group"]
    assert [each.position for each in reader.display.entries(GROUP) if isinstance(each, GroupChange)] == changes


@given(st.data(), worlds())
def test_each_is_handed_on_once_and_nothing_after_it_was_taken_back(data: st.DataObject, world: World):
    reader = inbox()
    handed = fed(reader, data.draw(deliveries(world)))
    assert max(Counter((type(each), getattr(each, "position", "")) for each in handed).values()) == 1
    gone: set[str] = set()
    for each in handed:
        if isinstance(each, Message):
            assert each.position not in gone
        gone |= {each.target} if isinstance(each, Unsend) else set()
    messages = {each.position for each in handed if isinstance(each, Message)}
    assert messages >= {position for position, *_ in world.shown()}


@given(st.data(), worlds())
def test_who_follows_what_is_handed_on_has_the_same_texts_in_the_end(data: st.DataObject, world: World):
    """A program that keeps its own list by the events alone."""
    texts: dict[str, str] = {}
    for each in fed(inbox(), data.draw(deliveries(world))):
        if isinstance(each, Message):
            texts[each.position] = each.text
        elif isinstance(each, Edit) and each.target in texts:
            texts[each.target] = each.text
    for position, text, *_ in world.shown():
        assert texts[position] == text


@given(st.data(), worlds())
def test_a_restart_anywhere_brings_nothing_back(data: st.DataObject, world: World):
    """The next run knows what was taken back and what was handed on; its screen shows what comes again as it stands."""
    copies = data.draw(deliveries(world))
    cut = data.draw(st.integers(0, len(copies)))
    first = inbox()
    handed = fed(first, copies[:cut])
    second = inbox(State.from_json(first.state().as_json()))
    handed += fed(second, copies[cut:])
    assert max(Counter((type(each), getattr(each, "position", "")) for each in handed).values()) == 1
    assert not {position for position, *_ in screen(second)} & world.gone()
    fed(second, [(each, "sync") for each in world.events])
    assert screen(second) == world.shown()


@given(st.data(), worlds(40), st.integers(1, 10))
def test_what_the_limit_leaves_does_not_depend_on_the_order(data: st.DataObject, world: World, limit: int):
    shown = []
    for _ in range(2):
        reader = inbox()
        reader.display._per_conversation = limit
        fed(reader, data.draw(deliveries(world)))
        shown.append([each.position for each in reader.display.entries(GROUP)])
    assert shown[0] == shown[1]


def test_reactions_are_counted_the_most_frequent_first():
    reader = inbox()
    message = event("message", 1, "bob", text="party?")
    given = [("alice", "🎉"), ("bob", "👍"), ("carol", "🎉"), ("dave", "🎂")]
    reacted = [
        event("reaction", n, who, target=message["position"], emoji=what) for n, (who, what) in enumerate(given, 2)
    ]
    handed = reader.take([message, *reacted], "live")
    assert sum(isinstance(each, Reaction) for each in handed) == 4
    (shown,) = reader.display.messages(GROUP)
    assert shown.reactions == (Reactions("🎉", 2, True), Reactions("🎂", 1), Reactions("👍", 1))


def test_an_edit_that_came_first_is_in_the_message_that_is_handed_on():
    reader = inbox()
    message = event("message", 1, "bob", text="teh")
    edit = event("edit", 2, "bob", target=message["position"], text="the")
    handed = reader.take([edit, message], "live")
    assert [type(each) for each in handed] == [Edit, Message]
    assert isinstance(handed[1], Message)
    assert (handed[1].text, handed[1].edited) == ("the", edit["position"])


def test_an_edit_that_another_has_overtaken_is_no_news():
    reader = inbox()
    message = event("message", 1, "bob", text="one")
    old, new = (event("edit", n, "bob", target=message["position"], text=f"{n}") for n in (2, 3))
    handed = reader.take([message, new, old], "live")
    assert [each.position for each in handed if isinstance(each, Edit)] == [new["position"]]


def test_a_copy_with_the_new_text_does_not_swallow_the_edit():
    """The late copy is no news and says what the edit will say; a handler has to hear it all the same."""
    reader = inbox()
    message = event("message", 1, "bob", text="one")
    edit = event("edit", 2, "bob", target=message["position"], text="two")
    handed = reader.take([message, message | {"text": "two", "edited": edit["position"]}, edit], "sync")
    assert [type(each) for each in handed] == [Message, Edit]
