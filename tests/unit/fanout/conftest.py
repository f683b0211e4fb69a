"""A rig for each test."""

import pytest

from tests.unit.fanout.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
