"""One frame of messaging: a single action, or a batch in order, with mailboxes written and sockets posted once.

Each action in turn is made durable (outbox and log, or watermark); then the mailboxes of all are written in one
batch, the connections looked up once and each posted to once.  The rules hold for each action: its log comes before
its mailboxes, these before its ack.  After a failure that may pass nothing later is attempted, so that a resend of
the rest keeps the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tidings.domain.errors import NotAttempted, TidingsError
from tidings.domain.identity import Caller
from tidings.services.deliver import Deliverer, Prepared
from tidings.services.facts import Sent
from tidings.services.people import Circle, People

Command = Any
"""A value that says what is asked for; its type chooses the use case."""
Step = Prepared[Any] | TidingsError
Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Use:
    """One use case of a frame.

    `prepare(caller, command, circle, after)` makes it durable but for its parcels; `after` is the position of the
    frame's event before it.  `others` are the users that have to be looked up for it, `own` whether the caller's
    devices have to be.
    """

    prepare: Callable[[Caller, Any, Circle, str], Prepared[Any]]
    others: Callable[[Any], Iterable[str]] = lambda _: ()
    own: Callable[[Any], bool] = lambda _: True
    counts: bool = True
    """Whether it counts towards what a user may send."""


def _unlimited(_user_id: str) -> None:
    """Nobody counts."""


class Messaging:
    """Runs the actions of a frame; `uses` by the type of command.

    `spend(user_id)` counts what is sent and raises `RateLimited` when it is too much: the frame stops there, and what
    came before is kept.
    """

    def __init__(
        self,
        people: People,
        deliverer: Deliverer,
        uses: Mapping[type, Use],
        spend: Callable[[str], None] = _unlimited,
    ) -> None:
        self._people = people
        self._deliverer = deliverer
        self._uses = uses
        self._spend = spend

    def one(self, caller: Caller, command: Command, outcome: type[Wanted]) -> Wanted:
        """One command.  Raises what its use case raises."""
        (result,) = self.run(caller, [command])
        if isinstance(result, TidingsError):
            raise result
        assert isinstance(result, outcome)
        return result

    def run(self, caller: Caller, commands: Sequence[Command]) -> list[Any]:
        """All commands in order; one outcome or error each."""
        circle = self._circle(caller, commands)
        steps: list[Step] = []
        stopped, after = False, ""
        for index, command in enumerate(commands):
            if stopped:
                steps.append(NotAttempted("An earlier action of this batch has to be sent again first."))
                continue
            step = self._prepare(replace(caller, index=index), command, circle, after)
            steps.append(step)
            if isinstance(step, TidingsError):
                stopped = step.retryable
            elif isinstance(step.outcome, Sent):
                after = max(after, step.outcome.position)
        return self._deliver(caller, steps)

    def _circle(self, caller: Caller, commands: Sequence[Command]) -> Circle:
        uses = [(self._uses[type(command)], command) for command in commands]
        others = {user for use, command in uses for user in use.others(command)} - {caller.user_id}
        return self._people.circle(caller, others, own=any(use.own(command) for use, command in uses))

    def _prepare(self, caller: Caller, command: Command, circle: Circle, after: str) -> Step:
        use = self._uses[type(command)]
        try:
            if use.counts:
                self._spend(caller.user_id)
            return use.prepare(caller, command, circle, after)
        except TidingsError as error:
            return error

    def _deliver(self, caller: Caller, steps: Sequence[Step]) -> list[Any]:
        parcels = [parcel for step in steps if isinstance(step, Prepared) for parcel in step.parcels]
        failed = self._deliverer.persist(parcels)
        self._deliverer.announce([parcel for parcel in parcels if parcel.fence.stamp not in failed], caller)
        return [_result(step, failed) for step in steps]


def _result(step: Step, failed: dict[int, TidingsError]) -> Any:
    if isinstance(step, TidingsError):
        return step
    errors = (failed[parcel.fence.stamp] for parcel in step.parcels if parcel.fence.stamp in failed)
    return next(errors, step.outcome)
