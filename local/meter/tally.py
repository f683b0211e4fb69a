"""Counted units, which add up, and what they cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from local.meter import prices


@dataclass(slots=True)
class Tally:
    """What an operation used. `times` is how often it was done: frames in for a route, invocations for a mapping.

    `write` and `read` are DynamoDB units, frames 32 KB steps; `gateway_requests` are what shares 10,000 a second:
    frames in and calls of `@connections`. `gb_s` is billed time times memory.
    """

    times: int = 0
    invocations: int = 0
    errors: int = 0
    billed_ms: int = 0
    gb_s: float = 0.0
    write: float = 0.0
    read: float = 0.0
    frames_in: int = 0
    frames_out: int = 0
    gateway_requests: int = 0
    sqs: int = 0
    sns: int = 0
    pushes: int = 0
    connection_minutes: int = 0

    @property
    def frames(self) -> int:
        """Frames in both directions."""
        return self.frames_in + self.frames_out

    @property
    def dollars(self) -> float:
        """What all of it costs."""
        return (
            self.write * prices.WRITE_UNIT
            + self.read * prices.READ_UNIT
            + self.frames * prices.FRAME
            + self.connection_minutes * prices.CONNECTION_MINUTE
            + self.invocations * prices.INVOCATION
            + self.gb_s * prices.GB_SECOND
            + self.sqs * prices.SQS_REQUEST
            + self.sns * prices.SNS_REQUEST
            + self.pushes * prices.MOBILE_PUSH
        )

    def per(self, times: int) -> dict[str, float]:
        """Averages over `times` operations, and `dollars_per_million` of them."""
        share = max(1, times)
        told = {each.name: getattr(self, each.name) / share for each in fields(self) if each.name != "times"}
        return told | {"frames": self.frames / share, "dollars_per_million": self.dollars / share * prices.MILLION}

    def add(self, units: dict[str, Any]) -> None:
        """Add the units of one AWS call, as `local.meter.units.measure` gives them."""
        for name, amount in units.items():
            if name != "push":
                setattr(self, name, getattr(self, name) + amount)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))

    def as_json(self) -> dict[str, Any]:
        """All counts, with the sum of frames and the dollars."""
        return asdict(self) | {"frames": self.frames, "dollars": self.dollars}
