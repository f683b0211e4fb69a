"""What is refused to whom, writing nothing; and that what was done is done once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.groups.rig import EVERYBODY, Rig
from tidings.domain.errors import Conflict, Forbidden, NotFound
from tidings.domain.groups import Role
from tidings.services.groups import Changed

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
NOBODYS = "g#" + "a" * 16


@pytest.fixture
def rig() -> Rig:
    return Rig(*EVERYBODY)


Act = Callable[[Rig, str, str], object]
ACTS: dict[str, Act] = {
    "update": lambda rig, by, chat: rig.actions.update(rig.caller(by), rig.id(), chat, (("title", "X"),)),
    "add": lambda rig, by, chat: rig.add(by, chat, "dan"),
    "remove": lambda rig, by, chat: rig.remove(by, chat, "bob"),
    "leave": lambda rig, by, chat: rig.leave(by, chat),
    "role": lambda rig, by, chat: rig.role(by, chat, "bob", ADMIN),
    "info": lambda rig, by, chat: rig.views.info(rig.caller(by), chat),
    "members": lambda rig, by, chat: rig.views.members(rig.caller(by), chat, None, 10),
}


class TestRefusals:
    @pytest.mark.parametrize("act", ACTS)
    def test_nobody_from_outside(self, rig: Rig, act: str) -> None:
        chat = rig.create("ann", "bob")
        before = len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat)
        with pytest.raises(NotFound):
            ACTS[act](rig, "cid", chat)
        with pytest.raises(NotFound):
            ACTS[act](rig, "ann", NOBODYS)
        assert before == (len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat))

    @pytest.mark.parametrize("act", ACTS)
    @pytest.mark.parametrize("role", [ADMIN, MEMBER])
    def test_nobody_who_was_removed(self, rig: Rig, act: str, role: Role) -> None:
        chat = rig.create("ann", "bob", "cid", who_adds="members")
        rig.role("ann", chat, "cid", role)
        rig.remove("ann", chat, "cid")
        before = len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat)
        with pytest.raises(Forbidden):
            ACTS[act](rig, "cid", chat)
        assert before == (len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat))

    @pytest.mark.parametrize("act", ["update", "add", "remove", "role"])
    def test_no_plain_member_where_an_admin_is_needed(self, rig: Rig, act: str) -> None:
        chat = rig.create("ann", "bob", "cid")
        before = len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat)
        with pytest.raises(Forbidden):
            ACTS[act](rig, "cid", chat)
        assert before == (len(rig.world.log.entries), len(rig.world.outbox.entries), rig.roles(chat))

    @pytest.mark.parametrize("act", ACTS)
    def test_an_admin_may_all_of_it(self, rig: Rig, act: str) -> None:
        chat = rig.create("ann", "bob", "cid")
        rig.role("ann", chat, "cid", ADMIN)
        ACTS[act](rig, "cid", chat)

    def test_members_may_add_where_the_group_says_so(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob", who_adds="members")
        rig.add("bob", chat, "cid")
        assert "cid" in rig.roles(chat)


class TestOnce:
    def resent(self, rig: Rig, act: Callable[[str], Changed], after_ms: int) -> tuple[Changed, Changed]:
        """The same request twice, `after_ms` apart."""
        first = act("again")
        rig.clock.advance(after_ms)
        rig.build()
        return first, act("again")

    @pytest.mark.parametrize("after_ms", [0, 60_000, 86_400_000])
    @pytest.mark.parametrize("act", ["create", "update", "add", "add nobody", "remove", "leave", "leave owner", "role"])
    def test_a_resend_changes_nothing(self, rig: Rig, act: str, after_ms: int) -> None:
        chat = rig.create("ann", "bob")
        title = (("title", "Ours"),)
        acts: dict[str, Callable[[str], Changed]] = {
            "create": lambda c: rig.actions.create(rig.caller("ann"), c, ["cid"], title),
            "update": lambda c: rig.actions.update(rig.caller("ann"), c, chat, title),
            "add": lambda c: rig.actions.add(rig.caller("ann"), c, chat, ["cid"]),
            "add nobody": lambda c: rig.actions.add(rig.caller("ann"), c, chat, ["bob"]),
            "remove": lambda c: rig.actions.remove(rig.caller("ann"), c, chat, "bob"),
            "leave": lambda c: rig.actions.leave(rig.caller("bob"), c, chat),
            "leave owner": lambda c: rig.actions.leave(rig.caller("ann"), c, chat),
            "role": lambda c: rig.actions.role(rig.caller("ann"), c, chat, "bob", OWNER),
        }
        first, second = self.resent(rig, acts[act], after_ms)
        assert first == second
        changed = first.conversation_id
        assert len([event for event in rig.told(changed) if event.client_id == "again"]) == (act != "add nobody")

    def test_an_old_request_does_not_come_true_later(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.actions.add(rig.caller("ann"), "again", chat, ["bob"])
        rig.leave("bob", chat)
        rig.clock.advance(60_000)
        assert rig.actions.add(rig.caller("ann"), "again", chat, ["bob"]).not_added == ("bob",)
        assert rig.roles(chat) == {"ann": OWNER}

    def test_other_content_is_a_conflict(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob")
        rig.actions.add(rig.caller("ann"), "again", chat, ["cid"])
        with pytest.raises(Conflict):
            rig.actions.add(rig.caller("ann"), "again", chat, ["dan"])
        assert "dan" not in rig.roles(chat)

    def test_a_removed_admins_resend_is_answered_and_a_new_request_is_not(self, rig: Rig) -> None:
        chat = rig.create("ann", "bob", "cid")
        rig.role("ann", chat, "bob", ADMIN)
        done = rig.actions.remove(rig.caller("bob"), "again", chat, "cid")
        rig.remove("ann", chat, "bob")
        assert rig.actions.remove(rig.caller("bob"), "again", chat, "cid") == done
        with pytest.raises(Forbidden):
            rig.actions.remove(rig.caller("bob"), "other", chat, "cid")
