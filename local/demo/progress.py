"""Progress lines: one a phase, with a count while it runs where somebody is watching."""

from __future__ import annotations

import sys
import time


class Progress:
    """A phase of `total` steps.  Use as a context manager."""

    def __init__(self, title: str, total: int = 0) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._since = time.monotonic()
        self._shown = 0.0

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if sys.stdout.isatty() and now - self._shown > 0.2:
            self._shown = now
            print(f"\r==> {self._title}: {self._done} of {self._total}", end="\x1b[K", flush=True)

    def __enter__(self) -> Progress:
        if not sys.stdout.isatty():
            print(f"==> {self._title}", flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        count = f" {self._done} of {self._total}," if self._total else ""
        start = "\r" if sys.stdout.isatty() else "    "
        end = "\x1b[K" if sys.stdout.isatty() else ""
        title = f"==> {self._title}:" if sys.stdout.isatty() else ""
        print(f"{start}{title}{count} {time.monotonic() - self._since:.1f} s{end}", flush=True)
