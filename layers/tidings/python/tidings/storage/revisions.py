"""What may change about a message that stands in a log: its text, by an edit, and whether it is there, by an unsend.

Each is one conditional update, in the form of DynamoDB's UpdateItem.  The text is a register by the position of the
edit; a tombstone is for ever and beats them all.  `edits` is a set, so that two writers of one edit agree, and keeps
the edits that came too late to give the text as well: an unsend erases them all.
"""

from __future__ import annotations

from typing import Any, Final

from tidings.domain.events import MAX_EDITS, Edit, LogEntry, Message, Path
from tidings.storage import keys
from tidings.storage.attributes import names, number, string

Revision = dict[str, Any]
"""Arguments of UpdateItem."""

_MESSAGE: Final = "attribute_exists(#sender) AND attribute_not_exists(#kind)"
_ALIVE: Final = f"{_MESSAGE} AND attribute_not_exists(#deleted)"
_ROOM: Final = "(attribute_not_exists(#edits) OR size(#edits) < :most)"
_CONTENT: Final = ("text", "reply_to", "edited")
"""What a tombstone lacks.  It keeps the mentions: they say where copies of a pulled message went."""


def editable(entry: LogEntry, sender: str) -> bool:
    """Whether the entry is a message of `sender`."""
    return isinstance(entry.event, Message) and entry.sender == sender


def text(edit: Edit, *, withheld: bool) -> Revision:
    """Set the text, unless a later edit did, and note the edit."""
    only = "attribute_exists(#withheld) AND " if withheld else ""
    shown = names("withheld") if withheld else {}
    return {
        "UpdateExpression": "SET #text = :text, #edited = :at ADD #edits :edits",
        "ConditionExpression": (
            f"{_ALIVE} AND #sender = :sender AND {_ROOM} AND {only}(attribute_not_exists(#edited) OR #edited < :at)"
        ),
        "ExpressionAttributeNames": names("text", "edited", "edits", "sender", "kind", keys.DELETED) | shown,
        "ExpressionAttributeValues": {
            ":text": string(edit.text),
            ":at": string(edit.position),
            ":edits": {"SS": [edit.position]},
            ":sender": string(edit.sender),
            ":most": number(MAX_EDITS),
        },
    }


def note(edit: Edit) -> Revision:
    """Only note the edit."""
    return {
        "UpdateExpression": "ADD #edits :edits",
        "ConditionExpression": f"{_ALIVE} AND #sender = :sender AND {_ROOM}",
        "ExpressionAttributeNames": names("edits", "sender", "kind", keys.DELETED),
        "ExpressionAttributeValues": {
            ":edits": {"SS": [edit.position]},
            ":sender": string(edit.sender),
            ":most": number(MAX_EDITS),
        },
    }


def tombstone(unsend: str, sender: str, instead: str) -> Revision:
    """Replace a message, or the tombstone of the unsend at `instead`."""
    values = {":yes": string("1"), ":unsend": string(unsend), ":instead": string(instead or unsend)}
    own = ""
    if sender:
        own, values[":sender"] = " AND #sender = :sender", string(sender)
    removed = ", ".join(f"#{each}" for each in _CONTENT)
    return {
        "UpdateExpression": f"SET #deleted = :yes, #unsent = :unsend REMOVE {removed}",
        "ConditionExpression": f"{_MESSAGE} AND (attribute_not_exists(#deleted) OR #unsent = :instead){own}",
        "ExpressionAttributeNames": names("sender", "kind", "unsent", keys.DELETED, *_CONTENT),
        "ExpressionAttributeValues": values,
    }


def erasure(sender: str) -> Revision:
    """A tombstone over an edit of `sender`, or over nothing: then the edit finds its place taken."""
    return {
        "UpdateExpression": (
            "SET #deleted = :yes, #sender = :sender, #client_id = if_not_exists(#client_id, :nobody), "
            "#path = if_not_exists(#path, :path) REMOVE #text"
        ),
        "ConditionExpression": "attribute_not_exists(#sender) OR (#sender = :sender AND #kind = :edit)",
        "ExpressionAttributeNames": names("sender", "client_id", "path", "text", "kind", keys.DELETED),
        "ExpressionAttributeValues": {
            ":yes": string("1"),
            ":sender": string(sender),
            ":nobody": string(""),
            ":path": string(Path.INLINE),
            ":edit": string("edit"),
        },
    }
