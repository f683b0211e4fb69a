"""What travels on the lanes: jobs of ids and a cursor, never of contents, as JSON.

    chunk   {"v":1, "kind":"post"|"unpost"|…, "owner", "position", "shard", "planned_at", "recipients":[…], …}
    plan    {"v":1, "kind":"plan", "of":"post"|…, "owner", "position", "shard", …}
    task    {"v":1, "kind":"task", "of":"cross"|…, "owner", "position", …}
    live    {"v":1, "kind":"live", "owner", "position"}
    news    {"v":1, "kind":"news", "author", "position", "at", "users":[…]}
    edge    {"v":1, "kind":"backfill"|"purge", "user", "author", "position", …}

Every job may carry a `cursor` (where to go on) and `tries` (how often it was put off).  Times are epoch ms.  A change
that an older worker would misread gets another `v`: it then fails there and waits in the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from tidings.ports.timelines import Lane

VERSION: Final = 1
SMALL: Final[Lane] = "small"
LARGE: Final[Lane] = "large"
LIVE: Final[Lane] = "live"
"""For live frames that nobody waits for: what is not done within seconds is dropped."""
LONGEST_DELAY_MS: Final = 900_000
"""SQS holds a message back for 15 minutes at most; a job that is due later is put back several times."""


class PoisonJob(ValueError):
    """A job that no worker of this version can do: it belongs into the dead-letter queue.  Names no contents."""


@dataclass(frozen=True, slots=True)
class ChunkJob:
    """Apply the effect of `kind` to some of the audience of (`owner`, `position`).

    `planned_at` was read before the audience was.  `large` names the lane.  `cursor` is the last recipient that is
    done.
    """

    kind: str
    owner: str
    position: str
    shard: int
    planned_at: int
    recipients: tuple[str, ...]
    large: bool = False
    cursor: str | None = None
    tries: int = 0

    @property
    def rest(self) -> tuple[str, ...]:
        """The recipients after the cursor."""
        if self.cursor is None:
            return self.recipients
        return self.recipients[self.recipients.index(self.cursor) + 1 :]


@dataclass(frozen=True, slots=True)
class PlanJob:
    """Plan the audience of kind `of`, from `shard` and the member after `cursor` on, not before `due`.

    `large` says that the audience is known to be a large one, and names the lane.
    """

    of: str
    owner: str
    position: str
    shard: int = 0
    cursor: str | None = None
    large: bool = False
    due: int = 0
    tries: int = 0
    kind: str = "plan"


@dataclass(frozen=True, slots=True)
class TaskJob:
    """Do the task `of` for `owner` (a conversation), not before `due`.  It has no audience to be cut.

    `position` says which one, where there can be several; `cursor` is the task's own note of where to go on.
    """

    of: str
    owner: str
    position: str = ""
    cursor: str | None = None
    due: int = 0
    tries: int = 0
    kind: str = "task"


@dataclass(frozen=True, slots=True)
class LiveJob:
    """Post the event at `position` of the conversation `owner` to the devices that watch it."""

    owner: str
    position: str
    kind: str = "live"


@dataclass(frozen=True, slots=True)
class NewsJob:
    """Tell of a post, at `at`, those of `users` who watch their home timeline; without users, who pulls the author."""

    author: str
    position: str
    at: int
    users: tuple[str, ...] = ()
    kind: str = "news"


@dataclass(frozen=True, slots=True)
class EdgeJob:
    """Bring `user`'s home timeline into line with the edge to `author` that was written at `position`.

    `final` marks the second run, which nothing late can follow.  A backfill brings posts from `since` on, a purge looks
    at posts up to `until` and goes on below the position `cursor`.
    """

    kind: str
    user: str
    author: str
    position: str
    final: bool = False
    due: int = 0
    until: int = 0
    cursor: str | None = None
    tries: int = 0
    since: int = 0


Job = ChunkJob | PlanJob | TaskJob | LiveJob | NewsJob | EdgeJob


def lane_of(job: Job) -> Lane:
    """The lane that a job belongs on: whatever has a large audience keeps out of the small one."""
    if isinstance(job, LiveJob | NewsJob):
        return LIVE
    return LARGE if isinstance(job, ChunkJob | PlanJob) and job.large else SMALL


def delay_of(job: Job, now: int) -> int:
    """For how long a lane holds a job back: until it is due, or as long as SQS can."""
    due = 0 if isinstance(job, ChunkJob | LiveJob | NewsJob) else job.due
    return min(max(0, due - now), LONGEST_DELAY_MS)


EDGE_KINDS: Final = ("backfill", "purge")


def encode(job: Job) -> dict[str, object]:
    """The job as a JSON-able object; what stands at its default is left out."""
    body: dict[str, object] = {"v": VERSION}
    for each in fields(job):
        value = getattr(job, each.name)
        if each.name == "kind" or value != each.default:
            body[each.name] = list(value) if isinstance(value, tuple) else value
    return body


def decode(body: str) -> Job:
    """The job in the body of a message.  Raises `PoisonJob`."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise PoisonJob("the body is no JSON") from None
    if not isinstance(given, dict) or given.pop("v", None) != VERSION:
        raise PoisonJob("not an object of this version")
    kind = given.get("kind")
    if kind == "plan":
        return PlanJob(**_checked(PlanJob, given))
    if kind == "live":
        return LiveJob(**_checked(LiveJob, given))
    if kind == "news":
        return NewsJob(**_checked(NewsJob, given))
    if kind == "task":
        return TaskJob(**_checked(TaskJob, given))
    if kind in EDGE_KINDS:
        return EdgeJob(**_checked(EdgeJob, given))
    job = ChunkJob(**_checked(ChunkJob, given))
    if not job.recipients or (job.cursor is not None and job.cursor not in job.recipients):
        raise PoisonJob("recipients and cursor do not fit")
    return job


def _checked(model: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` as arguments of `model`: every value of its field's type, nothing missing and nothing unknown."""
    known = {each.name: each for each in fields(model)}
    if unknown := given.keys() - known.keys():
        raise PoisonJob(f"unknown fields: {len(unknown)}")
    arguments = {}
    for name, each in known.items():
        if name in given:
            arguments[name] = _typed(name, str(each.type), given[name])
        elif each.default is MISSING:
            raise PoisonJob(f"`{name}` is missing")
    return arguments


def _typed(name: str, kind: str, value: Any) -> Any:
    """`value` if it is of the type that the annotation `kind` names; a list of strings as a tuple."""
    match kind, value:
        case ("str" | "str | None", str()) | ("bool", bool()):
            return value
        case "int", int() if not isinstance(value, bool) and value >= 0:
            return value
        case "tuple[str, ...]", list() if all(isinstance(member, str) for member in value):
            return tuple(value)
    raise PoisonJob(f"`{name}` is of another type")
