"""What the functions do not load when they start.  How long that takes is a benchmark's business (`make bench`)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.imports import SUBJECTS, WIRE, environment

PACKAGES = ("boto3", "s3transfer", "aws_xray_sdk")
NEVER = {
    "authorizer": ("botocore", "pydantic", "aws_lambda_powertools", "cryptography.x509.base", "tidings.storage"),
    "push": ("pydantic", "tidings.router"),
    "plan": ("tidings.router",),
    "work": ("tidings.router",),
}


def loaded(name: str) -> set[str]:
    """The modules that a function has loaded when it is wired."""
    handler, bootstrap, build = SUBJECTS[name]
    program = WIRE.format(handler=handler, bootstrap=bootstrap, build=build) + "import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_start_loads_no_more_than_it_needs(name: str) -> None:
    modules = loaded(name)
    assert f"tidings.bootstrap.{SUBJECTS[name][1]}" in modules
    assert not modules & {*PACKAGES, *NEVER.get(name, ())}
