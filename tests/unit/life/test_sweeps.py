"""Whatever order late writers, resends, chunk jobs and sweeps run in: no mailbox keeps what was unsent, and each reader
ends with the text that the log has."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fanout.rig import GROUP
from tests.unit.life.chaos import Chaos, OneMessage
from tests.unit.life.rig import NAMES
from tidings.domain.events import Edit, Message, Unsend

seeds = st.integers(0, 2**32)


def check(chaos: Chaos) -> None:
    """The promises."""
    rig = chaos.rig
    unsends = [entry.event for entry in rig.log.entries.values() if isinstance(entry.event, Unsend)]
    gone = {(event.conversation_id, event.target) for event in unsends}
    for (chat, at), entry in rig.log.entries.items():
        readers = NAMES if chat == GROUP else NAMES[:2]
        if (chat, at) in gone:
            assert entry.event is None
            assert rig.texts(chat, at) == []
            assert not [each for each in entry.edits if isinstance(rig.log.entries[chat, each].event, Edit)]
        elif isinstance(entry.event, Message):
            assert {rig.shown(reader, chat, at) for reader in readers} == {entry.event.text}
        else:
            assert entry.event is not None or entry.client_id == "" or entry.unsent == "", "a tombstone without a word"
    for event in unsends:
        for reader in NAMES if event.conversation_id == GROUP else NAMES[:2]:
            assert event.position in [each.position for each in rig.mailboxes.boxes[reader].values()]
    assert set(chaos.refused.values()) <= {"not_found"}


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_many_messages(seed: int) -> None:
    chaos = Chaos(Random(seed))
    chaos.run(60)
    chaos.settle()
    check(chaos)


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_one_message_with_dying_workers_and_slow_writes(seed: int) -> None:
    chaos = OneMessage(Random(seed))
    chaos.run(50)
    chaos.settle()
    check(chaos)
