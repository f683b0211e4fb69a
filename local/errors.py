"""What stops the host: always one sentence that the person at the terminal can act on."""

from __future__ import annotations

import errno


class HostError(Exception):
    """The host cannot start or go on. The text is printed as it is, and the exit code is 1."""


def explain(error: OSError, doing: str) -> HostError:
    """A `HostError` for what the operating system refused while `doing` something."""
    if error.errno == errno.ENOSPC:
        return HostError(f"The disk is full ({doing}): free some space and start again.")
    if error.errno == errno.EADDRINUSE:
        return HostError(f"The port is taken ({doing}): choose another with --port, or none for a free one.")
    return HostError(f"The operating system refused ({doing}): {error.strerror or error}.")
