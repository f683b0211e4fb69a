"""The protocol pages name every action, every field and every error code, and the schema page every table."""

from pathlib import Path

import pytest

from tidings.domain import errors
from tidings.protocol import (
    actions,
    connection,
    conversations,
    frames,
    groups,
    life,
    messaging,
    people,
    posts,
    profiles,
    search,
    timelines,
)
from tidings.storage import keys

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOL = "".join(page.read_text() for page in sorted(DOCS.glob("protocol*.md")))


def subclasses(cls: type) -> set[type]:
    return {cls} | {deeper for sub in cls.__subclasses__() for deeper in subclasses(sub)}


MODULES = {
    m.__name__ for m in (connection, conversations, groups, life, messaging, people, posts, profiles, search, timelines)
}
REQUESTS = sorted((c for c in subclasses(frames.Request) if c.__module__ in MODULES), key=lambda c: c.__name__)


def test_every_route_has_a_request_model() -> None:
    routed = {a for routes in actions.ROUTES.values() for a in routes if not a.startswith("$")}
    assert {model.model_fields["action"].default for model in REQUESTS} == routed


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_every_action_stands_in_the_protocol_page_with_its_fields(model: type[frames.Request]) -> None:
    action = model.model_fields["action"].default
    rows = [line for line in PROTOCOL.splitlines() if line.startswith("| `") and f"`{action}`" in line.split("|")[1]]
    assert len(rows) == 1
    for field in set(model.model_fields) - {"action", "id"}:
        assert f"`{field}`" in rows[0]


@pytest.mark.parametrize("error", sorted(subclasses(errors.TidingsError), key=lambda c: c.code), ids=lambda c: c.code)
def test_every_error_code_is_documented(error: type[errors.TidingsError]) -> None:
    assert f"| `{error.code}` |" in PROTOCOL


@pytest.mark.parametrize("table", keys.TABLES, ids=lambda table: table.name)
def test_every_table_is_documented_with_its_keys(table: keys.Table) -> None:
    (row,) = [line for line in (DOCS / "schema.md").read_text().splitlines() if line.startswith(f"| `{table.name}`")]
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[2] == " / ".join(f"`{key}`" for key in (table.partition, table.sort) if key)
    assert (cells[3] == "✓", cells[4] == "✓") == (table.stream, table.ttl)
