"""`watch`: entered and taken out, for members only."""

from __future__ import annotations

import pytest

from tests.unit.groups import rig as groups
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.identity import CONNECTION_LIFE_MS
from tidings.ports import Watcher
from tidings.services.watch import Watches
from tidings.storage import keys


class Room:
    """A group of ann's and bob's."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.groups = groups.Rig("ann", "bob", "eve", world=self.rig.world)
        self.chat = self.groups.create("ann", "bob")
        self.watchers = self.rig.world.watchers
        self.watches = Watches(self.rig.rooms, self.watchers, keys.watched_conversation, self.rig.clock)

    def set(self, user_id: str, on: bool = True, chat: str = "", device_id: str = "phone") -> None:
        self.watches.set(self.rig.caller(user_id, device_id), chat or self.chat, on)

    def watching(self, later: int = 0, chat: str = "") -> set[Watcher]:
        now = self.rig.clock.now() + later
        pages = self.watchers.of(keys.watched_conversation(chat or self.chat), now)
        return {each for page in pages for each in page}


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_device_watches_until_its_connection_ends_or_it_stops(room: Room) -> None:
    room.set("bob")
    room.set("bob", device_id="laptop")
    assert room.watching() == {Watcher("bob", "phone"), Watcher("bob", "laptop")}
    assert room.watching(CONNECTION_LIFE_MS + 1_000) == set()
    room.set("bob", on=False)
    room.set("bob", on=False)
    assert room.watching() == {Watcher("bob", "laptop")}


def test_nobody_else_may(room: Room) -> None:
    with pytest.raises(NotFound):
        room.set("eve")
    with pytest.raises(NotFound):
        room.set("ann", chat="g#zzzzzzzzzzzzzzzz")
    room.groups.actions.remove(room.groups.caller("ann"), "c-1", room.chat, "bob")
    for on in (True, False):
        with pytest.raises(Forbidden):
            room.set("bob", on=on)
    assert room.watching() == set()


def test_a_conversation_of_two_is_live_anyway(room: Room) -> None:
    room.rig.person("ann", "phone")
    room.rig.person("bob", "phone")
    sent = room.rig.send("ann", "bob")
    room.set("bob", chat=sent.conversation_id)
    with pytest.raises(Forbidden):
        room.set("eve", chat=sent.conversation_id)
    assert room.watching(chat=sent.conversation_id) == set()
