"""The AWS SDK with only what our clients need of its data.

The clients come from botocore, which boto3 wraps: without boto3's resources and S3 transfers a start costs less.  And
botocore's own start is mostly the reading of 1.3 MB about the endpoints of 400 services.  `endpoints.json` beside this
module is the part of that file about ours, written by `layers/trim_endpoints.py` from the pinned version; a test
holds it to the installed one.  Together they are a third of what the smallest boto3 program costs to start.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from botocore.loaders import Loader
from botocore.session import Session, get_session

OURS: Final = ("apigatewaymanagementapi", "dynamodb", "sns", "sqs")
CREDENTIALS: Final = ("signin", "sso", "sso-oidc", "sts")
"""What botocore may call by itself, to get credentials, outside Lambda."""

ENDPOINTS: Final = "endpoints"
TRIMMED: Final = Path(__file__).with_name("endpoints.json")


class LeanLoader(Loader):
    """botocore's loader, which neither reads all endpoints nor looks through the folders of all services."""

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Data and the path it counts as coming from."""
        if name != ENDPOINTS:
            found: tuple[Any, str] = super().load_data_with_path(name)
            return found
        return json.loads(TRIMMED.read_bytes()), f"{self.BUILTIN_DATA_PATH}/{ENDPOINTS}"

    def list_available_services(self, type_name: str) -> list[str]:
        """What a client may be made for.  botocore only looks whether the one asked for is among them."""
        del type_name
        return [*OURS, *CREDENTIALS]


@cache
def session() -> Session:
    """Credentials and service descriptions, shared by the clients."""
    made = get_session()
    made.register_component("data_loader", LeanLoader())
    return made
