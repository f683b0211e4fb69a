"""The sweep kind: who can have a copy, and under which arrivals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.fanout.rig import GROUP
from tests.unit.life.rig import PAIR, Rig
from tidings.domain.events import Path, Unsend
from tidings.ports.streams import Logged
from tidings.services.edit import EditMessage
from tidings.services.facts import Sent
from tidings.services.fanout.jobs import PlanJob
from tidings.services.fanout.kinds import Subject, Wanted
from tidings.services.fanout.sweep import DeleteCopies, Holders, sweep_rule
from tidings.services.send import SendMessage
from tidings.services.unsend import UnsendMessage


@pytest.fixture
def rig() -> Rig:
    return Rig()


def holders(rig: Rig, chat: str, at: str) -> list[str]:
    audience, subject = Holders(rig.log, rig.crowd), Subject(chat, at)
    return sorted([*audience.first(subject), *(name for _, name in audience.members(subject, 0, None))])


def unsent(rig: Rig, chat: str = GROUP, *, edits: int = 0) -> Sent:
    """A message of ann's that is edited so often and taken back."""
    sent = rig.request("ann", SendMessage("c", None, "the text", chat))
    for number in range(edits):
        rig.request("ann", EditMessage(f"e{number}", chat, sent.position, f"edit {number}"))
    rig.request("ann", UnsendMessage("u", chat, sent.position))
    return sent


@pytest.mark.parametrize("path", list(Path))
def test_a_new_unsend_asks_for_two_sweeps_whatever_its_path(rig: Rig, path: Path) -> None:
    sent = unsent(rig)
    (entry,) = [each for each in rig.log.entries.values() if isinstance(each.event, Unsend)]
    entry = replace(entry, path=path)
    wanted = Wanted(PlanJob("sweep", GROUP, sent.position), again=True)
    assert list(sweep_rule(Logged(GROUP, entry, fresh=True))) == [wanted]
    assert list(sweep_rule(Logged(GROUP, entry, fresh=False))) == []
    message = rig.log.entries[GROUP, sent.position]
    assert list(sweep_rule(Logged(GROUP, message, fresh=True))) == []


@pytest.mark.parametrize("chat", [GROUP, PAIR])
def test_both_of_a_pair_and_the_members_who_received_it(rig: Rig, chat: str) -> None:
    rig.clock.advance(60_000)
    rig.leave("cid")
    rig.clock.advance(60_000)
    sent = unsent(rig, chat)
    rig.join("dan")
    assert holders(rig, chat, sent.position) == ["ann", "bob"]


def test_of_a_pulled_message_those_whom_it_mentions(rig: Rig) -> None:
    sent = unsent(rig)
    key = (GROUP, sent.position)
    rig.log.entries[key] = replace(rig.log.entries[key], path=Path.PULL, mentions=("cid", "bob"))
    assert holders(rig, *key) == ["bob", "cid"]
    audience = Holders(rig.log, rig.crowd)
    assert list(audience.members(Subject(*key), 0, "bob")) == [(0, "cid")]


def test_of_a_pulled_message_with_a_pushed_edit_all(rig: Rig) -> None:
    sent = unsent(rig, edits=1)
    key = (GROUP, sent.position)
    rig.log.entries[key] = replace(rig.log.entries[key], path=Path.PULL)
    rig.log.entries[GROUP, rig.log.entries[key].edits[0]]
    assert holders(rig, *key) == ["ann", "bob", "cid"]


def test_what_is_alive_is_not_swept(rig: Rig) -> None:
    sent = rig.request("ann", SendMessage("c", None, "the text", PAIR))
    assert DeleteCopies(rig.log, rig.mailboxes).prepare(Subject(PAIR, sent.position)) is None
    assert DeleteCopies(rig.log, rig.mailboxes).prepare(Subject(PAIR, sent.position[:-1] + "9")) is None


@pytest.mark.parametrize("chat", [GROUP, PAIR])
def test_a_sweep_takes_late_arrivals_and_edits_and_leaves_the_rest(rig: Rig, chat: str) -> None:
    kept = rig.request("ann", SendMessage("k", None, "kept", chat))
    sent = rig.request("ann", SendMessage("c", None, "the text", chat))
    edit = rig.request("ann", EditMessage("e", chat, sent.position, "edited"))
    rig.settle()
    for owner in ("ann", "bob"):
        for at in (sent.position, edit.position):
            del rig.mailboxes.boxes[owner][at]
    rig.clock.advance(60_000)
    rig.request("ann", SendMessage("c", None, "the text", chat))
    rig.request("ann", EditMessage("e", chat, sent.position, "edited"))
    if chat == PAIR:
        assert len(rig.texts(chat, sent.position)) == 4
    unsend = rig.request("ann", UnsendMessage("u", chat, sent.position))
    rig.settle()
    assert rig.texts(chat, sent.position) == []
    assert set(rig.arrivals("bob")) == {kept.position, unsend.position}
