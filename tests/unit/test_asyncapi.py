"""The AsyncAPI document names all that there is, hangs together, and stands in `docs/` as it would be made today.

`TIDINGS_WRITE=1` writes it anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from benchmarks.imports import SUBJECTS, WIRE, environment
from tests.unit.test_docs import subclasses
from tidings.domain.errors import TidingsError
from tidings.protocol import actions, events
from tidings.protocol.asyncapi.answers import ANSWERS, action_of
from tidings.protocol.asyncapi.document import document, text

PAGE = Path(__file__).parents[2] / "docs" / "asyncapi.json"
ACTIONS = [action for routes in actions.ROUTES.values() for action in routes if not action.startswith("$")]
ANSWERED = """
import json, typing
found = {{}}
for action, (model, handle) in {build}()._routes.items():
    hint = typing.get_type_hints(handle)["return"]
    kinds = [kind for kind in typing.get_args(hint) or (hint,) if kind.__name__ != "Farewell"]
    found[action] = [model.__name__, *(kind.__name__ for kind in kinds)]
print(json.dumps(found))
"""
DOCUMENT = document()


def parts(part: Any) -> Iterator[tuple[str, Any]]:
    """Every name with its value, however deep."""
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        yield str(name), value
        if isinstance(value, dict | list):
            yield from parts(value)


def at(pointer: str) -> Any:
    """What a reference points to."""
    found: Any = DOCUMENT
    for name in pointer.removeprefix("#/").split("/"):
        found = found[name]
    return found


def wired(name: str, then: str) -> str:
    """What a program prints that wires a function first."""
    handler, bootstrap, build = SUBJECTS[name]
    program = WIRE.format(handler=handler, bootstrap=bootstrap, build=build) + then
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout


def test_the_page_is_what_would_be_made_today() -> None:
    if os.environ.get("TIDINGS_WRITE"):
        PAGE.write_text(text())
    assert PAGE.read_text() == text()


def test_the_command_prints_it_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tidings.protocol.asyncapi"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == text()
    assert str(Path.cwd()) not in done.stdout
    assert str(Path.home()) not in done.stdout


def test_a_deployment_can_be_named() -> None:
    named = document("wss://abc.example/prod")
    assert named["servers"]["tidings"]["host"] == "abc.example"
    assert named["channels"]["tidings"]["address"] == "/prod"
    assert "parameters" not in named["channels"]["tidings"]


@pytest.mark.parametrize("server", ["https://abc.example/prod", "abc.example", "wss:"])
def test_what_is_no_address_is_refused_in_words(server: str) -> None:
    command = [sys.executable, "-m", "tidings.protocol.asyncapi", "--server", server]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "wss://host/stage" in done.stderr.splitlines()[-1]


def test_every_action_is_an_operation_with_its_request() -> None:
    received = {name: each for name, each in DOCUMENT["operations"].items() if each["action"] == "receive"}
    assert list(received) == [action_of(request) for request in ANSWERS]
    assert sorted(received) == sorted(ACTIONS)
    for action, operation in received.items():
        (message,) = operation["messages"]
        payload = at(at(at(message["$ref"])["$ref"])["payload"]["$ref"])
        assert payload["properties"]["action"]["const"] == action
        assert {"id", "action"} <= set(payload["required"])
        assert operation["summary"]


@pytest.mark.parametrize("name", ["connect", "send", "timeline"])
def test_the_answers_are_those_that_the_routes_return(name: str) -> None:
    routed = {action for action in actions.ROUTES[name] if not action.startswith("$")}
    stated = {action_of(request): [request.__name__, reply.__name__] for request, reply in ANSWERS.items()}
    found = wired(name, ANSWERED.format(build=SUBJECTS[name][2]))
    assert json.loads(found) == {action: stated[action] for action in routed}


def test_every_reference_leads_somewhere_and_stands_alone() -> None:
    holders = [value for _, value in parts(DOCUMENT) if isinstance(value, dict) and "$ref" in value]
    assert holders
    for holder in holders:
        assert list(holder) == ["$ref"]
        assert at(holder["$ref"])


def test_nothing_is_there_that_nobody_uses() -> None:
    pointed = {value for name, value in parts(DOCUMENT) if name == "$ref"}
    for room in ("schemas", "messages", "securitySchemes", "correlationIds"):
        assert {f"#/components/{room}/{name}" for name in DOCUMENT["components"][room]} <= pointed


def test_every_event_and_every_error_code_is_there() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    live = schemas["EventsFrame"]["properties"]["events"]["items"]["anyOf"]
    named = [at(each["$ref"])["properties"]["kind"]["const"] for each in live]
    assert named == [each.model_fields["kind"].default for each in get_args(events.WireEvent)]
    codes = {each.code: each.retryable for each in subclasses(TidingsError) if each is not TidingsError}
    assert {code: each["retryable"] for code, each in schemas["ErrorCode"]["x-codes"].items()} == codes
    assert schemas["ErrorCode"]["enum"] == list(schemas["ErrorCode"]["x-codes"])
    assert all(each["meaning"] for each in schemas["ErrorCode"]["x-codes"].values())


def test_nothing_is_null_on_the_wire() -> None:
    assert not [value for name, value in parts(DOCUMENT) if name == "type" and value == "null"]
    assert not [name for name, value in parts(DOCUMENT) if value is None]


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_function_loads_any_of_it(name: str) -> None:
    loaded = wired(name, "import sys; print(*sys.modules)").split()
    assert f"tidings.bootstrap.{SUBJECTS[name][1]}" in loaded
    assert "tidings.protocol.asyncapi" not in loaded
