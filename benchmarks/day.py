"""A scripted day of a hundred people coming and going: pushes expected beside pushes sent.

The real services, on the tests' fakes and a clock that is moved; what is expected is worked out from the script by a
checker that shares no code with them (`tests/day/expect.py`).  `python -m benchmarks.day [seed ...]`.
"""

from __future__ import annotations

import sys
import time

from benchmarks.options import options
from tests.day.judge import judge
from tests.day.script import write

SEEDS = (1, 2, 3)


def main() -> int:
    """Print a line a day; non-zero when one does not come out even."""
    parser = options("day", __doc__)
    known = ", ".join(map(str, SEEDS))
    parser.add_argument("seeds", type=int, nargs="*", metavar="seed", help=f"of a day; else {known}")
    seeds = parser.parse_args().seeds or SEEDS
    even = True
    print("seed  people  groups    acts  messages  arrived  batches  expected    sent  with figures  different   took")
    for seed in seeds:
        began = time.perf_counter()
        told = judge(write(seed))
        even &= told.equal
        different = len(told.wrong) + told.lost + told.unseen
        took = time.perf_counter() - began
        print(
            f"{seed:4}  {told.people:6}  {told.groups:6}  {told.acts:6}  {told.messages:8}  {told.arrived:7}  "
            f"{told.batches:7}  {told.expected:8}  {told.sent:6}  {told.counted:12}  {different:9}  {took:4.1f}s"
        )
    return 0 if even else 1


if __name__ == "__main__":
    sys.exit(main())
