"""Everything in turn: start-up ratios, the handler's own CPU, and the host under load."""

from __future__ import annotations

import sys

from benchmarks import imports, load, own_cpu


def main() -> int:
    """Run all; non-zero when an import limit is broken (the others only print)."""
    sys.argv[1:] = []
    print("## Start-up, beside the smallest boto3 WebSocket program\n")
    code = imports.main()
    print("\n## A send handler's own CPU\n")
    own_cpu.main()
    print("\n## The development host under load\n")
    load.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
