"""What the history of a group shows to whom: from stay to stay, or everything where the group says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.groups.party import C, Party
from tidings.domain.errors import NotFound
from tidings.domain.events import GroupChange, LogEntry, Message
from tidings.domain.position import ms_of
from tidings.services.send import SendMessage


def said_in(party: Party) -> dict[str, str]:
    """Where each text stands."""
    entries = party.world.log.entries
    return {entry.event.text: at for (_, at), entry in entries.items() if isinstance(entry.event, Message)}


@pytest.fixture
def party() -> Iterator[Party]:
    yield Party()


class TestHistory:
    def scene(self, party: Party, history: str) -> str:
        """bob is there, goes, and comes back; something is said each time."""
        chat = party.groups.create("ann", "cid", history=history)
        party.send("ann", chat, "before")
        party.groups.add("ann", chat, "bob")
        party.send("ann", chat, "first stay")
        party.groups.leave("bob", chat)
        party.clock.advance(C + 1)
        party.send("ann", chat, "away")
        party.groups.add("ann", chat, "bob")
        party.send("ann", chat, "second stay")
        return chat

    @pytest.mark.parametrize("limit", [1, 2, 100])
    def test_from_the_join_on(self, party: Party, limit: int) -> None:
        chat = self.scene(party, "join")
        assert party.history("bob", chat, limit) == ["added", "first stay", "left", "added", "second stay"]

    @pytest.mark.parametrize("limit", [1, 2, 100])
    def test_what_was_said_meanwhile_is_not_read(
        self, party: Party, limit: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long somebody was away: a page begins where they were there."""
        chat, page = self.scene(party, "join"), party.world.log.page
        said = said_in(party)
        looks: list[tuple[str, str]] = []

        def spied(where: str, before: str, *args: Any, after: str, **more: Any) -> tuple[list[LogEntry], str | None]:
            looks.append((after, before))
            return page(where, before, *args, after=after, **more)

        monkeypatch.setattr(party.world.log, "page", spied)
        assert len(party.history("bob", chat, limit)) == 5
        assert looks
        assert not any(after < said[text] < before for text in ("away", "before") for after, before in looks)

    def test_a_page_between_two_stays_goes_on_with_the_earlier_one(self, party: Party) -> None:
        chat = self.scene(party, "join")
        said = said_in(party)
        page = party.rig.histories.page(party.rig.caller("bob"), chat, said["away"], 2)
        assert [getattr(event, "text", "") for event in page.events] == ["", "first stay"]
        page = party.rig.histories.page(party.rig.caller("bob"), chat, said["before"], 2)
        assert (page.events, page.before) == ((), None)

    def test_who_comes_back_before_the_removal_holds_has_one_stay(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        party.groups.remove("ann", chat, "bob")
        party.groups.add("ann", chat, "bob")
        party.send("ann", chat, "hello")
        assert party.history("bob", chat, 1) == ["created", "removed", "added", "hello"]

    def test_everything_where_the_group_says_so(self, party: Party) -> None:
        chat = self.scene(party, "all")
        assert party.history("bob", chat) == party.history("ann", chat)
        assert party.history("bob", chat)[:2] == ["created", "before"]

    @pytest.mark.parametrize("history", ["join", "all"])
    def test_who_has_left_keeps_what_they_had(self, party: Party, history: str) -> None:
        chat = self.scene(party, history)
        before = party.history("bob", chat)
        party.groups.remove("ann", chat, "bob")
        party.clock.advance(C + 1)
        party.send("ann", chat, "gone")
        assert party.history("bob", chat) == [*before, "removed"]

    def test_nothing_for_strangers(self, party: Party) -> None:
        chat = self.scene(party, "all")
        with pytest.raises(NotFound):
            party.history("dan", chat)

    def test_no_replies_to_what_one_cannot_see(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        sent = party.send("ann", chat)
        party.groups.add("ann", chat, "cid")
        with pytest.raises(NotFound):
            party.command("cid", SendMessage("r-1", None, "what?", chat, reply_to=sent.position))
        party.command("bob", SendMessage("r-2", None, "what?", chat, reply_to=sent.position))

    def test_changes_are_told_in_the_log_in_their_order(self, party: Party) -> None:
        chat = self.scene(party, "all")
        events = [event for event in party.groups.told(chat) if isinstance(event, GroupChange)]
        assert [ms_of(event.position) for event in events] == sorted(ms_of(event.position) for event in events)
