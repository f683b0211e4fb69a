"""The table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.demo.budgets import UNITS, Measured
from local.demo.facts import Findings, Posted, Pushed, Sent

SHOWN = 10
"""Sentences shown of each kind of fault."""


@dataclass(slots=True)
class Results:
    """Everything the table is made from.  `faults` by what was looked at; `totals` are (what, how often, dollars)."""

    sent: list[Sent]
    posted: list[Posted]
    pushed: list[Pushed]
    copies: int
    """Posts found in timelines."""
    alone: list[Sent] = field(default_factory=list)
    """Messages sent one at a time, with nothing else under way."""
    faults: dict[str, Findings] = field(default_factory=dict)
    operations: list[Measured] = field(default_factory=list)
    totals: list[tuple[str, int, float]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    meter: str = ""
    """The host's own table: averages of every route and mapping over the whole run."""

    @property
    def passed(self) -> bool:
        """Nothing lost, repeated, misordered or wrong; no budget broken; everything measured."""
        right = not any(findings.all() for findings in self.faults.values())
        return right and bool(self.operations) and not any(each.broken for each in self.operations)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0


def latency(pairs: Sequence[tuple[float, float | None]]) -> str:
    """`p50 / p99` in ms of (begin, end) in seconds."""
    taken = [(end - begin) * 1_000 for begin, end in pairs if end is not None]
    return f"{percentile(taken, 0.5):.0f} / {percentile(taken, 0.99):.0f} ms" if taken else "-"


def counts(results: Results, online: set[str]) -> list[tuple[str, str, str]]:
    """Rows of (what, messages, posts); `online` are conversations whose two sides were there all the time."""
    sent, posted, faults = results.sent, results.posted, results.faults
    calm = [fact for fact in sent if fact.talk in online]
    posts = faults.get("timelines", Findings())
    messages = Findings()
    for name, findings in faults.items():
        if name != "timelines":
            messages.add(findings)
    live = [(fact.sent_at, fact.shown_at) for fact in calm if fact.via == "live"]
    return [
        ("sent", str(len(sent)), str(len(posted))),
        ("acked", str(sum(f.acked_at is not None for f in sent)), str(sum(p.acked_at is not None for p in posted))),
        ("delivered live", str(sum(fact.via == "live" for fact in sent)), "-"),
        ("delivered by sync", str(sum(fact.via == "sync" for fact in sent)), "-"),
        ("found in timelines", "-", str(results.copies)),
        ("pushed to phones", str(len(results.pushed)), "-"),
        ("lost", str(len(messages.lost)), str(len(posts.lost))),
        ("repeated", str(len(messages.repeated)), str(len(posts.repeated))),
        ("out of order", str(len(messages.misordered)), str(len(posts.misordered))),
        ("wrong", str(len(messages.wrong)), str(len(posts.wrong))),
        ("send to ack, p50 / p99", latency([(f.sent_at, f.acked_at) for f in calm]), _posting(posted)),
        ("send to shown live, p50 / p99", latency(live), "-"),
        ("the same, one at a time", latency([(f.sent_at, f.shown_at) for f in results.alone]), "-"),
    ]


def _posting(posted: Sequence[Posted]) -> str:
    return latency([(fact.sent_at, fact.acked_at) for fact in posted])


def operations(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """Rows of (operation, times, used / budget for each unit, dollars per million, verdict)."""
    rows: list[tuple[str, ...]] = [
        ("operation", "times", "write units", "read units", "frames", "gateway requests", "$ per million", "")
    ]
    for each in measured:
        cells = [_beside(each, unit) for unit in UNITS]
        verdict = "OVER" if each.broken else ("ok" if each.allowed else "")
        rows.append((each.name, str(each.times), *cells, f"{each.dollars:.2f}", verdict))
    return rows


def _beside(each: Measured, unit: str) -> str:
    used = f"{each.used[unit]:.2f}"
    return used if each.allowed is None else f"{used} / {getattr(each.allowed, unit):.2f}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned text: the first column to the left, the others to the right."""
    if not rows:
        return ""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
        lines.append("  " + "   ".join(cells).rstrip())
    return "\n".join(lines)


def text(results: Results, online: set[str]) -> str:
    """The whole report."""
    parts = [columns([("", "messages", "posts"), *counts(results, online)])]
    parts.append("  Metered, one operation at a time (used / budget)\n" + columns(operations(results.operations)))
    bill = [("the whole run, by what it was for", "times", "$ per million")]
    bill += [(what, str(times), f"{dollars:.2f}") for what, times, dollars in results.totals]
    parts.append(columns(bill))
    parts.append("  Every route and mapping, average over the whole run\n" + indented(results.meter))
    parts.append(columns(results.facts))
    faults = [f"  ! {sentence}" for findings in results.faults.values() for sentence in _some(findings)]
    faults += [f"  ! over budget: {each.name}: {', '.join(each.broken)}" for each in results.operations if each.broken]
    if faults:
        parts.append("\n".join(faults))
    parts.append("  PASSED" if results.passed else "  FAILED")
    return "\n\n".join(parts)


def indented(lines: str) -> str:
    """Lines two to the right."""
    return "\n".join("  " + line for line in lines.splitlines())


def _some(findings: Findings) -> list[str]:
    told = []
    for kind in (findings.lost, findings.repeated, findings.misordered, findings.wrong):
        told += kind[:SHOWN]
        if len(kind) > SHOWN:
            told.append(f"(and {len(kind) - SHOWN} more like these)")
    return told
