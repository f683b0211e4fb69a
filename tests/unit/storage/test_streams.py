"""What stream records show."""

from typing import Any

import pytest

from tidings.domain.events import GroupChange, Message, Path
from tidings.domain.posts import Post
from tidings.ports.streams import Logged, TallyDue
from tidings.storage.streams import UnknownRecord, shown_by

AT = "1800000000000-aaaaaaaa-aaaaaaab-00"


def record(keys: dict[str, str], event: str = "INSERT", **image: Any) -> dict[str, Any]:
    named = {name: {"S": value} for name, value in keys.items()}
    new = {"NewImage": {**named, **image}} if event != "REMOVE" else {}
    return {"eventName": event, "dynamodb": {"Keys": named, **new}}


def in_conversation(item: str, event: str = "INSERT", **image: Any) -> dict[str, Any]:
    return record({"conversation_id": "g#abc", "item": item}, event, **image)


def text(**values: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in values.items()}


def test_a_post() -> None:
    image = text(client_id="c", path="push", text="hi")
    assert shown_by(record({"author_id": "ann", "position": AT}, **image)) == Post("ann", AT, "c", Path.PUSH, "hi")


def test_a_log_entry_fresh_or_changed() -> None:
    image = text(sender="ann", client_id="c", path="chunk", text="hi")
    shown = shown_by(in_conversation(f"log#{AT}", **image))
    assert isinstance(shown, Logged)
    assert (shown.conversation_id, shown.entry.path, shown.fresh) == ("g#abc", Path.CHUNK, True)
    assert shown.entry.event == Message("g#abc", AT, "ann", "c", "hi")
    buried = shown_by(
        in_conversation(f"log#{AT}", "MODIFY", **text(sender="ann", client_id="c", path="chunk", deleted="1"))
    )
    assert isinstance(buried, Logged)
    assert (buried.entry.event, buried.fresh) == (None, False)


def test_a_group_change() -> None:
    image = text(sender="ann", client_id="c", path="inline", kind="group", change="added", users="bob")
    shown = shown_by(in_conversation(f"log#{AT}", **image))
    assert isinstance(shown, Logged)
    assert isinstance(shown.entry.event, GroupChange)


def test_a_tally_that_is_due_and_one_that_is_not() -> None:
    assert shown_by(in_conversation("tally", "MODIFY", due={"N": "17"})) == TallyDue("g#abc", 17)
    assert shown_by(in_conversation("tally", "MODIFY")) is None


@pytest.mark.parametrize("shown", [in_conversation("react#1#ann"), in_conversation(f"log#{AT}", "REMOVE")])
def test_what_concerns_no_planner(shown: dict[str, Any]) -> None:
    assert shown_by(shown) is None


@pytest.mark.parametrize(
    "shown",
    [
        {},
        record({"user_id": "ann", "arrival": AT}),
        in_conversation(f"log#{AT}", **text(sender="ann", client_id="c", path="pigeon", text="hi")),
        in_conversation(f"log#{AT}", **text(path="chunk")),
    ],
)
def test_what_nobody_can_read(shown: dict[str, Any]) -> None:
    with pytest.raises(UnknownRecord):
        shown_by(shown)
