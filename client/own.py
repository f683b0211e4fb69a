"""What our own acked requests are to us: the same events that our other devices get.

The server leaves the device that asked out of what it delivers live, and may send it a copy by sync: so the event is
made here, under the position that the ack gave, and the copy is no news.  What became of a change of a group (who was
added, who owns it now) only the server knows: that is looked up in the log.
"""

from __future__ import annotations

from typing import Any

from client.events import Edit, GroupChange, Hidden, LogEvent, Message, Reaction, Setting, Unsend
from client.frames import Reply
from client.lanes import Request
from client.wire import details_of, entries_of

SETTINGS = ("muted_until", "mentions", "pinned", "archived")


def look_up(action: str, reply: Reply) -> Request | None:
    """The query for what an acked change of a group has become."""
    place, conversation = reply.get("position"), reply.get("conversation")
    if not action.startswith("group.") or not place or not conversation:
        return None
    return Request("history", {"conversation": conversation, "before": _behind(place), "limit": 1}, "change")


def looked_up(request: Request) -> list[GroupChange]:
    """The change, where there was anything to change: otherwise something older stands there."""
    entries = entries_of(request.reply) if request.reply is not None else []
    behind = request.fields["before"]
    return [entry for entry in entries if isinstance(entry, GroupChange) and _behind(entry.position) == behind]


def _behind(position: str) -> str:
    """The next position."""
    return f"{position[:-2]}{int(position[-2:]) + 1:02}"


def own_event(action: str, fields: dict[str, Any], reply: Reply, me: str) -> LogEvent | Setting | Hidden | None:
    """The event of an acked request, None for what makes none."""
    place, conversation = reply.get("position"), reply.get("conversation") or fields.get("conversation")
    if not place or not conversation:
        return None
    stored: dict[str, Any] = {"conversation": conversation, "position": place, "arrival": place}
    if action == "conversation.set":
        return Setting(**stored, details=details_of({name: fields[name] for name in SETTINGS if name in fields}))
    if action == "hide":
        return Hidden(**stored, target=fields["position"])
    at = reply.get("at") or int(place[:13])
    authored: dict[str, Any] = stored | {"sender": me, "client_id": fields.get("client_id", ""), "at": at}
    match action:
        case "send":
            return Message(
                **authored,
                text=fields["text"],
                reply_to=fields.get("reply_to"),
                mentions=tuple(fields.get("mentions") or ()),
            )
        case "edit":
            return Edit(**authored, target=fields["position"], text=fields["text"])
        case "unsend":
            return Unsend(**authored, target=fields["position"])
        case "react":
            return Reaction(**authored, target=fields["position"], emoji=fields.get("emoji"))
        case _:
            return None
