"""A conversation as its sender meets it: how it is delivered, to whom, and what the caller may see in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.errors import TidingsError
from tidings.domain.events import Path
from tidings.services.direct import Begin


class Readers(Protocol):
    """Those, the caller aside, whose mailboxes get what stands at a position, where the path is `INLINE`."""

    def __call__(self, position: str, about: str = "", /) -> Sequence[str]:
        """If it is about the message at `about`, only those who may see that one."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation that the caller may write to, or might until a moment ago.

    `path` is how what is written now is delivered.  `withheld`: shown to nobody but the caller.  `sees(position)`:
    whether the caller may read what stands there; `present(users)`: those of some users who are in it now; `admin`: the
    caller may unsend what others wrote.  `begin(position, fence)` has to be done before the first event is written.
    `refused`: nothing new is written here for the caller; a request that was carried out before is acked all the same.
    """

    conversation_id: str
    path: Path
    readers: Readers
    withheld: bool = False
    sees: Callable[[str], bool] = lambda _: True
    present: Callable[[Iterable[str]], frozenset[str]] = frozenset
    admin: bool = False
    begin: Begin | None = None
    refused: TidingsError | None = None
