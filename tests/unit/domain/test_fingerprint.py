"""Fingerprints: the same for the same request, another for any other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.fingerprint import fingerprint

values = st.one_of(st.text(max_size=5), st.integers(-3, 3), st.booleans(), st.none())
fields = st.dictionaries(st.text(max_size=3), values, max_size=4)


def typed(request: dict[str, object]) -> dict[str, tuple[str, object]]:
    """True is not 1 here, as it is not in JSON."""
    return {name: (type(value).__name__, value) for name, value in request.items()}


@given(st.text(max_size=5), fields)
def test_it_depends_on_the_content_only(action: str, request: dict[str, object]) -> None:
    made = fingerprint(action, request)
    assert len(made) == 22
    assert made == fingerprint(action, dict(reversed(list(request.items()))))


@given(st.sampled_from(["send", "post"]), fields, st.sampled_from(["send", "post"]), fields)
def test_another_request_has_another(one: str, ones: dict[str, object], other: str, others: dict[str, object]) -> None:
    same = one == other and typed(ones) == typed(others)
    assert (fingerprint(one, ones) == fingerprint(other, others)) == same
