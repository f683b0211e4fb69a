"""1:1 conversation ids: the same from both sides, for two users only, readable back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.strategies import user_ids
from tidings.domain.conversation import check_user_id, direct_id, members, other
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound


@given(user_ids, user_ids)
def test_the_id_is_made_of_both_users(one: str, two: str) -> None:
    if one == two:
        with pytest.raises(InvalidRequest):
            direct_id(one, two)
        return
    made = direct_id(one, two)
    assert made == direct_id(two, one)
    assert set(members(made)) == {one, two}
    assert other(made, one) == two
    assert other(made, two) == one


@given(user_ids, user_ids, user_ids, user_ids)
def test_other_pairs_have_other_ids(a: str, b: str, c: str, d: str) -> None:
    if a != b and c != d:
        assert (direct_id(a, b) == direct_id(c, d)) == ({a, b} == {c, d})


@given(st.text(max_size=140))
def test_a_user_id_is_printable_ascii_without_a_hash(text: str) -> None:
    good = 1 <= len(text) <= 128 and all("!" <= each <= "~" and each != "#" for each in text)
    if good:
        assert check_user_id(text) == text
    else:
        with pytest.raises(InvalidRequest):
            check_user_id(text)


@pytest.mark.parametrize(
    "text", ["", "dm", "dm#", "dm#a", "dm#a#a", "dm#b#a", "dm#a#b#c", "xx#a#b", "dm#a# b", "dm#a#b\n", "dm##a"]
)
def test_what_is_no_conversation_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        members(text)


def test_a_stranger_is_kept_out() -> None:
    with pytest.raises(Forbidden):
        other(direct_id("ann", "bob"), "cid")
