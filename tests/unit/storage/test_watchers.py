"""Watchers come a page at a time: whoever has seen enough stops reading."""

from __future__ import annotations

from typing import Any, cast

from tests.fakes import FakeClock
from tests.unit.storage.scripted import ScriptedClient
from tidings.ports import Watcher
from tidings.storage.watchers import WatcherStore

START: dict[str, Any] = {"subject": {"S": "p#ann"}, "watcher": {"S": "bob#phone"}}


def item(watcher: str, until_s: int) -> dict[str, Any]:
    return {"subject": {"S": "p#ann"}, "watcher": {"S": watcher}, "expires_at": {"N": str(until_s)}}


def test_pages_follow_each_other() -> None:
    pages = ({"Items": [item("bob#phone", 9)], "LastEvaluatedKey": START}, {"Items": [item("cid#tab", 9)]})
    client = ScriptedClient(*pages)
    found = WatcherStore(cast(Any, client), "Watchers", FakeClock()).of("p#ann", 8_000)
    assert next(found) == [Watcher("bob", "phone")]
    assert len(client.calls) == 1
    assert list(found) == [[Watcher("cid", "tab")]]
    starts = [request.get("ExclusiveStartKey") for _, request in client.calls]
    assert starts == [None, START]


def test_an_empty_page_is_not_the_end() -> None:
    client = ScriptedClient({"Items": [item("bob#phone", 7)], "LastEvaluatedKey": START}, {"Items": []})
    assert list(WatcherStore(cast(Any, client), "Watchers", FakeClock()).of("p#ann", 7_000)) == [[], []]
