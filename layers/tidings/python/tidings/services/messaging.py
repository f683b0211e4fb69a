"""One frame of messaging: a single action, or a batch in order, with mailboxes written and sockets posted once.

Each action in turn is made durable (outbox and log, or watermark); then the mailboxes of all are written in one
batch, the connections looked up once and each posted to once.  The rules hold for each action: its log comes before
its mailboxes, these before its ack.  After a failure that may pass nothing later is attempted, so that a resend of
the rest keeps the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from tidings.domain.errors import NotAttempted, TidingsError
from tidings.domain.events import ReceiptKind
from tidings.domain.identity import Caller
from tidings.services.deliver import Deliverer, Prepared
from tidings.services.people import Circle, People
from tidings.services.receipts import Confirm, Confirmed, Receipts
from tidings.services.send import Sender, SendMessage, Sent

Command = SendMessage | Confirm
Result = Sent | Confirmed | TidingsError
Step = Prepared[Sent] | Prepared[Confirmed] | TidingsError
Wanted = TypeVar("Wanted")


class Messaging:
    """Runs the actions of a frame."""

    def __init__(self, people: People, sender: Sender, receipts: Receipts, deliverer: Deliverer) -> None:
        self._people = people
        self._sender = sender
        self._receipts = receipts
        self._deliverer = deliverer

    def send(self, caller: Caller, command: SendMessage) -> Sent:
        """One message.  Raises what `Sender.prepare` raises."""
        return _only(self.run(caller, [command]), Sent)

    def confirm(self, caller: Caller, command: Confirm) -> Confirmed:
        """One receipt.  Raises what `Receipts.prepare` raises."""
        return _only(self.run(caller, [command]), Confirmed)

    def run(self, caller: Caller, commands: Sequence[Command]) -> list[Result]:
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
        recipients = {each.to for each in commands if isinstance(each, SendMessage)} - {caller.user_id}
        reads = any(isinstance(each, Confirm) and each.kind is ReceiptKind.READ for each in commands)
        return self._people.circle(caller, recipients, own=bool(recipients) or reads)

    def _prepare(self, caller: Caller, command: Command, circle: Circle, after: str) -> Step:
        try:
            if isinstance(command, SendMessage):
                return self._sender.prepare(caller, command, circle, after)
            return self._receipts.prepare(caller, command, circle)
        except TidingsError as error:
            return error

    def _deliver(self, caller: Caller, steps: Sequence[Step]) -> list[Result]:
        parcels = [parcel for step in steps if isinstance(step, Prepared) for parcel in step.parcels]
        failed = self._deliverer.persist(parcels)
        self._deliverer.announce([parcel for parcel in parcels if parcel.fence.stamp not in failed], caller)
        return [_result(step, failed) for step in steps]


def _result(step: Step, failed: dict[int, TidingsError]) -> Result:
    if isinstance(step, TidingsError):
        return step
    errors = (failed[parcel.fence.stamp] for parcel in step.parcels if parcel.fence.stamp in failed)
    return next(errors, step.outcome)


def _only(results: list[Result], wanted: type[Wanted]) -> Wanted:
    (result,) = results
    if isinstance(result, TidingsError):
        raise result
    assert isinstance(result, wanted)
    return result
