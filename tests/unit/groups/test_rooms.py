"""Messages of groups: who may write them, how they are delivered, and who gets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.unit.groups.party import MANY, Party
from tests.unit.messaging import rig as messaging
from tidings.domain.errors import Forbidden, NotFound, TidingsError
from tidings.domain.events import Path
from tidings.domain.groups import INLINE_MAILBOXES, Role
from tidings.services.edit import EditMessage
from tidings.services.react import React
from tidings.services.send import SendMessage, Sent


@pytest.fixture
def party() -> Iterator[Party]:
    yield Party()


def everybody_else(users: Sequence[str], but: str) -> list[str]:
    return [user_id for user_id in users if user_id != but]


class TestInline:
    def test_everybody_in_a_small_group_gets_a_copy(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob", "cid")
        sent = party.send("bob", chat)
        assert party.path(sent) is Path.INLINE
        assert party.got("ann", "bob", "cid", "dan") == [["hello"], [], ["hello"], []]
        assert {event.arrival for user in ("ann", "cid") for event in party.rig.messages(user)} == {sent.position}

    def test_the_senders_other_devices_too(self, party: Party) -> None:
        party.rig.person("bob", "phone", "laptop")
        chat = party.groups.create("ann", "bob")
        party.send("bob", chat)
        assert party.got("ann", "bob") == [["hello"], ["hello"]]

    def test_one_query_answers_for_a_whole_batch(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        asked: list[str] = []
        party.rig.before = asked.append
        batch = [SendMessage(f"b-{n}", None, "text", chat) for n in range(5)]
        assert all(isinstance(each, Sent) for each in party.rig.messaging.run(party.rig.caller("ann"), batch))
        assert asked.count("few") == 1
        assert "page" not in asked and "audience" not in asked

    @pytest.mark.parametrize(("size", "path"), [(INLINE_MAILBOXES, Path.INLINE), (INLINE_MAILBOXES + 1, Path.CHUNK)])
    def test_a_batch_write_is_the_bound(self, party: Party, size: int, path: Path) -> None:
        chat = party.groups.create(MANY[0], *MANY[1 : size // 2])
        party.groups.add(MANY[0], chat, *MANY[size // 2 : size])
        assert party.path(party.send(MANY[0], chat)) is path
        delivered = [text for texts in party.got(*MANY[1:size]) for text in texts]
        assert len(delivered) == (size - 1 if path is Path.INLINE else 0)

    def test_who_left_a_moment_ago_counts_among_the_mailboxes(self, party: Party) -> None:
        chat = party.groups.create(MANY[0], *MANY[1 : INLINE_MAILBOXES + 1])
        party.groups.leave(MANY[1], chat)
        assert party.path(party.send(MANY[0], chat)) is Path.CHUNK
        party.clock.advance(60_000)
        assert party.path(party.send(MANY[0], chat)) is Path.INLINE

    @pytest.mark.parametrize(("devices", "alone"), [(("phone",), True), (("phone", "laptop"), False)])
    def test_who_delivers_is_told_whether_the_sender_has_another_device(
        self, party: Party, devices: tuple[str, ...], alone: bool
    ) -> None:
        chat = party.groups.create(MANY[0], *MANY[1 : INLINE_MAILBOXES + 1])
        party.rig.person(MANY[0], *devices)
        sent = party.send(MANY[0], chat)
        assert party.world.log.entries[chat, sent.position].alone is alone

    def test_a_group_that_is_pulled_is_not_pushed(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        party.world.groups.pull(chat)
        party.clock.advance(60_000)
        assert party.path(party.send("ann", chat)) is Path.PULL
        assert party.got("bob") == [[]]


class TestWhoGetsIt:
    def test_nothing_after_the_removal_holds(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob", "cid")
        party.groups.remove("ann", chat, "bob")
        left = party.groups.member(chat, "bob").stays[-1].left
        assert left is not None
        party.send("ann", chat, "during")
        party.clock.ms = left - 1
        party.send("ann", chat, "after")
        assert party.got("bob", "cid") == [["during"], ["during", "after"]]

    def test_who_comes_back_gets_what_comes_then(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        party.groups.leave("bob", chat)
        party.clock.advance(20_000)
        party.send("ann", chat, "between")
        party.groups.add("ann", chat, "bob")
        party.send("ann", chat, "again")
        assert party.got("bob") == [["again"]]

    def test_a_first_try_that_died_is_finished_for_those_of_its_time(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob", "cid")
        party.rig.before = _die_at_put
        with pytest.raises(messaging.Crash):
            party.send("ann", chat, "early", "again")
        party.rig.before = None
        party.clock.advance(20_000)
        party.groups.remove("ann", chat, "cid")
        party.groups.add("ann", chat, "dan")
        party.clock.advance(60_000)
        party.send("ann", chat, "early", "again")
        assert party.got("bob", "cid", "dan") == [["early"], ["early"], []]

    def test_so_it_is_when_the_group_has_grown_meanwhile(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        party.rig.before = _die_at_put
        with pytest.raises(messaging.Crash):
            party.send("ann", chat, "early", "again")
        party.rig.before = None
        party.groups.add("ann", chat, *MANY)
        party.clock.advance(60_000)
        party.send("ann", chat, "early", "again")
        assert party.got("bob", *MANY[:2]) == [["early"], [], []]

    def test_what_is_about_a_message_is_for_those_who_see_it(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        sent = party.send("ann", chat)
        party.groups.add("ann", chat, "cid")
        party.clock.advance(1)
        party.command("ann", EditMessage("e-1", chat, sent.position, "better"))
        kinds = {user: [type(event).__name__ for event in party.rig.box(user)] for user in ("bob", "cid")}
        assert kinds == {"bob": ["Message", "Edit"], "cid": []}


def _die_at_put(name: str) -> None:
    if name == "put":
        raise messaging.Crash


class TestWhoMay:
    def refused(self, party: Party, by: str, chat: str) -> TidingsError:
        before = len(party.world.log.entries), len(party.world.outbox.entries)
        with pytest.raises(TidingsError) as refusal:
            party.send(by, chat)
        assert before == (len(party.world.log.entries), len(party.world.outbox.entries))
        return refusal.value

    def test_nobody_from_outside(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        assert isinstance(self.refused(party, "cid", chat), NotFound)
        assert isinstance(self.refused(party, "cid", "g#" + "a" * 16), NotFound)

    @pytest.mark.parametrize("size", [2, INLINE_MAILBOXES + 3])
    def test_nobody_who_was_removed_at_once(self, party: Party, size: int) -> None:
        chat = party.groups.create("ann", "bob", *MANY[: size - 2])
        party.send("bob", chat)
        party.groups.remove("ann", chat, "bob")
        assert isinstance(self.refused(party, "bob", chat), Forbidden)

    def test_only_admins_where_the_group_says_so(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob", "cid", who_posts="admins")
        party.groups.role("ann", chat, "cid", Role.ADMIN)
        assert isinstance(self.refused(party, "bob", chat), Forbidden)
        party.send("ann", chat)
        sent = party.send("cid", chat)
        party.command("bob", React("r-1", chat, sent.position, "👍"))

    def test_a_setting_shows_within_seconds(self, party: Party) -> None:
        chat = party.groups.create("ann", "bob")
        party.send("bob", chat)
        party.groups.actions.update(party.rig.caller("ann"), "u-1", chat, (("who_posts", "admins"),))
        party.clock.advance(3_000)
        assert isinstance(self.refused(party, "bob", chat), Forbidden)

    @pytest.mark.parametrize("size", [2, INLINE_MAILBOXES + 3])
    def test_mentions_are_members(self, party: Party, size: int) -> None:
        chat = party.groups.create("ann", "bob", *MANY[: size - 2])
        party.command("ann", SendMessage("m-1", None, "@bob", chat, mentions=("bob",)))
        with pytest.raises(TidingsError):
            party.command("ann", SendMessage("m-2", None, "@cid", chat, mentions=("cid",)))
        party.groups.remove("ann", chat, "bob")
        with pytest.raises(TidingsError):
            party.command("ann", SendMessage("m-3", None, "@bob", chat, mentions=("bob",)))
