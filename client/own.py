"""What our own acked requests are to us: the same events that our other devices get.

The server leaves the device that asked out of what it delivers live, and may send it a copy by sync: so the event is
made here, under the position that the ack gave, and the copy is no news.
"""

from __future__ import annotations

from typing import Any

from client.events import Edit, Hidden, LogEvent, Message, Reaction, Setting, Unsend, details_of
from client.frames import Reply

SETTINGS = ("muted_until", "mentions", "pinned", "archived")


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
