"""Reading a synthesized template, and synthesizing one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.app import build
from infra.settings import TidingsSettings

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_LAYERS = {"aws:cdk:bundling-stacks": []}
"""CDK context: build no layers.  One test session builds them once, through the command line."""

HANDLERS = {
    "Authorizer": "functions.connect.authorizer.handler",
    "Connect": "functions.connect.handler.handler",
    "Send": "functions.send.handler.handler",
    "Timeline": "functions.timeline.handler.handler",
    "Plan": "functions.fanout.plan.handler",
    "Work": "functions.fanout.work.handler",
    "Push": "functions.push.handler.handler",
}

Properties = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """A template and the folder of its assets."""

    template: dict[str, Any]
    folder: Path

    def of(self, kind: str) -> dict[str, Properties]:
        """Properties by logical id of every resource of a type."""
        found = self.template["Resources"].items()
        return {name: each.get("Properties", {}) for name, each in found if each["Type"] == kind}

    def whole(self, kind: str) -> dict[str, Properties]:
        """The resources themselves, with their deletion policies."""
        return {name: each for name, each in self.template["Resources"].items() if each["Type"] == kind}

    def function(self, name: str) -> tuple[str, Properties]:
        """Logical id and properties of a function, by its name in the design."""
        (found,) = [
            (logical, each)
            for logical, each in self.of("AWS::Lambda::Function").items()
            if each["Handler"] == HANDLERS[name]
        ]
        return found

    def name_of(self, logical_id: str) -> str:
        """The design's name of a function, from its logical id."""
        handler = self.of("AWS::Lambda::Function")[logical_id]["Handler"]
        (name,) = [name for name, known in HANDLERS.items() if known == handler]
        return name

    def variables(self, name: str) -> dict[str, Any]:
        """A function's environment."""
        return self.function(name)[1]["Environment"]["Variables"]

    def statements(self, name: str) -> list[dict[str, Any]]:
        """Everything a function's role may do, from its own and its attached policies."""
        role_id = self.function(name)[1]["Role"]["Fn::GetAtt"][0]
        return list(role_statements(self, role_id))

    def table(self, name: str) -> str:
        """Logical id of the table that the design calls `name`."""
        prefix = f"TidingsStorage{name}"
        (found,) = [each for each in self.of("AWS::DynamoDB::GlobalTable") if each[:-8] == prefix]
        return found


def role_statements(deployment: Deployment, role_id: str) -> Iterator[dict[str, Any]]:
    """The statements of a role."""
    role = deployment.of("AWS::IAM::Role")[role_id]
    for policy in role.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in deployment.of("AWS::IAM::Policy").values():
        if {"Ref": role_id} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    """IAM writes a single entry without its list."""
    return value if isinstance(value, list) else [value]


def in_process(settings: TidingsSettings, folder: Path) -> Deployment:
    """Synthesize in this process, without building layers."""
    app = App(outdir=str(folder), context=WITHOUT_LAYERS)
    stack = build(app, settings)
    app.synth()
    return Deployment(json.loads((folder / f"{stack.stack_name}.template.json").read_text()), folder)


def by_command_line(folder: Path, *context: str) -> Deployment:
    """`cdk synth` as a user runs it: no virtual environment active, no AWS account, no Docker."""
    hidden = ("AWS_", "CDK_", "VIRTUAL_ENV", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment["PATH"] = os.pathsep.join([str(Path(str(shutil.which("node"))).parent), "/usr/bin", "/bin"])
    environment["CDK_DOCKER"] = "/nonexistent/docker"
    command = ["node_modules/.bin/cdk", "synth", "--quiet", "--output", str(folder), *context]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (template,) = folder.glob("*.template.json")
    return Deployment(json.loads(template.read_text()), folder)
