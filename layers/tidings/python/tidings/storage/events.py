"""Events as attributes: the same form in a conversation's log and in the mailboxes.

`kind` names what it is; a message and a receipt, of which there are by far the most, do without.  Lists of user ids
and of positions are one string, with spaces between (neither holds any).
"""

from __future__ import annotations

from tidings.domain.events import (
    Change,
    Details,
    Edit,
    Event,
    GroupChange,
    Hidden,
    LogEvent,
    Message,
    Reaction,
    Receipt,
    ReceiptKind,
    Setting,
    Unsend,
)
from tidings.storage.attributes import Item, Value, int_of, number, string, text_of, text_or_none

EDIT = "edit"
UNSEND = "unsend"
REACTION = "reaction"
GROUP = "group"
SETTING = "setting"
HIDDEN = "hidden"


def encode(event: Event) -> dict[str, Value]:
    """Everything of an event but its conversation, position and arrival."""
    match event:
        case Message():
            return _message(event)
        case Receipt():
            item = {"receipt": string(event.kind), "taken_at": number(event.taken_at)}
            given = {"reader": event.reader, "after": event.after}
            return {**item, **{name: string(value) for name, value in given.items() if value is not None}}
        case Setting():
            return {"kind": string(SETTING), "details": _details(event.details)}
        case Hidden():
            return {"kind": string(HIDDEN), "target": string(event.target)}
    own = {"sender": string(event.sender), "client_id": string(event.client_id)}
    match event:
        case Edit():
            return {**own, "kind": string(EDIT), "target": string(event.target), "text": string(event.text)}
        case Unsend():
            return {**own, "kind": string(UNSEND), "target": string(event.target)}
        case Reaction():
            return {**own, "kind": string(REACTION), "target": string(event.target), "emoji": string(event.emoji)}
        case GroupChange():
            item = {**own, "kind": string(GROUP), "change": string(event.change)}
            if event.users:
                item["users"] = string(" ".join(event.users))
            return {**item, "details": _details(event.details)} if event.details else item


def _message(event: Message) -> dict[str, Value]:
    item = {"sender": string(event.sender), "client_id": string(event.client_id), "text": string(event.text)}
    if event.reply_to is not None:
        item["reply_to"] = string(event.reply_to)
    if event.mentions:
        item["mentions"] = string(" ".join(event.mentions))
    if event.edited is not None:
        item["edited"] = string(event.edited)
    return item


def decode(item: Item, conversation: str, position: str, arrival: str) -> Event:
    """The event in an item, as stored or as a stream shows it."""
    kind = text_or_none(item, "kind")
    if kind is None and "receipt" in item:
        what = ReceiptKind(text_of(item, "receipt"))
        reader, after = text_or_none(item, "reader"), text_or_none(item, "after")
        return Receipt(conversation, position, reader, what, int_of(item, "taken_at"), arrival, after)
    if kind == SETTING:
        return Setting(conversation, position, _pairs(item), arrival)
    if kind == HIDDEN:
        return Hidden(conversation, position, text_of(item, "target"), arrival)
    return decode_log(item, conversation, position, arrival)


def decode_log(item: Item, conversation: str, position: str, arrival: str = "") -> LogEvent:
    """The same, where only a log's event can be.  Raises `ValueError` for a kind that this version does not know."""
    place = (conversation, position, text_of(item, "sender"), text_of(item, "client_id"))
    match text_or_none(item, "kind"):
        case None:
            reply_to, edited = text_or_none(item, "reply_to"), text_or_none(item, "edited")
            return Message(*place, text_of(item, "text"), arrival, reply_to, words(item, "mentions"), edited)
        case "edit":
            return Edit(*place, text_of(item, "target"), text_of(item, "text"), arrival)
        case "unsend":
            return Unsend(*place, text_of(item, "target"), arrival)
        case "reaction":
            return Reaction(*place, text_of(item, "target"), text_of(item, "emoji"), arrival)
        case "group":
            change = Change(text_of(item, "change"))
            return GroupChange(*place, change, words(item, "users"), _pairs(item), arrival)
        case other:
            raise ValueError(f"there is no such kind of event: {other}")


def words(item: Item, name: str) -> tuple[str, ...]:
    """A list that was stored as one string; empty when absent."""
    return tuple((text_or_none(item, name) or "").split())


def _details(details: Details) -> Value:
    return {"M": {name: string(value) for name, value in details}}


def _pairs(item: Item) -> Details:
    if "details" not in item:
        return ()
    return tuple(sorted((name, str(value["S"])) for name, value in item["details"]["M"].items()))
