"""`conversation.set`: registers by position, once, told to the other devices."""

import pytest

from tests.unit.messaging.party import GROUP, Party
from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, RetryLater
from tidings.domain.events import Setting
from tidings.ports import Membership

F, T = 15_000, 30_000
CHAT = "dm#ann#bob"


@pytest.fixture
def met(rig: Rig) -> Rig:
    """bob has a phone and a laptop, and ann has written to him."""
    rig.person("bob", "phone", "laptop")
    rig.send("ann", "bob")
    rig.clock.advance(1)
    return rig


def row(rig: Rig) -> Membership:
    found = rig.world.memberships.get("bob", CHAT)
    assert found is not None
    return found


def told(rig: Rig) -> list[Setting]:
    return [event for event in rig.box("bob") if isinstance(event, Setting)]


def test_each_setting_is_set_and_told_to_the_other_devices(met: Rig) -> None:
    met.online("bob", "laptop")
    until = met.clock.now() + 3_600_000
    sent = met.set("bob", CHAT, muted_until=until, mentions=False, pinned=True, archived=True)
    assert (row(met).muted_until, row(met).mentions, row(met).pinned, row(met).archived) == (until, False, True, True)
    details = (("archived", "true"), ("mentions", "false"), ("muted_until", str(until)), ("pinned", "true"))
    assert told(met) == [Setting(CHAT, sent.position, details, sent.position)]
    assert met.world.sockets.seen("bob-laptop") == told(met)
    assert met.world.memberships.get("ann", CHAT) == Membership(CHAT, since=row(met).since)


def test_what_is_not_named_stays(met: Rig) -> None:
    met.set("bob", CHAT, pinned=True, client_id="s-1")
    met.clock.advance(1)
    met.set("bob", CHAT, archived=True, client_id="s-2")
    assert (row(met).pinned, row(met).archived) == (True, True)


def test_a_single_device_tells_nobody(met: Rig) -> None:
    met.person("bob", "phone")
    met.set("bob", CHAT, pinned=True)
    assert told(met) == []
    assert row(met).pinned


def test_what_is_not_ones_own_conversation(met: Rig) -> None:
    for chat, error in (("dm#bob#cid", NotFound), ("g#aaaaaaaaaaaaaaaa", NotFound), ("dm#ann#cid", Forbidden)):
        with pytest.raises(error):
            met.set("bob", chat, pinned=True)
    with pytest.raises(InvalidRequest):
        met.set("bob", CHAT)
    assert ("bob", "s-1") not in met.world.outbox.entries


def test_who_has_just_come_into_a_group_is_not_too_fast(rig: Rig) -> None:
    """Their row is made behind the join: whoever is told of that live may be there before it."""
    party = Party(rig, "ann")
    joined = party.join("bob", begun=False)
    rig.set("bob", GROUP, muted_until=9_999_999_999_999)
    standing = rig.world.memberships.get("bob", GROUP)
    assert standing is not None
    assert (standing.muted_until, standing.joined_at) == (9_999_999_999_999, joined)


def test_the_same_client_id_with_other_values_is_a_conflict(met: Rig) -> None:
    met.set("bob", CHAT, pinned=True)
    with pytest.raises(Conflict):
        met.set("bob", CHAT, pinned=False)
    assert row(met).pinned


@pytest.mark.parametrize("later", [0, T + 1])
def test_a_resend_changes_nothing_that_was_set_later(met: Rig, later: int) -> None:
    first = met.set("bob", CHAT, pinned=True, archived=True)
    met.clock.advance(1)
    met.set("bob", CHAT, pinned=False, client_id="s-2")
    met.clock.advance(later)
    assert met.set("bob", CHAT, pinned=True, archived=True) == first
    assert (row(met).pinned, row(met).archived) == (False, True)
    assert _standing(met) == {"pinned": "false", "archived": "true"}


@pytest.mark.parametrize("overtaken", [False, True])
@pytest.mark.parametrize("later", [0, F + 1, T + 1])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_whatever_dies_the_resend_finishes_and_undoes_nothing(edge: str, later: int, overtaken: bool) -> None:
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.person("ann")
        rig.person("bob", "phone", "laptop")
        rig.send("ann", "bob")
        rig.clock.advance(1)
        dying = DieAt(number)
        setattr(rig, edge, dying)
        try:
            rig.set("bob", CHAT, pinned=True, archived=True)
        except Crash:
            pass
        else:
            assert number > 5
            return
        rig.before = rig.after = None
        rig.clock.advance(1)
        if overtaken:
            rig.set("bob", CHAT, pinned=False, client_id="s-2")
        begun = row(rig).archived or not overtaken
        rig.clock.advance(later)
        _until_acked(rig)
        assert row(rig).archived
        assert _standing(rig) == {"pinned": str(row(rig).pinned).lower(), "archived": "true"}
        if begun or later <= F:
            assert row(rig).pinned is not overtaken


def _standing(rig: Rig) -> dict[str, str]:
    """What another device makes of what it was told: each value is a register by position."""
    in_order = sorted(told(rig), key=lambda event: event.position)
    return {name: value for event in in_order for name, value in event.details}


def _until_acked(rig: Rig) -> None:
    while True:
        try:
            rig.set("bob", CHAT, pinned=True, archived=True)
        except RetryLater as error:
            rig.clock.advance(error.retry_after_ms or 1_000)
        else:
            return
