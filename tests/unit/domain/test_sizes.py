"""An event never takes more room in a frame than was counted for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.strategies import positions, user_ids
from tidings.domain.events import (
    Change,
    Edit,
    Event,
    GroupChange,
    Hidden,
    Message,
    Reaction,
    Receipt,
    ReceiptKind,
    Setting,
    Unsend,
)
from tidings.domain.posts import PostRef, TimelineEntry
from tidings.domain.sizes import ENTITY, MOST_ENTITIES, NAMES, PAGE_BYTES, entry_bytes, fitting, wire_bytes
from tidings.protocol.events import to_wire
from tidings.protocol.frames import encode
from tidings.protocol.views import post_view
from tidings.routes.timeline import page_reply
from tidings.services.embeds import ROOM
from tidings.services.timeline import Page

at = positions.map(str)
chats = user_ids.map(lambda user_id: f"dm#{user_id}#~")
readable = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
messages = st.builds(Message, chats, at, user_ids, readable, readable, at)
several = st.lists(user_ids, max_size=5).map(tuple)
details = st.dictionaries(st.sampled_from(["title", "picture", "muted_until"]), readable).map(
    lambda given: tuple(sorted(given.items()))
)
full = st.builds(Message, chats, at, user_ids, readable, readable, at, at, several, at)
readers = st.none() | user_ids
receipts = st.builds(Receipt, chats, at, readers, st.sampled_from(ReceiptKind), st.integers(0, 10**13), at)
others = st.one_of(
    st.builds(Edit, chats, at, user_ids, readable, at, readable, at),
    st.builds(Unsend, chats, at, user_ids, readable, at, at),
    st.builds(Reaction, chats, at, user_ids, readable, at, readable, at),
    st.builds(GroupChange, chats, at, user_ids, readable, st.sampled_from(Change), several, details, at),
    st.builds(Setting, chats, at, details, at),
    st.builds(Hidden, chats, at, at, at),
)


@given(st.one_of(messages, full, receipts, others))
def test_the_count_is_never_too_small_and_not_much_too_large(event: Event) -> None:
    real = len(to_wire(event).model_dump_json().encode())
    assert real <= wire_bytes(event) <= real + NAMES


@pytest.mark.parametrize(
    "text", ["x" * 4_096, "🎈" * 4_096, "\u0001" * 4_096, '"' * 4_096, "\u007f\u0085\u2028" * 1_000]
)
def test_the_largest_message_fits_a_frame(text: str) -> None:
    event = Message("dm#a#b", "1", "a", "1", text, "1")
    assert len(to_wire(event).model_dump_json().encode()) <= wire_bytes(event) <= 32 * 1024


pieces = st.lists(st.sampled_from(["@a ", "#b ", "c.com ", "#", "@", ".", "é", "🎈 "]), max_size=120).map("".join)


@given(user_ids, at, readable | pieces, st.booleans(), st.none() | st.builds(PostRef, user_ids, at))
def test_the_count_of_a_post_likewise(
    author: str, position: str, text: str, truncated: bool, ref: PostRef | None
) -> None:
    entry = TimelineEntry(author, position, text, truncated, reply_to=ref, quote=ref, repost_of=ref)
    real = len(encode(post_view(entry)).encode())
    spare = ENTITY * min(MOST_ENTITIES, sum(map(text.count, "@＠#＃.")))
    assert real <= entry_bytes(entry) <= real + NAMES + spare


@pytest.mark.parametrize("text", ["#a " * 1_365, "🎈" * 4_096, '"@b' * 1_365, "x" * 4_096, "a.co " * 819, "#a #b"])
def test_the_largest_page_with_all_it_quotes_fits_a_frame(text: str) -> None:
    """Of the gateway's 128 KB."""
    long = "u" * 128
    position = "1795442400123-aaaaaaaa-aaaaaaaa-00"
    ref = PostRef(long, position)
    entries = [TimelineEntry(long, position, text, reply_to=ref, quote=ref)] * 50
    page = Page(entries[: fitting(map(entry_bytes, entries), PAGE_BYTES)], "b" * 160, "s" * 160)
    quoted = [TimelineEntry(long, position, text[:200], True, quote=ref)] * 50
    room = quoted[: fitting(map(entry_bytes, quoted), ROOM)]
    assert len(encode(page_reply("9" * 64, page, room)).encode()) <= 128 * 1024


@pytest.mark.parametrize(
    ("sizes", "fit"), [([], 0), ([9], 1), ([5, 5], 1), ([4, 4], 2), ([2, 2, 2, 9], 3), ([9, 1], 1), ([8, 0], 2)]
)
def test_a_page_holds_what_fits_and_one_at_least(sizes: list[int], fit: int) -> None:
    assert fitting(sizes, 8) == fit
