"""Everything that must hold, in order: lint, types, and every kind of test.  `make test` runs this.

Stops at the first kind that fails (the rest would only repeat it), and says at the end how many tests ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CHECKS = (
    ("lint", [BIN / "ruff", "check", "."]),
    ("format", [BIN / "ruff", "format", "--check", "."]),
    ("rooms", [BIN / "lint-imports"]),
    ("types", [BIN / "mypy"]),
)
KINDS = (
    ("unit", ["-n", "2"]),
    ("contract", ["-n", "2"]),
    ("functional", ["-n", "2"]),
    ("local", ["-n", "2"]),
    ("infra", []),
    ("e2e", []),
    ("permissions", []),
)


def run(name: str, command: list[str | Path], env: dict[str, str]) -> int:
    """Run one step with its output shown; its exit code."""
    print(f"\n==> {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode
    print(f"    {name}: {'ok' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - began:.0f} s", flush=True)
    return code


def counts(report: Path) -> Counter[str]:
    """Tests, failures and skips of a JUnit report; nothing if pytest wrote none."""
    found: Counter[str] = Counter()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            found["failed"] += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            found["skipped"] += int(suite.get("skipped", 0))
            found["ran"] += int(suite.get("tests", 0))
    return found


def main() -> int:
    """Run all; 0 if everything passed."""
    total: Counter[str] = Counter()
    code = 0
    with tempfile.TemporaryDirectory() as scratch:
        observed = Path(scratch) / "observed.jsonl"
        env = {**os.environ, "TIDINGS_OBSERVED": str(observed)}
        for name, command in CHECKS:
            code = code or run(name, list(command), env)
        for name, options in KINDS:
            if code:
                break
            report = Path(scratch) / f"{name}.xml"
            command = [sys.executable, "-m", "pytest", "-q", f"tests/{name}", f"--junitxml={report}", *options]
            code = run(name, command, env)
            total += counts(report)
            code = code or (0 if counts(report)["ran"] else 5)
    passed = total["ran"] - total["failed"] - total["skipped"]
    print(f"\n{passed} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
