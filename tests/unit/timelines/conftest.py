"""Three people who know each other."""

import pytest

from tests.unit.timelines.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """ann, bob and cid; nobody follows anybody."""
    made = Rig()
    made.people("ann", "bob", "cid")
    return made
