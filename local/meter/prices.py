"""List prices of us-east-1 in dollars, collected in November 2026. The one table that money is computed from.

Left out, since they do not depend on an operation: storage, logs ($0.50/GB), data transfer, alarms. The free tier is
ignored.
"""

from __future__ import annotations

from typing import Final

MILLION: Final = 1_000_000

WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
FRAME: Final = 1.00 / MILLION
"""Each 32 KB step of a frame, in or out."""
CONNECTION_MINUTE: Final = 0.25 / MILLION
INVOCATION: Final = 0.20 / MILLION
GB_SECOND: Final = 0.0000133334
"""Lambda on arm64."""
SQS_REQUEST: Final = 0.40 / MILLION
SNS_REQUEST: Final = 0.50 / MILLION
MOBILE_PUSH: Final = 0.50 / MILLION
