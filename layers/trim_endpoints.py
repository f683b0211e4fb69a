"""Writes `tidings/bootstrap/endpoints.json`: the part of botocore's endpoints that the functions' clients need.

python layers/trim_endpoints.py        after a new version of botocore; a test says when
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore

from tidings.bootstrap.sdk import OURS, TRIMMED

SOURCE = Path(botocore.__file__).parent / "data" / "endpoints.json"


def trimmed() -> dict[str, Any]:
    """All partitions and regions of the installed botocore, but only our services."""
    data: dict[str, Any] = json.loads(SOURCE.read_bytes())
    for partition in data["partitions"]:
        partition["services"] = {name: entry for name, entry in partition["services"].items() if name in OURS}
    return data


if __name__ == "__main__":
    TRIMMED.write_text(json.dumps(trimmed(), indent=1, sort_keys=True) + "\n")
