"""Templates, each synthesized once a session."""

from __future__ import annotations

import pytest

from infra.settings import TidingsSettings
from tests.infra.templates import Deployment, by_command_line, in_process

TOPIC = "arn:aws:sns:eu-central-1:111122223333:on-call"
APPLICATION = "arn:aws:sns:eu-central-1:111122223333:app/GCM/phones"


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The default: stage dev, user pool, no push; layers built."""
    return by_command_line(tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Stage prod with push and everything else that can be given."""
    settings = TidingsSettings(
        stage="prod",
        origins="https://chat.example",
        fcm_secret="tidings/fcm",
        apns_secret="tidings/apns",
        alarm_topic=TOPIC,
    )
    return in_process(settings, tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session")
def external(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Somebody else's issuer, an existing platform application, no log role of ours."""
    settings = TidingsSettings(
        issuer="http://issuer.test",
        audience="one,two",
        jwks_url="http://127.0.0.1:9/keys",
        fcm_application=APPLICATION,
        account_log_role=False,
        fence_ms=1_000,
        settle_ms=10_000,
    )
    return in_process(settings, tmp_path_factory.mktemp("external"))


@pytest.fixture(params=["dev", "prod", "external"])
def any_stage(request: pytest.FixtureRequest) -> Deployment:
    """Each of the templates in turn: for what must hold in all."""
    deployment: Deployment = request.getfixturevalue(request.param)
    return deployment
