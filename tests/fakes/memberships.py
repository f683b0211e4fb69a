"""The readers' own sides of conversations in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.watermark import Step, Watermark, step
from tidings.ports import Advance, Membership


@dataclass
class _Row:
    since: str = ""
    joined_at: str = ""
    left_at: str = ""
    values: dict[str, tuple[str, int | bool]] = field(default_factory=dict)


class FakeMemberships:
    """Rows and watermarks by (user id, conversation id)."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], _Row] = {}
        self.marks: dict[tuple[str, str], dict[ReceiptKind, Watermark]] = {}
        self.gone: set[tuple[str, str, str]] = set()

    def get(self, user_id: str, conversation_id: str, *, strong: bool = False) -> Membership | None:
        key = (user_id, conversation_id)
        if key not in self.rows and key not in self.marks:
            return None
        row = self.rows.get(key, _Row())
        values = {name: value for name, (_, value) in row.values.items()}
        blocked_at = row.values.get("blocked", ("", 0))[0]
        muted = int(values.pop("muted_until", 0))
        flags = {name: bool(value) for name, value in values.items()}
        marks = dict(self.marks.get(key, {}))
        set_at = {name: at for name, (at, _) in row.values.items()}
        return Membership(
            conversation_id,
            row.since,
            marks,
            muted,
            blocked_at=blocked_at,
            left=bool(row.left_at),
            joined_at=row.joined_at,
            left_at=row.left_at,
            set_at=set_at,
            **flags,
        )

    def many(self, wanted: Iterable[tuple[str, str]], *, strong: bool = False) -> Mapping[tuple[str, str], Membership]:
        found = {key: self.get(*key) for key in wanted}
        return {key: row for key, row in found.items() if row is not None}

    def page(self, user_id: str, after: str | None, limit: int) -> tuple[list[Membership], str | None]:
        mine = sorted({chat for user, chat in (*self.rows, *self.marks) if user == user_id and chat > (after or "")})
        rows = [row for chat in mine[:limit] if (row := self.get(user_id, chat)) is not None]
        return rows, mine[limit - 1] if len(mine) > limit else None

    def begin(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        fence.check()
        row = self.rows.setdefault((user_id, conversation_id), _Row())
        if row.joined_at < position and row.left_at < position:
            row.since, row.joined_at, row.left_at = row.since or position, position, ""

    def end(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        fence.check()
        row = self.rows.setdefault((user_id, conversation_id), _Row())
        if row.joined_at < position and row.left_at < position:
            row.since, row.left_at = row.since or position, position

    def set(
        self, user_id: str, conversation_id: str, values: Mapping[str, int | bool], position: str, fence: Fence
    ) -> None:
        row = self.rows.setdefault((user_id, conversation_id), _Row())
        for name, value in values.items():
            fence.check()
            if row.values.get(name, ("", 0))[0] < position:
                row.values[name] = (position, value)

    def hide(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        fence.check()
        self.gone.add((user_id, conversation_id, position))

    def hidden(self, user_id: str, conversation_id: str, after: str, before: str) -> frozenset[str]:
        mine = (at for user, chat, at in self.gone if (user, chat) == (user_id, conversation_id))
        return frozenset(at for at in mine if after < at < before)

    def all_hidden(self, user_id: str) -> Mapping[str, frozenset[str]]:
        mine = {chat for user, chat, _ in self.gone if user == user_id}
        return {chat: self.hidden(user_id, chat, "", "~") for chat in mine}

    def watermarks(self, user_id: str, conversation_id: str) -> Mapping[ReceiptKind, Watermark]:
        return dict(self.marks.get((user_id, conversation_id), {}))

    def advance(
        self,
        user_id: str,
        conversation_id: str,
        kind: ReceiptKind,
        mark: Watermark,
        fence: Fence,
        *,
        begun: bool = False,
    ) -> Advance:
        fence.check()
        before = self.get(user_id, conversation_id)
        refused = before is not None and before.blocked and kind is not ReceiptKind.SEEN
        missing = begun and (before is None or not (before.since or before.left))
        if refused or missing or step(before.marks.get(kind) if before else None, mark) is not Step.FORWARD:
            return Advance(False, before)
        self.marks.setdefault((user_id, conversation_id), {})[kind] = mark
        return Advance(True, before)
