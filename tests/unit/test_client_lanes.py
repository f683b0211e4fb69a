"""The sans-I/O session: what shares a frame, what waits its turn, and what a limit on the rate does."""

from typing import Any

import pytest

from client.lanes import Request
from tests.unit.client_alice import CONVERSATION, Alice
from tests.unit.client_rig import error, live, message, place

GROUP = "g#aaaaaaaaaaaaaaaa"


def ask(alice: Alice, action: str, **fields: Any) -> Request:
    request = Request(action, fields)
    alice.session.submit(request, alice.now)
    return request


def actions(frames: list[dict[str, Any]]) -> list[Any]:
    return [[each["action"] for each in frame.get("actions", ())] or frame["action"] for frame in frames]


def test_a_messages_whole_life_keeps_its_order_and_shares_frames():
    alice = Alice()
    alice.send("teh")
    for action in ("edit", "react", "hide", "unsend"):
        ask(alice, action, client_id=action, conversation=CONVERSATION, position=place(1))
    first = alice.frames()
    assert actions(first) == ["send"]
    alice.answer(*first)
    assert actions(alice.frames()) == [["edit", "react", "hide", "unsend"]]


def test_a_message_typed_after_a_member_was_added_comes_after_it():
    alice = Alice()
    alice.send("before")
    ask(alice, "group.add", client_id="a", conversation=GROUP, members=["bob"])
    ask(alice, "send", client_id="s", conversation=GROUP, text="welcome")
    ask(alice, "send", client_id="t", conversation=GROUP, text="bob")
    seen = []
    while frames := alice.frames():
        assert len(frames) == 1
        seen += actions(frames)
        alice.answer(*frames)
    assert seen == ["send", "group.add", ["send", "send"]]


def test_settings_and_watches_have_lines_of_their_own():
    alice = Alice()
    ask(alice, "conversation.set", client_id="a", conversation=GROUP, pinned=True)
    ask(alice, "conversation.set", client_id="b", conversation=GROUP, pinned=False)
    ask(alice, "block", client_id="c", user="bob")
    ask(alice, "blocks")
    ask(alice, "presence.watch", users=["bob"])
    frames = alice.frames()
    assert actions(frames) == ["conversation.set", "block", "presence.watch"]
    alice.answer(*frames)
    assert actions(alice.frames()) == ["conversation.set", "blocks"]


def test_a_limit_on_the_rate_is_obeyed_to_the_letter_and_makes_nothing_slower():
    """However often it strikes: the wait is the server's, not one that doubles."""
    alice = Alice()
    requests = [alice.send(f"{n}") for n in range(60)]
    allowed = 0

    def limited(action: dict[str, Any]) -> dict[str, Any] | None:
        nonlocal allowed
        allowed -= 1
        return error(None, "rate_limited", True, after=500) if allowed < 0 else None

    alice.answer(*alice.frames())
    alice.model.refuse = limited
    for _ in range(30):
        allowed = 2
        alice.answer(*alice.frames())
        alice.wait(0.45)
        assert alice.frames() == []
        alice.wait(0.2)
    alice.answer(*alice.frames())
    assert all(request.reply is not None for request in requests)
    assert [text for _, _, text in alice.model.log] == [f"{n}" for n in range(60)]


@pytest.mark.parametrize("online", [True, False])
def test_watches_are_asked_again_on_each_connection(online: bool):
    alice = Alice()
    ask(alice, "watch", conversation=GROUP, on=True)
    ask(alice, "presence.watch", users=["bob", "carol"])
    if online:
        while frames := alice.frames():
            alice.answer(*frames)
    alice.session.closed()
    alice.session.opened(alice.now)
    asked = []
    while frames := alice.frames():
        asked += [frame for frame in frames if "watch" in frame["action"]]
        alice.answer(*frames)
    assert actions(asked) == ["watch", "presence.watch"]
    assert asked[1]["users"] == ["bob", "carol"]


def test_what_was_refused_or_ended_is_not_watched_again():
    alice = Alice()
    alice.model.refuse = lambda action: error(None, "not_found") if action["action"] == "watch" else None
    ask(alice, "watch", conversation=GROUP, on=True)
    alice.answer(*alice.frames())
    alice.model.refuse = lambda _: None
    for on in (True, False):
        ask(alice, "watch", conversation="g#bbbbbbbbbbbbbbbb", on=on)
        alice.answer(*alice.frames())
    alice.session.closed()
    alice.session.opened(alice.now)
    assert actions(alice.frames()) == ["sync"]


def test_typing_is_said_once_in_a_while_and_never_again_after_a_loss():
    alice = Alice()
    alice.session.typing(GROUP, False, alice.now)
    for _ in range(3):
        alice.session.typing(GROUP, True, alice.now)
    assert actions(alice.frames()) == ["typing"]
    alice.wait(4.5)
    alice.session.typing(GROUP, True, alice.now)
    alice.session.typing(GROUP, False, alice.now)
    assert [frame["typing"] for frame in alice.frames()] == [True, False]
    alice.wait(30.0)
    assert "typing" not in actions(alice.frames())
    alice.session.closed()
    alice.session.typing(GROUP, True, alice.now)
    alice.session.opened(alice.now)
    assert "typing" not in actions(alice.frames())


def test_after_a_message_typing_is_said_again():
    alice = Alice()
    alice.session.typing(CONVERSATION, True, alice.now)
    alice.send("done")
    alice.session.typing(CONVERSATION, True, alice.now)
    assert actions(alice.frames()) == ["typing", "send", "typing"]


def test_who_is_online_is_asked_again_when_it_is_believed_no_longer():
    """Their line may have been lost without a word.  Never more often than every half minute."""
    alice = Alice()
    believed = {"user": "bob", "online": True, "until": 100_000}
    alice.model.refuse = lambda action: (
        {"type": "presence", "users": [believed], "at": 40_000} if action["action"] == "presence.watch" else None
    )
    ask(alice, "presence.watch", users=["bob"])
    alice.answer(*alice.frames())
    alice.wait(59.0)
    assert alice.frames() == []
    believed["until"] = 41_000
    alice.wait(1.5)
    asked = alice.frames()
    assert actions(asked) == ["presence.watch"]
    alice.answer(*asked)
    alice.wait(28.0)
    assert alice.frames() == []
    believed |= {"online": False}
    alice.wait(2.5)
    asked = alice.frames()
    assert actions(asked) == ["presence.watch"]
    alice.answer(*asked)
    assert [each.online for each in alice.events()] == [True, False]
    alice.wait(100.0)
    assert alice.frames() == []
    back = {"kind": "presence", "user": "bob", "online": True, "at": 50_000, "until": 90_000}
    alice.session.received(live(back), alice.now)
    assert alice.session.deadline is not None
    assert alice.session.deadline <= alice.now + 40.0


def test_a_query_that_nobody_waits_for_is_not_sent_again():
    """An app that asks, gives up and asks again all night must not send the whole night's questions in the morning."""
    alice = Alice()
    given_up = ask(alice, "timeline.home")
    alice.frames()
    alice.session.withdraw(given_up)
    alice.wait(60.0)
    alice.session.closed()
    for _ in range(3):
        alice.session.withdraw(ask(alice, "timeline.home"))
    ask(alice, "conversations")
    alice.session.opened(alice.now)
    assert actions(alice.frames()) == ["conversations", "sync"]


def test_a_frame_of_several_actions_that_a_program_made_itself_has_one_reply():
    alice = Alice()
    sends = [{"action": "send", "id": text, "client_id": text, "to": "bob", "text": text} for text in ("one", "two")]
    request = ask(alice, "batch", actions=sends)
    alice.answer(*alice.frames())
    assert alice.session.take_finished() == [request]
    assert request.reply is not None
    assert [each["id"] for each in request.reply["results"]] == ["one", "two"]


def test_receipts_go_out_in_the_smallest_frames_too():
    alice = Alice()
    for _ in range(6):
        alice.session.closed()
        alice.session.too_large()
        alice.session.opened(alice.now)
        alice.answer(*alice.frames())
    alice.say(live(message(5, "m5")))
    alice.wait(0.2)
    assert actions(alice.frames()) == ["ack"]
