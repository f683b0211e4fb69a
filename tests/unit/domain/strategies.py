"""Hypothesis strategies for the domain's words."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from tidings.domain.position import MAX_INDEX, Position, make

MAX_MS = 10**13 - 1
TAG_LETTERS = string.ascii_lowercase + "234567"

stamps = st.integers(0, MAX_MS)
tags = st.text(TAG_LETTERS, min_size=8, max_size=8)
positions = st.builds(make, stamps, tags, tags, st.integers(0, MAX_INDEX))
near = st.builds(
    make,
    st.integers(1_000, 1_003),
    st.sampled_from(["a" * 8, "7" * 8, "z" * 8]),
    st.sampled_from(["b" * 8, "2" * 8]),
    st.integers(0, 2),
)
"""Positions that share most of their parts."""
user_ids = st.text([chr(code) for code in range(0x21, 0x7F) if chr(code) != "#"], min_size=1, max_size=128)


def parts(position: Position) -> tuple[int, str, str, int]:
    return position.ms, position.sender, position.frame, position.slot
