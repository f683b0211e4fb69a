"""Privacy settings: whatever order frames run in, the later one's values stand."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeWorld
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.privacy import Audience, Previews, Privacy, PrivacyChange
from tidings.services.privacy import PrivacySettings

CHANGES = st.builds(
    PrivacyChange,
    st.none() | st.sampled_from(Audience),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(Previews),
)


def frame(number: int) -> Caller:
    return Caller(Identity("ann", "phone", 2_000_000_000), Connection("phone", "c", 1), number, f"f{number}")


def test_the_defaults() -> None:
    assert PrivacySettings(FakeWorld().users).change(frame(1), PrivacyChange()) == Privacy()


@given(st.lists(CHANGES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_frames_may_run_in_any_order_and_twice(changes: list[PrivacyChange], random: Random) -> None:
    expected = Privacy()
    for change in changes:
        expected = Privacy(
            change.last_seen or expected.last_seen,
            expected.read_receipts if change.read_receipts is None else change.read_receipts,
            change.previews or expected.previews,
        )
    settings = PrivacySettings(FakeWorld().users)
    runs = list(enumerate(changes)) * 2
    random.shuffle(runs)
    for number, change in runs:
        settings.change(frame(number + 1), change)
    assert settings.change(frame(99), PrivacyChange()) == expected
