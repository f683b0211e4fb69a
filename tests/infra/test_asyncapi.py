"""The AsyncAPI document is valid by AsyncAPI's own schema (`@asyncapi/specs`), its patterns by JavaScript's rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.unit.test_asyncapi import parts
from tidings.protocol.asyncapi.document import document

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
COMPILE = "for (const each of JSON.parse(process.argv[1])) new RegExp(each, 'u')"


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_text()))


@pytest.mark.parametrize("server", [None, "wss://abc.example/prod", "ws://127.0.0.1:1/dev"])
def test_it_is_valid(official: Draft7Validator, server: str | None) -> None:
    assert [f"{each.json_path}: {each.message[:300]}" for each in official.iter_errors(document(server))] == []


@pytest.mark.parametrize("broken", ["operations", "channels", "components"])
def test_what_is_broken_is_found(official: Draft7Validator, broken: str) -> None:
    """The schema is loaded, and looks inside."""
    whole: Any = document()
    whole[broken][next(iter(whole[broken]))] = {"action": "shout"}
    assert not official.is_valid(whole)


def test_every_pattern_is_one_in_javascript() -> None:
    patterns = [value for name, value in parts(document()) if name == "pattern" and isinstance(value, str)]
    assert len(patterns) > 5
    done = subprocess.run(["node", "-e", COMPILE, json.dumps(patterns)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
