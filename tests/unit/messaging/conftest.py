"""Two people who know each other, on one phone each."""

import pytest

from tests.unit.messaging.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """ann and bob, without connections."""
    made = Rig()
    made.person("ann", "phone")
    made.person("bob", "phone")
    return made
