"""A watcher and a change at the same time."""

from __future__ import annotations

import pytest

from tests.unit.presence.rig import Rig


@pytest.mark.parametrize("comes", [True, False])
@pytest.mark.parametrize("inside", ["watch", "change"])
def test_of_a_watcher_and_a_change_at_the_same_time_one_sees_the_other(inside: str, comes: bool) -> None:
    """Before each call of the one to a store the other happens, from its beginning to its end."""
    step = calls = 0
    while calls >= step:
        rig, calls = Rig(), 0
        ann, bob = rig.connect("ann"), rig.connect("bob")
        if comes:
            rig.disconnect(bob)
        asked: list[bool] = []

        def between(_name: str, rig: Rig = rig, step: int = step, asked: list[bool] = asked) -> None:
            nonlocal calls
            calls += 1
            if calls != step + 1:
                return
            if inside == "change":
                asked.append(rig.watch(rig.device("ann"), "bob").states["bob"].online)
            elif comes:
                rig.connect("bob")
            else:
                rig.disconnect(rig.device("bob"))

        connections, hooked = rig.hooked(between)
        if inside == "watch":
            asked.append(hooked.watch(rig.device("ann"), "bob").states["bob"].online)
        else:
            caller = rig.caller("bob", connection="bob-phone")
            (rig.active if comes else rig.cut)(caller)
            (connections.open if comes else connections.close)(caller)
        if calls > step:
            assert comes in (*asked, *(online for _, online in rig.told(ann))), step
        step += 1
