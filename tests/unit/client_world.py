"""A conversation's whole log, drawn by hypothesis, and what must be shown of it whatever way it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.unit.client_rig import BASE, place

GROUP = "g#aaaaaaaaaaaaaaaa"
PEOPLE = ("alice", "bob", "carol")
EMOJI = ("👍", "🎉", None)
KINDS = ("message", "message", "edit", "unsend", "reaction", "hidden", "group")


@dataclass
class World:
    """Wire events in the order of their positions.  alice reads."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def written(self) -> list[dict[str, Any]]:
        """The messages."""
        return [event for event in self.events if event["kind"] == "message"]

    def gone(self) -> set[str]:
        """The positions of what is taken back, or deleted for alice, in the end."""
        return {event["target"] for event in self.events if event["kind"] in ("unsend", "hidden")}

    def standing(self, kind: str, target: str) -> list[dict[str, Any]]:
        """What happened to a message, in order."""
        return [event for event in self.events if event["kind"] == kind and event["target"] == target]

    def shown(self) -> list[tuple[str, str, str | None, set[tuple[str, int, bool]]]]:
        """Position, text, the edit it is by and reactions (emoji, count, mine) of each message that stays."""
        found = []
        for message in self.written():
            target = message["position"]
            if target in self.gone():
                continue
            edits = self.standing("edit", target)
            text, edited = (edits[-1]["text"], edits[-1]["position"]) if edits else (message["text"], None)
            given = {event["sender"]: event.get("emoji") for event in self.standing("reaction", target)}
            emoji = [each for each in given.values() if each]
            counts = {(each, emoji.count(each), given.get("alice") == each) for each in emoji}
            found.append((target, text, edited, counts))
        return found


def event(kind: str, ms: int, sender: str, **more: Any) -> dict[str, Any]:
    """A wire event of the group."""
    stored = {"kind": kind, "conversation": GROUP, "position": place(ms), "arrival": place(ms)}
    authored = {} if kind == "hidden" else {"sender": sender, "client_id": f"c{ms}", "at": BASE + ms}
    return stored | authored | {name: value for name, value in more.items() if value is not None}


@st.composite
def worlds(draw: st.DrawFn, size: int = 25) -> World:
    """Messages, and things that happen to some of them afterwards."""
    world = World()
    for ms in range(draw(st.integers(1, size))):
        kind = draw(st.sampled_from(KINDS))
        targets = [each["position"] for each in world.written()]
        sender = draw(st.sampled_from(PEOPLE))
        if kind == "message" or not targets:
            world.events.append(event("message", ms, sender, text=f"text {ms}"))
        elif kind == "group":
            world.events.append(event("group", ms, sender, change="added", users=["dave"]))
        else:
            text = f"edited {ms}" if kind == "edit" else None
            emoji = draw(st.sampled_from(EMOJI)) if kind == "reaction" else None
            world.events.append(event(kind, ms, sender, target=draw(st.sampled_from(targets)), text=text, emoji=emoji))
    return world


@st.composite
def deliveries(draw: st.DrawFn, world: World) -> list[tuple[dict[str, Any], str]]:
    """Every event at least once, some of them more often, live and by sync, in any order.

    A message that comes late may bring the text that it was given meanwhile.
    """
    ways = st.sampled_from(["live", "sync"])
    copies = [*world.events, *draw(st.lists(st.sampled_from(world.events), max_size=20))]
    made = []
    for each in draw(st.permutations(copies)):
        edits = world.standing("edit", each["position"])
        if each["kind"] == "message" and edits and draw(st.booleans()):
            edit = draw(st.sampled_from(edits))
            made.append((each | {"text": edit["text"], "edited": edit["position"]}, draw(ways)))
        else:
            made.append((each, draw(ways)))
    return made
