"""Size, runtime, environment and code of the functions."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tests.infra.templates import HANDLERS, ROOT, Deployment
from tidings.settings import Settings, read_settings
from tidings.storage import keys

FIELDS = {f"TIDINGS_{each.name.upper()}" for each in fields(Settings) if each.name != "extra"}
TABLES = {table.variable for table in keys.TABLES}
COMMON = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL", "TIDINGS_STAGE"}
TIMES = {"TIDINGS_FENCE_MS", "TIDINGS_SETTLE_MS", "TIDINGS_CALL_MS"}
SENDING = {"TIDINGS_SEND_RATE", "TIDINGS_SEND_BURST"}
POSTING = {"TIDINGS_POST_RATE", "TIDINGS_POST_BURST", "TIDINGS_ENGAGE_RATE", "TIDINGS_ENGAGE_BURST"}
LANES = {"TIDINGS_QUEUE_SMALL", "TIDINGS_QUEUE_LARGE"}
PLATFORMS = {"TIDINGS_PLATFORM_FCM", "TIDINGS_PLATFORM_APNS"}

# What each function cannot do without, in a deployment that has everything.
NEEDED = {
    "Authorizer": {"TIDINGS_ISSUER", "TIDINGS_AUDIENCE", "TIDINGS_ALGORITHMS", "TIDINGS_JWKS_URL", "TIDINGS_ORIGINS"},
    "Connect": TIMES | PLATFORMS | {"TIDINGS_CALLBACK_URL", "TIDINGS_MAX_DEVICES"},
    "Send": TIMES | {"TIDINGS_CALLBACK_URL", "TIDINGS_RETENTION_DAYS", "TIDINGS_MAX_DEVICES"} | SENDING,
    "Timeline": TIMES | {"TIDINGS_QUEUE_SMALL", "TIDINGS_FANOUT_BOUND_MS", "TIDINGS_RETENTION_DAYS"} | POSTING,
    "Plan": TIMES | LANES | {"TIDINGS_QUEUE_LIVE", "TIDINGS_PUSH_MEMBERS", "TIDINGS_RETENTION_DAYS"},
    "Work": TIMES
    | LANES
    | {"TIDINGS_CALLBACK_URL", "TIDINGS_FANOUT_BOUND_MS", "TIDINGS_PUSH_MEMBERS", "TIDINGS_RETENTION_DAYS"},
    "Push": PLATFORMS | {"TIDINGS_PUSH_AFTER_MS", "TIDINGS_RETENTION_DAYS"},
}


@pytest.mark.parametrize("name", HANDLERS)
def test_current_runtime_on_arm(any_stage: Deployment, name: str) -> None:
    _, made = any_stage.function(name)
    assert made["Runtime"] == "python3.13"
    assert made["Architectures"] == ["arm64"]
    assert len(made["Layers"]) == 2
    assert 128 <= made["MemorySize"] <= 1_769


@pytest.mark.parametrize("name", ["Authorizer", "Connect", "Send", "Timeline"])
def test_a_function_gives_up_before_the_gateway_does(dev: Deployment, name: str) -> None:
    assert dev.function(name)[1]["Timeout"] < 29


@pytest.mark.parametrize("name", HANDLERS)
def test_the_handler_exists(name: str) -> None:
    module = HANDLERS[name].rpartition(".")[0]
    assert (ROOT / Path(*module.split("."))).with_suffix(".py").is_file()


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_is_told_all_it_needs(prod: Deployment, name: str) -> None:
    assert NEEDED[name] | COMMON <= set(prod.variables(name))


def test_every_setting_reaches_some_function_and_no_other_name_does(prod: Deployment, external: Deployment) -> None:
    told = {variable for name in HANDLERS for variable in prod.variables(name)}
    assert told - COMMON - TABLES == FIELDS - {"TIDINGS_STAGE"}
    assert {variable for name in HANDLERS for variable in external.variables(name)} <= FIELDS | TABLES | COMMON


def test_settings_arrive_with_their_values(external: Deployment) -> None:
    plain = {name: value for name, value in external.variables("Send").items() if isinstance(value, str)}
    read = read_settings(plain)
    assert (read.fence_ms, read.settle_ms, read.call_ms, read.retention_days) == (1_000, 10_000, 8_000, 30)
    checks = read_settings(external.variables("Authorizer"))
    assert (checks.issuer, checks.audience, checks.jwks_url) == (
        "http://issuer.test",
        "one,two",
        "http://127.0.0.1:9/keys",
    )
    assert checks.stage == "dev"


def test_without_push_nobody_is_told_of_a_platform(dev: Deployment) -> None:
    assert not any(PLATFORMS & set(dev.variables(name)) for name in HANDLERS)


@pytest.mark.parametrize("name", HANDLERS)
def test_logs_of_their_own_that_expire(any_stage: Deployment, name: str) -> None:
    _, made = any_stage.function(name)
    group = made["LoggingConfig"]["LogGroup"]["Ref"]
    assert any_stage.of("AWS::Logs::LogGroup")[group]["RetentionInDays"] in (7, 90)
    others = [any_stage.function(other)[1]["LoggingConfig"]["LogGroup"]["Ref"] for other in HANDLERS if other != name]
    assert group not in others


def test_prod_traces_and_keeps_logs_longer(dev: Deployment, prod: Deployment) -> None:
    assert prod.function("Send")[1]["TracingConfig"] == {"Mode": "Active"}
    assert "TracingConfig" not in dev.function("Send")[1]
    assert {each["RetentionInDays"] for each in prod.of("AWS::Logs::LogGroup").values()} == {90}
    assert {each["RetentionInDays"] for each in dev.of("AWS::Logs::LogGroup").values()} == {7}


def test_only_the_worker_may_call_itself_through_its_queue(any_stage: Deployment) -> None:
    looping = {name for name in HANDLERS if any_stage.function(name)[1].get("RecursiveLoop") == "Allow"}
    assert looping == {"Work"}
