"""Replies answer something that is there, mentions name somebody who is there; a resend is not judged again."""

from __future__ import annotations

import pytest

from tests.unit.messaging.rig import Rig
from tidings.domain.errors import InvalidRequest, NotFound
from tidings.domain.events import LogEntry
from tidings.services.facts import Sent
from tidings.services.send import SendMessage

F, T = 15_000, 30_000


def say(rig: Rig, text: str = "re", client_id: str = "c-2", reply_to: str | None = None, *mentions: str) -> Sent:
    command = SendMessage(client_id, None, text, "dm#ann#bob", reply_to, mentions)
    return rig.messaging.one(rig.caller("bob"), command, Sent)


def test_a_reply_and_a_mention_travel_with_the_message(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    rig.clock.advance(1)
    say(rig, "re", "c-2", sent.position, "ann")
    (reply,) = rig.messages("ann")
    assert (reply.reply_to, reply.mentions) == (sent.position, ("ann",))
    shown = rig.history("bob", sent).events[0]
    assert shown == reply.arriving("")


def test_an_answer_to_nothing_is_not_sent(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    rig.clock.advance(1)
    reaction = rig.react("ann", sent, "👍")
    rig.clock.advance(1)
    for number, nothing in enumerate((sent.position[:-1] + "9", reaction.position)):
        with pytest.raises(NotFound):
            say(rig, client_id=f"n{number}", reply_to=nothing)
    with pytest.raises(InvalidRequest):
        say(rig, client_id="n-3", reply_to="yesterday")
    rig.unsend("ann", sent)
    with pytest.raises(NotFound):
        say(rig, client_id="n-4", reply_to=sent.position)
    assert rig.messages("ann") == []


def test_a_mention_of_somebody_else_is_not_sent(rig: Rig) -> None:
    rig.person("eve")
    with pytest.raises(InvalidRequest):
        say(rig, "re", "c-2", None, "ann", "eve")
    assert rig.messages("ann") == []
    say(rig, "re", "c-3", None, "ann", "bob")


@pytest.mark.parametrize("later", [1, F, T + 1])
def test_a_resend_is_acked_alike_though_what_it_answers_is_gone(rig: Rig, later: int) -> None:
    sent = rig.send("ann", "bob")
    reply = say(rig, reply_to=sent.position)
    rig.unsend("ann", sent)
    rig.clock.advance(later)
    assert say(rig, reply_to=sent.position) == reply
    assert len(rig.messages("ann")) == 1


def test_what_was_written_a_moment_ago_can_be_answered(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = rig.send("ann", "bob")
    log, strengths = rig.world.log, []

    def lagging(conversation_id: str, position: str, *, strong: bool) -> LogEntry | None:
        strengths.append(strong)
        return type(log).get(log, conversation_id, position, strong=True) if strong else None

    monkeypatch.setattr(log, "get", lagging)
    rig.build()
    say(rig, reply_to=sent.position)
    assert strengths == [False, True]
