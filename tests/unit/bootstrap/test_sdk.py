"""The trimmed SDK data leads to the same places as the whole."""

from __future__ import annotations

import json
from pathlib import Path

import botocore
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.session import Session, get_session

from tidings.bootstrap.sdk import CREDENTIALS, OURS, TRIMMED, session

WHOLE = json.loads((Path(botocore.__file__).parent / "data" / "endpoints.json").read_bytes())
REGIONS = sorted(region for partition in WHOLE["partitions"] for region in partition["regions"])


def address(of: Session, service: str, region: str) -> tuple[str, str, str]:
    client = of.create_client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
    return client.meta.endpoint_url, client.meta.region_name, client.meta.service_model.signing_name


def test_the_file_is_the_part_of_the_installed_version_about_our_services() -> None:
    """If this fails after an update of botocore: `python layers/trim_endpoints.py`."""
    for partition in WHOLE["partitions"]:
        partition["services"] = {name: entry for name, entry in partition["services"].items() if name in OURS}
    assert json.loads(TRIMMED.read_bytes()) == WHOLE


@pytest.mark.parametrize("service", OURS)
def test_every_region_has_the_same_address(service: str) -> None:
    whole, lean = get_session(), session()
    assert len(REGIONS) > 30
    for region in REGIONS:
        assert address(lean, service, region) == address(whole, service, region)


def test_credentials_can_be_had_elsewhere_than_in_lambda() -> None:
    """An assumed role asks STS, through the same session."""
    known = get_session().get_component("data_loader").list_available_services("service-2")
    for service in CREDENTIALS:
        if service in known:
            assert address(session(), service, "eu-central-1") == address(get_session(), service, "eu-central-1")
    assert {"sts", "sso"} <= set(known)


def test_another_service_is_not_there() -> None:
    with pytest.raises(UnknownServiceError):
        session().create_client("s3", region_name="eu-central-1")
