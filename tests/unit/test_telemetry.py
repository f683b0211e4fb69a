"""Log lines and metrics as CloudWatch reads them."""

import json

import pytest

from tidings.bootstrap.telemetry import EmbeddedMeter, FieldLog


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"tidings-{request.node.name}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tidings")


def test_a_count_is_one_line_of_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    EmbeddedMeter().count("LiveGone", 3)
    line = json.loads(capsys.readouterr().out)
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "Tidings"
    assert metrics["Metrics"][0]["Name"] == "LiveGone"
    assert line["LiveGone"] == [3.0]


@pytest.mark.parametrize("level", ["info", "error"])
def test_a_line_has_its_fields_and_names_whoever_logged(capsys: pytest.CaptureFixture[str], level: str) -> None:
    getattr(FieldLog(), level)("refused", code="conflict", route="send")
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["level"], line["code"], line["route"]) == (
        "refused",
        level.upper(),
        "conflict",
        "send",
    )
    assert line["location"].startswith("test_a_line_has_its_fields")
