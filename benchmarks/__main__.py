"""Everything in turn: start-up ratios, the handler's own CPU, a day of pushes, the policies, search, the host."""

from __future__ import annotations

import sys

from benchmarks import day, imports, load, own_cpu, policies, search
from benchmarks.options import options


def main() -> int:
    """Run all; non-zero when an import limit is broken, a push or a hit is missing (the others only print)."""
    options("", __doc__).parse_args()
    print("## Start-up, beside the smallest boto3 WebSocket program\n")
    code = imports.main()
    print("\n## A send handler's own CPU\n")
    own_cpu.main()
    print("\n## A day of a hundred people: pushes expected and sent\n")
    code |= day.main()
    print("\n## Push or pull: the policies priced\n")
    policies.main()
    print("\n## Search\n")
    code |= search.main()
    print("\n## The development host under load\n")
    load.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
