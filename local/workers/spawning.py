"""The host's side of `nursery.py`: start the root, ask for a function's nursery, ask that for workers."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.deployment import FunctionSpec

PRELOAD = ("boto3", "logging.config", "local.workers.hooks")
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What all functions share.  `credentials`: environment variables by logical id, of each function's role.

    `management_url`: scheme, host and port of `@connections`; `measure`: dotted path of a function that the workers
    call for each AWS call (see `hooks.Measure`), or none; `log_dir`: one file a function is appended to there.
    """

    region: str
    aws_endpoint: str
    management_url: str
    log_dir: Path
    credentials: Mapping[str, Mapping[str, str]]
    measure: str | None = None
    queue_limit: int = 1000


def environment(spec: FunctionSpec, settings: WorkerSettings) -> dict[str, str]:
    """Everything the function's processes see: what Lambda sets, what the template gives, and where AWS is."""
    lambda_sets = {
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": settings.region,
        "LAMBDA_TASK_ROOT": str(REPOSITORY),
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": spec.handler,
    }
    of_this_machine = {
        "AWS_ENDPOINT_URL": settings.aws_endpoint,
        # botocore must not find the developer's own profile or a metadata service.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**lambda_sets, **spec.environment, **settings.credentials.get(spec.logical_id, {}), **of_this_machine}


class Root:
    """The process that all workers descend from.  It ends when this object's socket is closed."""

    def __init__(self, settings: WorkerSettings) -> None:
        settings.log_dir.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._control, theirs = _pair(socket.SOCK_SEQPACKET)
        preload = [*PRELOAD, *([settings.measure.rpartition(".")[0]] if settings.measure else [])]
        with theirs, (settings.log_dir / "workers.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.workers.nursery", str(theirs.fileno()), *preload],
                cwd=REPOSITORY,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": ":UTC"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the host's business; it then closes the socket
            )

    def nursery(self, spec: FunctionSpec) -> Nursery:
        """Have a function's nursery forked; it imports the handler at once, in its own process."""
        mine, theirs = _pair(socket.SOCK_SEQPACKET)
        order = {
            "handler": spec.handler,
            "environment": environment(spec, self._settings),
            "management_url": self._settings.management_url,
            "measure": self._settings.measure,
            "log": str(self._settings.log_dir / f"{spec.logical_id}.log"),
        }
        with theirs:
            socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno()])
        return Nursery(mine)

    async def stop(self) -> None:
        """Close and wait until the process is gone, and with it (the kernel sees to that) all its descendants."""
        self._control.close()
        await asyncio.to_thread(self._process.wait)


class Nursery:
    """One function's nursery."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def worker(self) -> socket.socket:
        """Order one worker; returns this side of its socket, on which it will say that it is ready."""
        mine, theirs = _pair(socket.SOCK_STREAM)
        with theirs:
            socket.send_fds(self._control, [b"{}"], [theirs.fileno()])
        mine.setblocking(False)
        return mine

    def close(self) -> None:
        """No more workers; those that run go on until their sockets close."""
        self._control.close()


def _pair(kind: int) -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, kind)
