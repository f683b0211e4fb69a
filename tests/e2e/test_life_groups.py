"""A message's life in groups: who may do what, and how an unsend empties everybody's mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import PUSH_MEMBERS, Connect
from tests.e2e.crowds import copies, gathered, path, silent
from tests.e2e.group_steps import LEAVES_MS, ask, do, found, people, tell
from tests.e2e.life_steps import FIELDS, about, change, held, history, shown
from tests.e2e.phone import Phone
from tests.e2e.steps import pause, settle, tail

CROWD = 27
"""More than one batch of mailboxes: by chunks."""


async def test_an_admin_takes_back_what_others_wrote(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob, carol)
    sent = await tell(bob, group, "doomed")
    await change(bob, "edit", sent, text="doomed")
    assert (await carol.ask("unsend", **about(sent)))["code"] == "forbidden"
    assert (await alice.ask("edit", **about(sent, text="mine")))["code"] == "forbidden"
    await control.advance(49 * 3_600_000)
    assert (await bob.ask("unsend", **about(sent)))["code"] == "too_late"
    await change(alice, "unsend", sent)
    await settle(control)
    assert await held(control, "doomed", alice.user, bob.user, carol.user) == []
    for phone in (bob, carol):
        assert "unsend" in tail((await phone.mailbox())[0], "kind")
        assert tail((await history(phone, group))["events"], "kind") == ["group"]


@pytest.mark.parametrize("seen", ["join", "all"])
async def test_whoever_joined_later(seen: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """By the group's setting they see what was said before, or may do nothing with it and hear nothing of it."""
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob, history=seen)
    sent = await tell(alice, group, "before")
    await do(alice, "group.add", conversation=group, members=[carol.user])
    codes = {
        action: (await carol.ask(action, **about(sent, **FIELDS[action]))).get("code") for action in ("react", "hide")
    }
    reply = await ask(carol, "send", conversation=group, text="re", reply_to=sent["position"])
    await change(alice, "edit", sent, text="edited")
    await settle(control)
    told = [event["kind"] for event in (await carol.mailbox())[0] if event.get("target") == sent["position"]]
    if seen == "join":
        assert set(codes.values()) == {reply.get("code")} == {"not_found"}
        assert told == []
    else:
        assert set(codes.values()) == {reply.get("code")} == {None}
        assert "edit" in told
    assert await held(control, "edited", bob.user) != []


async def test_whoever_is_gone_changes_nothing_for_others_and_learns_nothing_new(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob, carol)
    own, others = await tell(bob, group, "mine"), await tell(alice, group, "yours")
    await do(alice, "group.remove", conversation=group, member=bob.user)
    for action in FIELDS.keys() - {"hide"}:
        assert (await bob.ask(action, **about(own, **FIELDS[action])))["code"] == "forbidden"
    await settle(control)
    await control.advance(LEAVES_MS)
    await change(alice, "edit", others, text="what bob shall not know")
    await change(carol, "react", own, emoji="👍")
    await settle(control)
    page = await history(bob, group)
    assert "what bob shall not know" not in str(page)
    assert "reactions" not in page
    assert "what bob shall not know" not in str((await bob.mailbox())[0])
    assert "what bob shall not know" in str(await history(carol, group))


async def crowd(connect: Connect, control: AsyncControlClient, user: Any, size: int) -> tuple[Phone, Phone, str, Any]:
    """Alice, Bob, their group, and everybody in it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    away = await silent(control, [user(f"m{number:03}") for number in range(size - 2)])
    group = await gathered(alice, [bob.user, *away])
    await settle(control)
    return alice, bob, group, (alice.user, bob.user, *away)


async def test_a_larger_group_is_swept_member_by_member(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, group, everybody = await crowd(connect, control, user, CROWD)
    sent, kept = await tell(alice, group, "first"), await tell(bob, group, "kept")
    await settle(control)  # A copy that is written after an edit has the new text.
    await change(alice, "edit", sent, text="second")
    await settle(control)
    for member in everybody:
        assert await copies(control, member) == ["first", "kept", "second"]
    await change(alice, "unsend", sent)
    await settle(control)
    for member in everybody:
        assert await copies(control, member) == ["kept"]
    assert shown((await bob.mailbox())[0]) == {kept["position"]: "kept"}


@pytest.mark.parametrize("stands", ["before it reads", "in flight"])
async def test_an_unsend_beats_a_chunk(stands: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, group, everybody = await crowd(connect, control, user, CROWD)
    operation = {"before it reads": "GetItem", "in flight": "BatchWriteItem"}[stands]
    await control.misbehave(calls=[pause("Work", group, operation, times=None)])
    sent = await tell(alice, group, "doomed")
    await control.stopped(at_least=1)
    await control.misbehave(calls=[])
    await change(alice, "unsend", sent)
    await control.idle()
    await control.release("paused")
    await control.idle()
    landed = [member for member in everybody if "doomed" in await copies(control, member)]
    assert bool(landed) is (stands == "in flight")
    await settle(control)
    for member in everybody:
        assert await copies(control, member) == []
    assert shown((await bob.mailbox())[0]) == {}


async def test_of_a_pulled_message_the_copies_of_those_it_mentions_are_swept(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, group, _ = await crowd(connect, control, user, PUSH_MEMBERS + 1)
    assert await path(control, group) == "pull"
    sent = await tell(alice, group, "doomed", mentions=[bob.user])
    other = await tell(alice, group, "kept")
    edit = await change(alice, "edit", other, text="edited")
    await settle(control)
    assert await copies(control, bob.user) == ["doomed"]
    assert shown((await bob.mailbox())[0]) == {sent["position"]: "doomed", other["position"]: "edited"}
    await change(alice, "unsend", sent)
    await settle(control)
    assert await copies(control, bob.user) == []
    assert shown((await bob.mailbox())[0]) == {other["position"]: "edited"}
    page = await history(bob, group)
    assert [(each["text"], each["edited"]) for each in page["events"] if each["kind"] == "message"] == [
        ("edited", edit["position"])
    ]


async def test_who_has_left_deletes_for_themselves_what_they_received(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """On all their devices, and nothing of what was said later."""
    alice, bob = await people(connect, user, "alice", "bob")
    laptop = await connect(bob.user, "laptop")
    for phone in (bob, laptop):
        await phone.ask("device.register")
    group = await found(alice, bob)
    await tell(alice, group, "kept")
    sent = await tell(alice, group, "hidden")
    await do(bob, "group.leave", conversation=group)
    await control.advance(LEAVES_MS)
    later = await tell(alice, group, "later")
    await change(bob, "hide", sent)
    assert (await bob.ask("hide", **about(later)))["code"] == "not_found"
    await settle(control)
    texts = [event.get("text") for event in (await history(laptop, group))["events"]]
    assert "kept" in texts
    assert not {"hidden", "later"} & set(texts)
    assert [event["target"] for event in laptop.events if event["kind"] == "hidden"] == [sent["position"]]
    assert {"hidden", "kept"} <= {event.get("text") for event in (await history(alice, group))["events"]}
