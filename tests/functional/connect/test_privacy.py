"""`privacy` as the gateway calls it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.connect.handler import handler
from tests.functional.connect.conftest import Aws
from tests.functional.connect.events import recorded
from tests.functional.connect.test_connect import ask, item
from tidings.storage import keys

OPEN = {"type": "privacy", "last_seen": "everyone", "read_receipts": True, "previews": "full"}


def test_asking_changes_nothing(aws: Aws) -> None:
    handler(recorded("connect"), None)
    before = item(aws, keys.USERS, user_id="ann")
    assert ask("privacy", 1) == {**OPEN, "id": "r1"}
    assert item(aws, keys.USERS, user_id="ann") == before


def test_values_are_set_one_by_one_and_answered_as_they_stand(aws: Aws) -> None:
    handler(recorded("connect"), None)
    assert ask("privacy", 1, read_receipts=False) == {**OPEN, "id": "r1", "read_receipts": False}
    closed = {"last_seen": "nobody", "read_receipts": False, "previews": "none"}
    assert ask("privacy", 2, client_id="c2", last_seen="nobody", previews="none") == {**OPEN, **closed, "id": "r2"}
    assert ask("privacy", 3) == {**OPEN, **closed, "id": "r3"}


def test_an_older_frame_that_runs_later_changes_nothing(aws: Aws) -> None:
    handler(recorded("connect"), None)
    ask("privacy", 5, last_seen="following")
    assert ask("privacy", 4, last_seen="nobody")["last_seen"] == "following"


@pytest.mark.parametrize(
    "fields", [{"last_seen": "friends"}, {"previews": "some"}, {"read_receipts": "maybe"}, {"user": "bob"}]
)
def test_what_is_no_setting_is_explained(aws: Aws, fields: dict[str, Any]) -> None:
    assert ask("privacy", 1, **fields)["code"] == "invalid_request"
