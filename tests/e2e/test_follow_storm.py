"""Posts, deletes, follows and unfollows with dying workers, late jobs and a moving clock: the home timeline agrees
with the edge and with the author's timeline in the end.

The clock moves only while nothing runs but what is held, and that has not begun.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import RETRYABLE, Phone, new_id
from tests.e2e.steps import hold, settle, tail
from tests.e2e.test_storm import BUSY

STEPS = 14
TRIES = 40
AGES_MS = (0, 0, 1_000, 14_000, 20_000, 31_000, 65_000, 125_000)


def trouble(contains: str, dice: random.Random, functions: tuple[str, ...]) -> list[dict[str, Any]]:
    """Something at one of the calls of one of the functions, or nothing."""
    about = {"function": dice.choice(functions), "contains": contains, "call": dice.randint(1, 5)}
    return dice.choice(
        [
            [],
            [{**about, "action": "kill"}],
            [{**about, "action": "kill", "when": "after"}],
            [{**about, "action": "error", "code": BUSY}],
            [{**about, "action": "error", "code": "InternalServerError", "when": "after"}],
        ]
    )


async def insist(
    control: AsyncControlClient, phone: Phone, dice: random.Random, action: str, **fields: Any
) -> dict[str, Any]:
    """Resend at random ages, each try troubled and run to its end, until it is acked."""
    for _ in range(TRIES):
        await control.misbehave(calls=trouble(fields.get("client_id", phone.user), dice, ("Timeline",)))
        request_id = await phone.put(action, **fields)
        await control.idle(60)
        try:
            answer = await phone.reply(request_id, 0.1)
        except TimeoutError:
            answer = {"type": "error", "code": "internal"}
        if answer["type"] == "ack":
            return answer
        assert answer["code"] in RETRYABLE, answer
        await control.advance(dice.choice(AGES_MS))
    raise AssertionError(f"{action} was never acked")


async def background(control: AsyncControlClient, author: Phone, dice: random.Random, step: int) -> None:
    """Let some of what is behind the acks happen, some of it badly, and some of it not yet."""
    holds = [hold("Work", author.user, name=f"late-{step}")] if dice.random() < 0.4 else []
    await control.misbehave(calls=trouble(author.user, dice, ("Plan", "Work")), holds=holds)
    await control.idle(60, advance_ms=dice.choice(AGES_MS))
    if dice.random() < 0.5:
        await control.release(f"late-{dice.randint(0, step)}")
        await control.idle(60)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_follow_storm(seed: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    dice = random.Random(seed)
    author, reader = await connect(user("author")), await connect(user("reader"))
    posted: dict[str, str] = {}
    following = False
    for step in range(STEPS):
        what = dice.choice(["post", "post", "edge", "edge", "delete"])
        if what == "post":
            answer = await insist(control, author, dice, "post", client_id=new_id(), text=f"{step}")
            posted[answer["position"]] = f"{step}"
        elif what == "edge":
            action = "unfollow" if following else "follow"
            await insist(control, reader, dice, action, client_id=new_id(), user=author.user)
            following = not following
        elif posted:
            position = dice.choice(sorted(posted))
            await insist(control, author, dice, "post.delete", position=position)
            del posted[position]
        await background(control, author, dice, step)
    await control.behave()
    await settle(control)
    expected = [posted[position] for position in sorted(posted, reverse=True)]
    assert tail((await reader.ask("timeline.user", user=author.user, limit=50))["posts"]) == expected
    assert tail(await author.home()) == expected
    assert tail(await reader.home()) == (expected if following else [])
