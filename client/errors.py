"""What can go wrong, as the caller sees it.

ClientError
├── RequestError   the server refused a request: `code` and `message` are its own words (docs/protocol.md)
├── Refused        the connection itself was refused (token, origin): trying again with the same token is no use
└── Closed         the client was closed before the request was answered
"""

from __future__ import annotations


class ClientError(Exception):
    """Base of everything this library raises.  The text is one sentence for a person."""


class RequestError(ClientError):
    """A request failed for good.  `code` is stable; failures that may pass are retried and never seen here."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(ClientError):
    """The gateway does not let us in.  `status` is its HTTP status, None when it was said on an open connection."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Closed(ClientError):
    """The client was closed first.  Whether the request was carried out is unknown; resending it is harmless."""
