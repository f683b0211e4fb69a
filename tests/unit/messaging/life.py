"""What the tests of a message's life share: dying at a call, and insisting until it is acked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import RetryLater
from tidings.services.facts import Sent

F, T = 15_000, 30_000


def pair() -> Rig:
    """Ann with a phone and a laptop, bob with a phone; ann's laptop and bob are online."""
    rig = Rig()
    rig.person("ann", "phone", "laptop")
    rig.person("bob", "phone")
    rig.online("ann", "laptop")
    rig.online("bob")
    return rig


def die_before(rig: Rig, name: str, act: Callable[[], object]) -> None:
    """Let the worker die before a call."""

    def hook(call: str) -> None:
        if call == name:
            raise Crash

    rig.before = hook
    with pytest.raises(Crash):
        act()
    rig.before = None


def until_acked(rig: Rig, act: Callable[[], Sent]) -> Sent:
    """Resend when told to."""
    while True:
        try:
            return act()
        except RetryLater as error:
            rig.clock.advance(error.retry_after_ms or 1_000)


def deaths(act: Callable[[Rig, Sent], Sent], edge: str, later: int) -> Iterator[tuple[Rig, Sent, Sent]]:
    """Worlds in which ann sent a message, a worker died at one of the calls of `act`, and ann resent it `later`.

    With the message, and with what the resend was answered; one world for each call.
    """
    number = 0
    while True:
        number += 1
        rig = pair()
        sent = rig.send("ann", "bob")
        rig.clock.advance(100)
        dying = DieAt(number)
        setattr(rig, edge, dying)
        try:
            act(rig, sent)
        except Crash:
            pass
        else:
            assert dying.calls == number - 1
            return
        rig.before = rig.after = None
        rig.clock.advance(later)
        yield rig, sent, until_acked(rig, lambda rig=rig, sent=sent: act(rig, sent))  # type: ignore[misc]
