"""What a phone is told: names, texts, badge; mutes, mentions, blocks; what was taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import watched
from tests.unit.connect.rig import AFTER_MS, Rig
from tidings.domain.conversation import direct_id
from tidings.domain.events import Edit, Message, ReceiptKind
from tidings.domain.groups import Group
from tidings.domain.notice import words
from tidings.domain.privacy import Previews, PrivacyChange

GROUP = "g#aaaaaaaaaaaaaaaa"
DM = direct_id("ann", "bob")
FOREVER = 2**42


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.world.groups.create(Group(GROUP, "p", "Family"), made.world.fence())
    for name in ("ann", "cid"):
        made.connections.open(made.caller(name))
    return made


@pytest.fixture
def phone(rig: Rig) -> str:
    return rig.phone("bob")


def previews(rig: Rig, value: Previews) -> None:
    rig.world.users.set_privacy("bob", PrivacyChange(previews=value), rig.position("bob"))


class TestWords:
    def test_a_group_message_says_where_and_who(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.incoming("ann", "bob", "dinner?", group=GROUP)])
        assert rig.shown(phone) == [("Family", "Ann: dinner?")]

    def test_a_burst_in_a_group_shows_the_newest_and_counts(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.incoming(each, "bob", f"from {each}", group=GROUP) for each in ("ann", "cid", "ann")])
        assert rig.shown(phone) == [("Family (3)", "Ann: from ann")]

    def test_being_put_into_a_group(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.added("ann", ("bob",), GROUP)])
        assert rig.shown(phone) == [("Family", "Ann added you")]
        [notification] = rig.world.push.phones[phone]
        assert (notification.count, notification.data["messages"]) == (0, "0")

    def test_a_message_right_after_it_is_what_is_shown(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.added("ann", ("bob",), GROUP), rig.incoming("ann", "bob", "welcome", group=GROUP)])
        assert rig.shown(phone) == [("Family", "Ann: welcome")]

    def test_nobody_knows_the_group_or_the_sender(self, rig: Rig, phone: str) -> None:
        rig.world.groups.all.clear()
        rig.notifier.notify([rig.incoming("ann", "bob", "one", group=GROUP)])
        rig.notifier.notify([rig.incoming("dan", "bob", "two", group=GROUP)])
        rig.notifier.notify([rig.added("dan", ("bob",), GROUP)])
        assert rig.shown(phone) == [("Ann", "one"), ("New message", "two"), ("New group", "You were added")]

    def test_an_edited_message_shows_what_it_says_now(self, rig: Rig, phone: str) -> None:
        incoming = rig.incoming("ann", "bob", "helo", age=AFTER_MS + 100)
        event = incoming.event
        edit = Edit(DM, rig.position("ann"), "ann", "e-1", event.position, "hello")
        rig.world.log.edit(edit, rig.world.fence())
        rig.notifier.notify([incoming])
        assert rig.shown(phone) == [("Ann", "hello")]


class TestPreviews:
    @pytest.mark.parametrize(
        ("value", "direct", "group"),
        [
            (Previews.FULL, ("Ann", "secret"), ("Family", "Ann: secret")),
            (Previews.SENDER, ("Ann", "New message"), ("Family", "Ann: New message")),
            (Previews.NONE, ("New message", ""), ("New message", "")),
        ],
    )
    def test_the_recipients_policy(
        self, value: Previews, direct: tuple[str, str], group: tuple[str, str], rig: Rig, phone: str
    ) -> None:
        previews(rig, value)
        rig.notifier.notify([rig.incoming("ann", "bob", "secret"), rig.incoming("ann", "bob", "secret", group=GROUP)])
        assert rig.shown(phone) == [direct, group]

    def test_none_tells_neither_platform_nor_phone_who_it_is(self, rig: Rig, phone: str) -> None:
        previews(rig, Previews.NONE)
        rig.notifier.notify(
            [rig.incoming("ann", "bob", "secret"), rig.incoming("cid", "bob"), rig.added("ann", ("bob",), GROUP)]
        )
        told = rig.world.push.phones[phone]
        assert [each.title for each in told] == ["New message", "New message", "New group"]
        for each in told:
            assert set(each.data) == {"messages"}
            assert each.thread == each.collapse_key
            assert not any(word in repr(each).lower() for word in ("ann", "cid", "secret", "family", GROUP))
        assert len({each.thread for each in told}) == 3, "conversations stay apart"

    def test_the_senders_own_policy_is_about_their_phone_only(self, rig: Rig, phone: str) -> None:
        rig.world.users.set_privacy("ann", PrivacyChange(previews=Previews.NONE), rig.position("ann"))
        rig.notifier.notify([rig.incoming("ann", "bob", "hi")])
        assert rig.shown(phone) == [("Ann", "hi")]

    def test_several_are_counted_without_a_name(self, rig: Rig, phone: str) -> None:
        previews(rig, Previews.NONE)
        rig.notifier.notify([rig.incoming("ann", "bob"), rig.incoming("ann", "bob")])
        assert rig.shown(phone) == [("2 new messages", "")]

    @given(
        st.sampled_from([Previews.SENDER, Previews.NONE]),
        st.sampled_from([None, "Ann"]),
        st.sampled_from([None, "Family"]),
        st.integers(1, 99),
    )
    def test_no_text_unless_it_is_wanted(
        self, value: Previews, sender: str | None, group: str | None, count: int
    ) -> None:
        shown = words(Message(GROUP, "p", "ann", "c", "<text>"), value, sender, group, count)
        assert "<text>" not in shown.title + shown.body
        assert shown.title
        if value is Previews.NONE:
            assert "Ann" not in shown.title + shown.body
            assert "Family" not in shown.title + shown.body


class TestBadge:
    def told(self, rig: Rig, phone: str) -> list[tuple[str, int | None, int, str]]:
        return [(each.title, each.badge, each.count, each.data["messages"]) for each in rig.world.push.phones[phone]]

    def test_it_is_all_that_is_unread_and_each_notification_counts_its_conversation(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.incoming("ann", "bob"), rig.incoming("ann", "bob"), rig.incoming("cid", "bob")])
        assert self.told(rig, phone) == [("Ann (2)", 3, 2, "2"), ("Cid", 3, 1, "1")]

    def test_it_counts_on_from_batch_to_batch(self, rig: Rig, phone: str) -> None:
        """The second one replaces the first on the phone, so it stands for both."""
        first, second = rig.incoming("ann", "bob"), rig.incoming("ann", "bob")
        rig.notifier.notify([first])
        rig.notifier.notify([second])
        assert self.told(rig, phone)[-1] == ("Ann (2)", 2, 2, "1")

    def test_what_was_read_does_not_count_and_what_was_only_delivered_does(self, rig: Rig, phone: str) -> None:
        read, delivered = rig.incoming("ann", "bob", age=AFTER_MS + 9), rig.incoming("ann", "bob")
        rig.confirm(read, ReceiptKind.READ)
        rig.confirm(delivered)
        late = rig.incoming("ann", "bob", "new")
        rig.notifier.notify([late])
        assert self.told(rig, phone) == [("Ann (2)", 2, 2, "1")]

    def test_muted_and_archived_conversations_do_not_count_but_sound_if_they_must(self, rig: Rig, phone: str) -> None:
        rig.set("bob", GROUP, muted_until=FOREVER)
        rig.set("bob", direct_id("bob", "cid"), archived=True)
        batch = [rig.incoming("ann", "bob", "hey bob", group=GROUP, mentions=("bob",)), rig.incoming("cid", "bob")]
        rig.notifier.notify([*batch, rig.incoming("ann", "bob")])
        assert self.told(rig, phone) == [("Family", 1, 1, "1"), ("Cid", 1, 1, "1"), ("Ann", 1, 1, "1")]

    def test_being_put_into_a_group_is_no_message(self, rig: Rig, phone: str) -> None:
        rig.notifier.notify([rig.added("ann", ("bob",), GROUP)])
        assert self.told(rig, phone) == [("Family", 0, 0, "0")]

    def test_it_is_counted_once_a_batch_and_only_for_who_is_told(self, rig: Rig, phone: str) -> None:
        asked: list[str] = []
        read = rig.incoming("cid", "bob")
        rig.confirm(read)
        batch = [rig.incoming("ann", "bob"), rig.incoming("ann", "bob", group=GROUP), read]
        nobody = rig.incoming("ann", "nobody")
        rig.world.mailboxes = watched(rig.world.mailboxes, before=asked.append)
        rig.restart()
        rig.notifier.notify(batch)
        rig.notifier.notify([nobody])
        assert asked == ["newest"]
