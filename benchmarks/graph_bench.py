"""A host with a graph in it: its tables, what is metered, and how that compares with the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.graph_town import Town
from benchmarks.ledger import Units
from local.aws import client as aws
from local.control_client import AsyncControlClient
from tidings.storage import keys


@dataclass(slots=True)
class Bench:
    """A host with a graph in it."""

    told: dict[str, Any]
    control: AsyncControlClient
    state: dict[str, Any]
    graph: Town

    @property
    def database(self) -> Any:
        """A client of the local DynamoDB, with root's rights."""
        return aws("dynamodb", self.state["aws"])

    def table(self, which: keys.Table) -> str:
        """Its deployed name."""
        return str(self.state["tables"][which.name])


async def settled(bench: Bench) -> None:
    """Until nothing is on its way."""
    await bench.control.idle(110)


async def used(bench: Bench, mark: int, operations: Iterable[str]) -> Units:
    """What was metered since a mark.  The host meters requests that send to a queue, not those that receive."""
    found = (await bench.control.meter(mark))["operations"]
    tallies = [found[each] for each in operations if each in found]

    def total(unit: str) -> float:
        return float(sum(tally[unit] for tally in tallies))

    return Units(total("write"), total("read"), total("sqs"), total("invocations"))


def compare(what: str, expected: Units, measured: Units) -> None:
    """The validation error of the ledger."""
    print(f"  {what}: worked out / measured (error)")
    for unit in ("writes", "reads"):
        one, other = getattr(expected, unit), getattr(measured, unit)
        error = f"{(one - other) / other:+.1%}" if other else "–"
        print(f"    {unit:8} {one:12,.1f} / {other:12,.1f}  ({error})")
