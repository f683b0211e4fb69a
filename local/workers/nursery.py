"""Where workers come from: a root process that has imported boto3, forks a nursery per function, which forks workers.

A nursery takes on exactly the function's environment, imports its handler once and then forks a ready worker in a few
milliseconds, so that a killed worker is soon replaced and the workers of a function share most of their memory.
Orders come over a SEQPACKET socket with the new process's own socket attached; a closed socket ends the process, and
the kernel ends everyone whose parent died.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from typing import Any

from local.workers import hooks, shift
from local.workers.child import Handler, Worker, describe

MAX_ORDER = 65_536
PR_SET_PDEATHSIG = 1


def main(control: socket.socket) -> None:
    """The root: fork a nursery for each order; returns in a nursery never, in the root when the host is gone."""
    shift.install()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while (order := _next(control)) is not None:
        spec, sock = order
        if _fork():
            sock.close()
            continue
        control.close()
        _nurse(spec, sock)
        os._exit(0)


def _nurse(spec: dict[str, Any], control: socket.socket) -> None:
    _redirect(spec["log"])
    os.environ.clear()
    os.environ.update(spec["environment"])
    time.tzset()
    recorder = hooks.Recorder(_named(spec["measure"]) if spec["measure"] else None)
    hooks.install(recorder, spec["management_url"])
    handler, failure = _import_handler(spec["handler"])
    while (order := _next(control)) is not None:
        _, sock = order
        if _fork():
            sock.close()
            continue
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            Worker(sock, recorder, handler, failure).serve()
        finally:
            sys.stdout.flush()
            os._exit(0)


def _import_handler(path: str) -> tuple[Handler | None, dict[str, str] | None]:
    module = path.rpartition(".")[0]
    try:
        return _named(path), None
    except ImportError as problem:
        print(f"[ERROR] Runtime.ImportModuleError: {problem}", flush=True)
        return None, {"kind": "Runtime.ImportModuleError", "message": f"Unable to import module '{module}': {problem}"}
    except Exception as problem:
        return None, describe(problem)


def _named(path: str) -> Any:
    module, _, name = path.rpartition(".")
    found = importlib.import_module(module)
    if not hasattr(found, name):
        raise ImportError(f"handler '{name}' is missing on module '{module}'")
    return getattr(found, name)


def _fork() -> int:
    gc.collect()
    gc.freeze()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
    return child


def _next(control: socket.socket) -> tuple[dict[str, Any], socket.socket] | None:
    message, descriptors, _, _ = socket.recv_fds(control, MAX_ORDER, 1)
    if not message:
        return None
    return json.loads(message), socket.socket(fileno=descriptors[0])


def _redirect(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    for name in sys.argv[2:]:
        importlib.import_module(name)
    main(socket.socket(fileno=int(sys.argv[1])))
