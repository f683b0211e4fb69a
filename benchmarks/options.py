"""What the modules of this package say when they are asked for `--help`."""

from __future__ import annotations

import argparse


def options(module: str, says: str | None) -> argparse.ArgumentParser:
    """A parser for `python -m benchmarks.<module>`, which `says` what its docstring does."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks{module and '.'}{module}",
        description=says,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
