"""cdk-nag and cfn-lint: nothing unacknowledged, every acknowledgement with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.app import build
from infra.settings import TidingsSettings
from tests.infra.templates import WITHOUT_LAYERS, Deployment

SETTINGS = {
    "dev": TidingsSettings(),
    "prod": TidingsSettings(stage="prod", fcm_secret="tidings/fcm", apns_secret="tidings/apns"),
    "external": TidingsSettings(
        issuer="https://issuer.example", audience="a", fcm_application="arn:aws:sns:eu-west-1:111122223333:app/GCM/x"
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_nag_finds_the_probe_and_nothing_else(name: str, tmp_path: Path) -> None:
    """A bucket and a queue that break a rule of each pack show that both packs ran over the whole stack."""
    app = App(outdir=str(tmp_path), context=WITHOUT_LAYERS)
    stack = build(app, SETTINGS[name])
    s3.Bucket(stack, "Probe")
    sqs.Queue(stack, "ProbeQueue")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    with pytest.raises(Exception, match="ValidationFailed"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    found = {
        (each["ruleName"], construct["constructPath"].split("/")[1])
        for plugin in report["pluginReports"]
        for each in plugin["violations"]
        for construct in each["violatingConstructs"]
    }
    assert {("AwsSolutions-S10", "Probe"), ("Serverless-SQSRedrivePolicy", "ProbeQueue")} <= found
    assert {place for _, place in found} == {"Probe", "ProbeQueue"}


def test_every_acknowledgement_has_a_reason() -> None:
    stack = build(App(context=WITHOUT_LAYERS), SETTINGS["prod"])
    key = Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    reasons: list[Any] = [
        reason
        for construct in stack.node.find_all()
        for entry in construct.node.metadata
        if entry.type == key
        for reason in entry.data.values()
    ]
    assert len(reasons) > 20
    assert all(len(reason.split()) >= 4 for reason in reasons)


def test_a_new_wildcard_without_a_reason_stops_the_synth() -> None:
    from aws_cdk import Stack
    from aws_cdk import aws_iam as iam

    from infra.acknowledged import accept_wildcards

    stack = Stack(App(), "Probe")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    with pytest.raises(KeyError, match="dynamodb:PutItem"):
        accept_wildcards(role, [iam.PolicyStatement(actions=["dynamodb:PutItem"], resources=["*"])])


def test_cfn_lint_is_content(dev: Deployment, prod: Deployment, external: Deployment, tmp_path: Path) -> None:
    """All three in one run: half of its time goes into starting."""
    places = []
    for name, deployment in (("dev", dev), ("prod", prod), ("external", external)):
        places.append(tmp_path / f"{name}.json")
        places[-1].write_text(json.dumps(deployment.template))
    tool = Path(sys.executable).parent / "cfn-lint"
    command = [tool, "--regions", "us-east-1", "--", *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
