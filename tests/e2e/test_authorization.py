"""The authorization matrix: every action × everybody who may not.  `docs/authorization.md` is made from it.

`TIDINGS_WRITE=1` writes the page anew; without, a page that differs from what was seen fails.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.frames_of_every_action import CONVERSATION, FRAMES, GROUP, OWN, PERSON, About
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import conversation, settle
from tidings.protocol import actions

PAGE: Final = Path(__file__).parents[2] / "docs" / "authorization.md"
COLUMNS: Final = ("not a member", "removed", "blocked", "expired token", "another's id in the body")
REFUSED: Final = frozenset({"forbidden", "not_found"})
STILL_THEIRS: Final = frozenset(
    {actions.HISTORY, actions.RECEIPTS, actions.ACK, actions.HIDE, actions.CONVERSATION_SET, actions.GROUP_LEAVE}
)
"""What a removed member may do with what they received while they were there: nothing of it reaches anybody else."""
LEAVE_MS: Final = 9_000
"""A removal holds after the longest AWS call (8 s)."""
NOTHING: Final = "–"

Matrix = dict[str, dict[str, str]]
MATRIX: Matrix = {action: dict.fromkeys(COLUMNS, NOTHING) for action in sorted(FRAMES)}


class Scene:
    """Who is there, and what they have said."""

    owner: Phone
    member: Phone
    removed: Phone
    stranger: Phone
    group: About
    direct: About


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matrix() -> Matrix:
    """What was seen so far; the last test writes it down."""
    return MATRIX


@pytest_asyncio.fixture(loop_scope="session")
async def scene(connect: Connect, control: AsyncControlClient, user: Any) -> Scene:
    """A group and a 1:1 conversation."""
    made = Scene()
    for name in ("owner", "member", "removed", "stranger"):
        setattr(made, name, await connect(user(name)))
    owner, member, removed = made.owner, made.member, made.removed
    answer = await owner.ask(
        "group.create", client_id=new_id(), title="ours", members=[member.user, removed.user], who_adds="admins"
    )
    assert answer["type"] == "ack", answer
    group = answer["conversation"]
    said = await owner.ask("send", client_id=new_id(), conversation=group, text="to the group")
    direct = await owner.ask("send", client_id=new_id(), to=member.user, text="to one")
    made.group = About(group, said["position"], member.user)
    posted = await owner.ask("post", client_id=new_id(), text="to everybody")
    made.direct = About(conversation(owner, member), direct["position"], owner.user, posted["position"])
    gone = await owner.ask("group.remove", client_id=new_id(), conversation=group, member=removed.user)
    assert gone["type"] == "ack", gone
    await control.advance(LEAVE_MS)
    later = await owner.ask("send", client_id=new_id(), conversation=group, text="after the removal")
    assert later["type"] == "ack", later
    await settle(control)
    return made


async def outcome(phone: Phone, action: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The code of what comes back, or its type; and the answer (a batch's only one)."""
    answer = await phone.ask(action, **fields)
    if answer["type"] == "batch":
        (answer,) = answer["results"]
    return str(answer.get("code", answer["type"])), answer


def test_every_action_has_a_frame() -> None:
    routed = {action for routes in actions.ROUTES.values() for action in routes if not action.startswith("$")}
    assert set(FRAMES) == routed
    assert len(CONVERSATION) + len(GROUP) + len(PERSON) + len(OWN) == len(FRAMES)


async def test_a_stranger_is_refused(scene: Scene, matrix: Matrix) -> None:
    for action, frame in {**CONVERSATION, **GROUP}.items():
        abouts = [scene.group] if action in GROUP else [scene.group, scene.direct]
        codes = [(await outcome(scene.stranger, action, frame(about)))[0] for about in abouts]
        assert set(codes) <= REFUSED, (action, codes)
        matrix[action]["not a member"] = ", ".join(sorted(set(codes)))
    assert [event for event in scene.owner.events if event.get("sender") == scene.stranger.user] == []


async def test_who_was_removed_is_refused(scene: Scene, matrix: Matrix, control: AsyncControlClient) -> None:
    before = len(scene.owner.events)
    for action, frame in {**CONVERSATION, **GROUP}.items():
        code, answer = await outcome(scene.removed, action, frame(scene.group))
        if action in STILL_THEIRS:
            assert "after the removal" not in str(answer)
            matrix[action]["removed"] = code if code in REFUSED else "only their own view"
            continue
        assert code in REFUSED, (action, answer)
        matrix[action]["removed"] = code
    await settle(control)
    assert scene.owner.events[before:] == []
    mailbox, _ = await scene.removed.mailbox()
    assert "after the removal" not in str(mailbox)


async def test_who_is_blocked_reaches_nobody(scene: Scene, matrix: Matrix, control: AsyncControlClient) -> None:
    owner, blocked = scene.owner, scene.member
    mine = await blocked.ask("send", client_id=new_id(), to=owner.user, text="before the block")
    own = About(scene.direct.conversation, mine["position"], owner.user, scene.direct.post)
    done = await owner.ask("block", client_id=new_id(), user=blocked.user)
    assert done["type"] == "ack", done
    await settle(control)
    live, (box, cursor) = len(owner.events), await owner.mailbox()
    del box
    for action, frame in {**CONVERSATION, **PERSON}.items():
        code, answer = await outcome(blocked, action, frame(own))
        if action in (actions.BLOCK, actions.UNBLOCK, actions.UNFOLLOW):
            continue
        if action == actions.PRESENCE_WATCH:
            assert answer["users"] == [{"user": owner.user, "online": False}]
        if action == actions.GROUP_CREATE:
            assert answer["not_added"] == [owner.user]
        matrix[action]["blocked"] = code if code in (REFUSED | {"unknown_user"}) else "reaches nobody"
    await settle(control)
    for action in (actions.ACK, actions.UNSEND):
        matrix[action]["blocked"] = "only of what came before"
    news, _ = await owner.mailbox(cursor)
    for event in (*owner.events[live:], *news):
        theirs = blocked.user in (event.get("sender"), event.get("reader"), event.get("user"))
        about = {"receipt": "position", "unsend": "target"}.get(event["kind"])
        assert not theirs or (about is not None and event[about] <= own.position), event
    history = await owner.ask("history", conversation=scene.direct.conversation)
    assert "let me in" not in str(history) and "changed" not in str(history) and "👍" not in str(history)


async def test_an_expired_token_may_nothing(
    scene: Scene, connect: Connect, control: AsyncControlClient, matrix: Matrix
) -> None:
    short = (await control.mint(scene.owner.user, 60))["token"]
    late = await connect(scene.owner.user, device="late", token=short)
    await control.advance(61_000)
    for action, frame in FRAMES.items():
        code, answer = await outcome(late, action, frame(scene.group))
        assert code == "token_expired", (action, answer)
        matrix[action]["expired token"] = code


@pytest.mark.parametrize("field", ["user_id", "sender", "from", "device_id_of", "authorizer"])
async def test_nobody_speaks_for_another(field: str, scene: Scene, matrix: Matrix) -> None:
    for action, frame in FRAMES.items():
        code, answer = await outcome(scene.stranger, action, {**frame(scene.group), field: scene.owner.user})
        assert code == "invalid_request", (action, answer)
        matrix[action]["another's id in the body"] = code


def page(matrix: Matrix) -> str:
    """The matrix in Markdown."""
    lines = [
        "# Who may not",
        "",
        "Made from the list of actions by `tests/e2e/test_authorization.py`, which sends each of them through a real",
        "socket as each of these, and fails when this page is not what was seen. Actions on nothing but the caller's",
        "own have no conversation to be kept out of.",
        "",
        "* *not a member*: of the group, or of the 1:1 conversation. *removed*: from the group, some seconds ago.",
        "* *only their own view*: what they received while they were there; nothing reaches anybody else.",
        "* *blocked*: by the other side. *reaches nobody*: answered as ever, shown to nobody but the blocked. *only of",
        "  what came before*: that they have received or read what they were sent before the block.",
        "",
        "| action | " + " | ".join(COLUMNS) + " |",
        "| --- " * (len(COLUMNS) + 1) + "|",
    ]
    lines += [f"| `{action}` | " + " | ".join(cells.values()) + " |" for action, cells in matrix.items()]
    return "\n".join(lines) + "\n"


def test_the_page_says_what_was_seen(matrix: Matrix) -> None:
    missing = [action for action, cells in matrix.items() if cells["expired token"] == NOTHING]
    if missing:
        pytest.fail("this test belongs after the others of its file")
    if os.environ.get("TIDINGS_WRITE"):
        PAGE.write_text(page(matrix))
    assert PAGE.read_text() == page(matrix)
