"""The construct in somebody else's app, and the thin app's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_sns as sns

from infra.backend import Tidings
from infra.settings import ALGORITHMS, SettingsError, TidingsSettings, from_context
from tests.infra.templates import ROOT, WITHOUT_LAYERS
from tidings.auth.keyset import KEY_TYPES
from tidings.bootstrap.clients import CONFIG

OTHER_APP = """
import sys
sys.path.insert(0, {root!r})
sys.path[:] = [each for each in sys.path if not each.endswith("layers/tidings/python")]
from aws_cdk import App, Stack
from infra.backend import Tidings
from infra.settings import TidingsSettings

app = App(outdir="out", context={context!r})
stack = Stack(app, "Elsewhere")
Tidings(stack, "Chat", TidingsSettings(stage="prod"))
app.synth()
"""


def test_another_app_in_another_directory_uses_the_construct(tmp_path: Path) -> None:
    """Another current directory, and not even our layer on the path."""
    script = tmp_path / "app.py"
    script.write_text(OTHER_APP.format(root=str(ROOT), context=WITHOUT_LAYERS))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    template = json.loads((tmp_path / "out" / "Elsewhere.template.json").read_text())
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert kinds.count("AWS::Lambda::Function") == 7
    code = json.loads((tmp_path / "out" / "Elsewhere.assets.json").read_text())["files"]
    handlers = [
        tmp_path / "out" / each["source"]["path"] / "functions" / "push" / "platform.py" for each in code.values()
    ]
    assert any(each.is_file() for each in handlers)


def test_two_backends_live_in_one_stack(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), context=WITHOUT_LAYERS)
    stack = Stack(app, "Pair")
    for name in ("One", "Two"):
        Tidings(stack, name, TidingsSettings(account_log_role=False, fcm_secret=f"secret-{name}"))
    app.synth()
    template = json.loads((tmp_path / "Pair.template.json").read_text())
    names = [
        each["Properties"].get("QueueName")
        for each in template["Resources"].values()
        if each["Type"] == "AWS::SQS::Queue"
    ]
    named = [name for name in names if name]
    assert len(named) == len(set(named)) == 4
    applications = [each for each in template["Resources"].values() if each["Type"] == "Custom::PlatformApplication"]
    assert len({each["Properties"]["Name"] for each in applications}) == 2


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"stage": "staging"}, "stage must be one of dev, prod"),
        ({"stage": "prod", "issuer": "http://x", "audience": "a"}, "must be https"),
        ({"stage": "prod", "issuer": "https://x", "audience": "a", "jwks_url": "http://x/k"}, "must be https"),
        ({"stage": "prod", "origins": "*"}, "is for dev"),
        ({"issuer": "ftp://x", "audience": "a"}, "must be an https address"),
        ({"issuer": "https://x"}, "needs audience"),
        ({"audience": "a"}, "give issuer too"),
        ({"issuer": "https://x", "audience": "a", "algorithms": "HS256"}, "must be asymmetric"),
        ({"issuer": "https://x", "audience": "a", "algorithms": "RS999"}, "must be asymmetric"),
        ({"issuer": "https://x", "audience": "a", "algorithms": ","}, "must be asymmetric"),
        ({"issuer": "https://x", "audience": " , "}, "needs audience"),
        ({"issuer": "https://x y", "audience": "a"}, "must be an https address"),
        ({"issuer": "https://", "audience": "a"}, "must be an https address"),
        ({"origins": "chat.example"}, "without a path"),
        ({"origins": "https://chat.example, https://chat.example/app"}, "'https://chat.example/app' is none"),
        ({"log_level": "LOUD"}, "log_level must be one of"),
        ({"alarm_topic": "alarms"}, "alarm_topic must be the ARN"),
        ({"fence_ms": "0"}, "fence_ms must be between"),
        ({"call_ms": "0"}, "call_ms must be between"),
        ({"push_after_ms": "60000"}, "push_after_ms must be between"),
        ({"fence_ms": "25000"}, "settle_ms must be at least"),
        ({"hot_page_ms": "30001"}, "fanout_bound_ms must be at least"),
        ({"always_pull": "0"}, "always_pull must be between"),
        ({"max_pulled": "501"}, "max_pulled must be between"),
        ({"settle_ms": "900001"}, "settle_ms must be between"),
        ({"connect_rate": "0"}, "connect_rate must be between"),
        ({"fence_ms": "soon"}, "must be a whole number"),
        ({"push_window_s": "301"}, "between 0 and 300"),
        ({"small_concurrency": "1"}, "between 2 and"),
        ({"retention_days": "0"}, "between 1 and"),
        ({"account_log_role": "perhaps"}, "true or false"),
        ({"fcm_secret": "a", "fcm_application": "b"}, "not both"),
    ],
)
def test_a_wrong_setting_is_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        from_context(context.get)


@pytest.mark.parametrize(
    "context",
    [
        {"origins": "*"},
        {"origins": "https://chat.example/, http://localhost:3000,capacitor://localhost"},
        {"issuer": "https://x", "audience": "a, b", "algorithms": "ES256, EdDSA"},
        {"log_level": "debug"},
        {"alarm_topic": "arn:aws-cn:sns:cn-north-1:111111111111:alarms"},
    ],
)
def test_what_is_right_is_taken(context: dict[str, str]) -> None:
    from_context(context.get)


def test_a_call_is_never_said_to_be_shorter_than_the_clients_let_it_be() -> None:
    """Two attempts, and at most a second between them."""
    attempts = CONFIG.retries["total_max_attempts"]
    longest = (attempts * (CONFIG.connect_timeout + CONFIG.read_timeout) + attempts - 1) * 1_000
    assert TidingsSettings(call_ms=int(longest)).call_ms == longest
    with pytest.raises(SettingsError, match="call_ms must be between"):
        TidingsSettings(call_ms=int(longest) - 1)


def test_the_algorithms_are_those_of_the_authorizer() -> None:
    assert set(ALGORITHMS) == set(KEY_TYPES)


def test_another_app_gives_what_does_not_exist_yet(tmp_path: Path) -> None:
    """A pool and a topic of its own: their values are known to CloudFormation only."""
    app = App(outdir=str(tmp_path), context=WITHOUT_LAYERS)
    stack = Stack(app, "Own")
    pool, topic = cognito.UserPool(stack, "Pool"), sns.Topic(stack, "Topic")
    settings = TidingsSettings(
        stage="prod",
        issuer=pool.user_pool_provider_url,
        audience=pool.add_client("Client").user_pool_client_id,
        alarm_topic=topic.topic_arn,
    )
    Tidings(stack, "Chat", settings)
    app.synth()
    resources = json.loads((tmp_path / "Own.template.json").read_text())["Resources"].values()
    told = [each["Properties"]["Environment"]["Variables"] for each in resources if "Lambda::Function" in each["Type"]]
    issuers = [each["TIDINGS_ISSUER"] for each in told if "TIDINGS_ISSUER" in each]
    assert issuers == [{"Fn::GetAtt": [stack.get_logical_id(pool.node.default_child), "ProviderURL"]}]


def test_settings_from_context_have_their_types() -> None:
    given = {"stage": "prod", "fence_ms": "1000", "self_sign_up": "TRUE", "apns_sandbox": False, "push_window_s": 1}
    read = from_context(given.get)
    assert read == TidingsSettings(stage="prod", fence_ms=1_000, self_sign_up=True, push_window_s=1)
    assert from_context({}.get) == TidingsSettings()


def test_the_deploy_page_lists_every_setting() -> None:
    rows = [line for line in (ROOT / "docs" / "deploy.md").read_text().splitlines() if line.startswith("| `")]
    names = {each.strip(" `") for row in rows for each in row.split("|")[1].split(",")}
    assert names >= {each.name for each in fields(TidingsSettings)}


def test_an_http_issuer_is_for_dev() -> None:
    read = from_context({"issuer": "http://127.0.0.1:9", "audience": "a"}.get)
    assert read.keys_url == "http://127.0.0.1:9/.well-known/jwks.json"


@pytest.mark.parametrize(("field", "value"), [("fcm_application", "arn:nonsense"), ("log_days", 8)])
def test_what_only_a_construct_can_tell_is_also_one_sentence(field: str, value: object) -> None:
    stack = Stack(App(context=WITHOUT_LAYERS), "Wrong")
    with pytest.raises(Exception, match=r"Not the ARN|log_days must be one of"):
        Tidings(stack, "Chat", TidingsSettings(**{field: value}))  # type: ignore[arg-type]


def test_the_app_says_it_in_one_line() -> None:
    environment = os.environ | {"CDK_CONTEXT_JSON": json.dumps({"stage": "staging"})}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Settings: stage must be one of dev, prod" in done.stderr
    assert "Traceback" not in done.stderr
