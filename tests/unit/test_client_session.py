"""The sans-I/O session: what it sends, and when it sends it again."""

import base64
import json
import random

import pytest

from client.errors import Closed, RequestError
from client.lanes import Request
from client.session import Session
from client.tokens import expiry
from tests.unit.client_alice import Alice
from tests.unit.client_rig import BASE, Model, error


def test_one_frame_in_flight_and_what_gathers_behind_it_travels_as_one_batch():
    alice = Alice()
    first, *rest = [alice.send(text) for text in ("one", "two", "three")]
    (frame,) = alice.frames()
    assert frame["action"] == "send"
    assert frame["text"] == "one"
    alice.answer(frame)
    (batch,) = alice.frames()
    assert batch["action"] == "batch"
    assert [each["text"] for each in batch["actions"]] == ["two", "three"]
    alice.answer(batch)
    assert alice.session.take_finished() == [first, *rest]
    assert alice.frames() == []
    assert alice.session.pending == 0


def test_a_batch_holds_at_most_25_actions_and_32_kilobytes():
    alice = Alice()
    for n in range(30):
        alice.send(f"{n}")
    alice.answer(*alice.frames())
    (batch,) = alice.frames()
    assert len(batch["actions"]) == 25
    alice.answer(batch)
    alice.answer(*alice.frames())
    for n in range(8):
        alice.send(f"{n} " + "ü" * 4_090)
    alice.answer(*alice.frames())
    sizes = []
    while frames := alice.session.take_frames():
        sizes += [len(text.encode()) for text in frames]
        for text in frames:
            alice.say(alice.model.answer("alice", text))
    assert max(sizes) <= 32 * 1024
    assert len(sizes) == 3
    assert [text[:2] for _, _, text in alice.model.log[-8:]] == [f"{n} " for n in range(8)]


def test_what_can_never_be_sent_fails_at_once_and_blocks_nothing():
    alice = Alice()
    for text in ("x" * 40_000, "half \ud800 a character"):
        with pytest.raises(RequestError) as refused:
            alice.send(text)
        assert refused.value.code == "invalid_request"
    alice.send("fine")
    assert [frame["text"] for frame in alice.frames()] == ["fine"]


def test_an_unanswered_frame_is_sent_again_as_it_was_and_a_second_reply_is_ignored():
    alice = Alice()
    request = alice.send("hello")
    (text,) = alice.session.take_frames()
    alice.wait(4.9)
    assert alice.session.take_frames() == []
    alice.wait(1.2)
    assert alice.session.take_frames() == [text]
    reply = alice.model.answer("alice", text)
    alice.say(reply)
    alice.say(reply)
    assert alice.session.take_finished() == [request]
    assert request.reply is not None


def test_retry_after_is_obeyed_and_order_kept():
    alice = Alice()
    first, second = alice.send("one"), alice.send("two")
    (frame,) = alice.frames()
    alice.say(error(frame["id"], "retry_later", True, after=3_000))
    alice.wait(2.9)
    assert alice.frames() == []
    alice.wait(0.7)
    (again,) = alice.frames()
    assert again == frame
    alice.answer(again)
    alice.answer(*alice.frames())
    assert alice.session.take_finished() == [first, second]


def test_a_frame_that_fails_again_and_again_is_mentioned_once(caplog: pytest.LogCaptureFixture):
    """It may pass, so nobody is told that it failed; but who waits may wonder."""
    alice = Alice()
    alice.send("secret")
    for _ in range(8):
        for frame in alice.frames():
            alice.say(error(frame["id"], "unavailable", True))
        alice.wait(25.0)
    assert [record.getMessage() for record in caplog.records] == ["still trying: send (unavailable)"]


def test_in_a_batch_what_was_not_done_is_tried_again_in_order_and_what_failed_for_good_is_told():
    alice = Alice()
    requests = [alice.send(text) for text in ("zero", "good", "bad", "later", "last")]
    alice.answer(*alice.frames())
    answers = {"bad": error(None, "unknown_user"), "later": error(None, "unavailable", True)}
    alice.model.refuse = lambda action: answers.get(action.get("text", ""))
    (batch,) = alice.frames()
    alice.answer(batch)
    assert alice.session.take_finished() == requests[:3]
    assert isinstance(requests[2].error, RequestError)
    assert requests[2].error.code == "unknown_user"
    del answers["later"]
    assert alice.frames() == []
    alice.wait(1.0)
    (again,) = alice.frames()
    assert [each["text"] for each in again["actions"]] == ["later", "last"]
    alice.answer(again)
    assert alice.session.take_finished() == requests[3:]


def test_a_batch_refused_as_a_whole_is_sent_piece_by_piece():
    alice = Alice()
    requests = [alice.send(text) for text in ("zero", "good", "", "fine")]
    alice.answer(*alice.frames())
    alice.model.refuse = lambda action: error(None, "invalid_request") if action.get("text") == "" else None
    (batch,) = alice.frames()
    alice.say(error(batch["id"], "invalid_request"))
    for _ in range(3):
        (single,) = alice.frames()
        assert single["action"] == "send"
        alice.answer(single)
    assert [request.error is None for request in requests] == [True, True, False, True]


def test_a_lost_connection_is_followed_by_the_same_frame_and_a_sync_from_the_kept_cursor():
    alice = Alice()
    alice.send("hello")
    (frame,) = alice.frames()
    alice.session.closed()
    assert alice.session.deadline is None
    alice.send("meanwhile")
    alice.session.opened(alice.now)
    again, sync = alice.frames()
    assert again == frame
    assert sync["action"] == "sync"
    assert sync["cursor"] == alice.session.inbox.cursor


def test_who_we_are_is_asked_once_and_sends_wait_for_it():
    session = Session(rng=random.Random(1))
    session.submit(Request("send", {"client_id": "a", "to": "bob", "text": "hi"}), 0.0)
    session.opened(0.0)
    (whoami,) = (json.loads(text) for text in session.take_frames())
    assert whoami["action"] == "whoami"
    session.received(json.dumps(Model().answer("alice", json.dumps(whoami))), 0.0)
    assert sorted(json.loads(text)["action"] for text in session.take_frames()) == ["send", "sync"]
    session.closed()
    session.opened(1.0)
    assert "whoami" not in {json.loads(text)["action"] for text in session.take_frames()}


def test_posts_follows_and_queries_do_not_wait_for_messages():
    alice = Alice()
    for action, fields in (
        ("send", {"client_id": "a", "to": "bob", "text": "hi"}),
        ("post", {"client_id": "b", "text": "first"}),
        ("post", {"client_id": "c", "text": "second"}),
        ("follow", {"client_id": "d", "user": "bob"}),
        ("timeline.home", {}),
    ):
        alice.session.submit(Request(action, fields), alice.now)
    frames = alice.frames()
    assert [frame["action"] for frame in frames] == ["send", "post", "follow", "timeline.home"]
    alice.answer(*frames)
    assert [frame["text"] for frame in alice.frames()] == ["second"]


def test_the_gateways_own_errors_name_no_frame_so_all_are_sent_again_soon():
    alice = Alice()
    alice.send("hello")
    (frame,) = alice.frames()
    alice.say({"message": "Internal server error", "connectionId": "c", "requestId": "r"})
    alice.wait(0.6)
    assert alice.frames() == [frame]


def test_the_end_of_a_token_asks_for_another_connection_by_the_servers_clock():
    alice = Alice()
    alice.session.closed()
    alice.session.opened(alice.now, BASE // 1_000 + 60)
    assert alice.session.reconnect is None
    sync = next(frame for frame in alice.frames() if frame["action"] == "sync")
    alice.say({"type": "sync", "id": sync["id"], "events": [], "cursor": "c", "at": BASE})
    assert alice.session.deadline is not None
    assert alice.session.deadline <= alice.now + 61
    alice.wait(60.5)
    assert alice.session.reconnect is None
    alice.wait(0.5)
    assert alice.session.reconnect == "token"
    alice.session.closed()
    alice.session.opened(alice.now)
    alice.wait(1)
    assert alice.session.reconnect is None


def test_the_expiry_of_a_token():
    def token(claims: object) -> str:
        return "e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".sig"

    assert expiry(token({"exp": 1_795_446_000.9, "sub": "ü"})) == 1_795_446_000
    for odd in (token({}), token([]), token({"exp": None}), token({"exp": "soon"}), "alice-1", "a.b.c", "a.\xff.c", ""):
        assert expiry(odd) is None


def test_an_expired_token_asks_for_another_connection_and_loses_nothing():
    alice = Alice()
    alice.send("hello")
    (frame,) = alice.frames()
    alice.say(error(frame["id"], "token_expired"))
    assert alice.session.reconnect == "token"
    alice.session.closed()
    alice.session.opened(alice.now)
    assert alice.session.reconnect is None
    assert frame in alice.frames()


def test_a_connection_that_owes_replies_and_is_silent_is_given_up():
    alice = Alice()
    alice.send("hello")
    for _ in range(40):
        alice.wait(1.0)
    assert alice.session.reconnect == "silent"


def test_a_server_that_asks_to_wait_is_not_silent():
    alice = Alice()
    alice.send("hello")
    for _ in range(5):
        (frame,) = alice.frames()
        alice.say(error(frame["id"], "rate_limited", True, after=20_000))
        alice.wait(19.9)
        assert alice.frames() == []
        alice.wait(2.2)
        assert alice.session.reconnect is None


def test_what_the_server_wants_later_is_sent_later_whatever_happens_meanwhile():
    alice = Alice()
    alice.send("hello")
    (frame,) = alice.frames()
    alice.say(error(frame["id"], "rate_limited", True, after=9_000))
    alice.say({"message": "Internal server error"})
    alice.wait(2.0)
    alice.session.closed()
    alice.session.opened(alice.now)
    alice.answer(*alice.frames())
    alice.wait(6.9)
    assert alice.model.log == []
    alice.wait(1.1)
    assert alice.frames() == [frame]
    alice.wait(7.0)
    assert frame in alice.frames(), "now it is owed a reply again"


def test_1009_halves_the_frames_and_fails_a_single_action():
    alice = Alice()
    requests = [alice.send(f"{n} " + "x" * 4_000) for n in range(6)]
    alice.answer(*alice.frames())
    (batch,) = alice.frames()
    assert len(batch["actions"]) == 5
    alice.session.closed()
    alice.session.too_large()
    alice.session.opened(alice.now)
    frames = alice.frames()
    assert max(len(json.dumps(frame)) for frame in frames) <= 16 * 1024
    alice.answer(*frames)
    alice.answer(*alice.frames())
    assert all(request.reply is not None for request in requests)
    lonely = alice.send("y" * 4_096)
    alice.frames()
    alice.session.closed()
    alice.session.too_large()
    assert isinstance(lonely.error, RequestError)


def test_a_withdrawn_request_leaves_the_queue_and_the_end_tells_everybody():
    alice = Alice()
    first, second, third = (alice.send(text) for text in ("one", "two", "three"))
    alice.session.withdraw(second)
    sync = Request("sync", {})
    alice.session.submit(sync, alice.now)
    alice.session.shut()
    assert {id(each) for each in alice.session.take_finished()} == {id(first), id(third), id(sync)}
    assert all(isinstance(each.error, Closed) for each in (first, third, sync))
    assert second.error is None
