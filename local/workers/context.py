"""The Lambda context object, with what AWS's runtime puts there and Powertools reads."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class LambdaContext:
    """`deadline` is on the monotonic clock, so that moving the host's clock does not eat an invocation's time."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the host kills this worker; never negative."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))
