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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STEPS: tuple[dict[str, list[str | Path]], ...] = (
    {"lint": [BIN / "ruff", "check", "."]},
    {"format": [BIN / "ruff", "format", "--check", "."]},
    {"rooms": [BIN / "lint-imports"]},
    {"types": [BIN / "mypy"], "infra": []},
    {"unit": ["-n", "2"]},
    {"contract": ["-n", "2"]},
    {"functional": ["-n", "2"]},
    {"local": ["-n", "2"]},
    {"e2e": ["-n", "3", "--dist", "loadscope"]},
    {"permissions": []},
)
"""What runs, by name: a program, or else options of pytest.  Side by side is what needs one core each."""


def run(name: str, command: list[str | Path], env: dict[str, str], aside: Path | None) -> int:
    """Run one step, its output shown at once or, where `aside` names a file for it, at the end; its exit code."""
    began = time.monotonic()
    if aside is None:
        print(f"\n==> {name}", flush=True)
        code = _run(command, env, None)
    else:
        with aside.open("w") as output:
            code = _run(command, env, output)
        print(f"\n==> {name}\n{aside.read_text()}", end="", flush=True)
    print(f"    {name}: {'ok' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - began:.0f} s", flush=True)
    return code


def _run(command: list[str | Path], env: dict[str, str], output: IO[str] | None) -> int:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=ROOT, env=env, check=False, stdout=output, stderr=output).returncode


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
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor() as pool:
        scratch = Path(made)
        (scratch / "observed").mkdir()
        env = {**os.environ, "TIDINGS_OBSERVED": str(scratch / "observed")}

        def step(name: str, options: list[str | Path], aside: Path | None) -> int:
            if options[:1] and isinstance(options[0], Path):
                return run(name, options, env, aside)
            report = scratch / f"{name}.xml"
            pytest: list[str | Path] = [sys.executable, "-m", "pytest", "-q", f"tests/{name}", f"--junitxml={report}"]
            code = run(name, [*pytest, *options], env, aside)
            ran = counts(report)
            total.update(ran)
            return code or (0 if ran["ran"] else 5)

        for beside in STEPS:
            running = [
                pool.submit(step, name, options, scratch / f"{name}.txt" if len(beside) > 1 else None)
                for name, options in beside.items()
            ]
            code = max(abs(each.result()) for each in running)
            if code:
                break
    passed = total["ran"] - total["failed"] - total["skipped"]
    print(f"\n{passed} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
