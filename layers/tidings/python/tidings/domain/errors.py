"""The one error tree.  Every error a client can see has a stable code and a sentence a person can act on.

TidingsError
├── BadJson            bad_json            the frame is not a JSON object
├── InvalidRequest     invalid_request     a field is missing, unknown, of the wrong type or too large
├── UnknownAction      unknown_action      no such action
├── UnknownUser        unknown_user        nobody of that id has ever connected
├── NotFound           not_found           the conversation, post or device is not there (or not yours)
├── Forbidden          forbidden           the connection's user may not do this
├── TokenExpired       token_expired       connect again with a fresh token
├── Conflict           conflict            the client id was used before, for another request
├── HandleTaken        handle_taken        somebody else has this handle
├── TooMany            too_many_devices    the cap of devices was reached
├── TooManyMembers     too_many_members    the group is full
├── TooLate            too_late            the time for this has passed (edit, unsend)
├── ResyncRequired     resync_required     the cursor is older than what is kept
├── RetryLater         retry_later         retryable: send the same frame again
├── RateLimited        rate_limited        retryable: sent too much, too fast; after `retry_after_ms`
├── NotAttempted       not_attempted       retryable: an earlier action of the batch failed
├── Unavailable        unavailable         retryable: a dependency did not answer
└── Internal           internal            retryable: something of ours broke

Codes are part of the protocol: they are never renamed.
"""

from __future__ import annotations


class TidingsError(Exception):
    """Base of all errors with a wire code.  `message` is shown to the client: it holds no secrets."""

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_ms = retry_after_ms


class BadJson(TidingsError):
    """The frame is not a JSON object."""

    code = "bad_json"


class InvalidRequest(TidingsError):
    """A field is missing, unknown, of the wrong type or too large."""

    code = "invalid_request"


class UnknownAction(TidingsError):
    """No route for the frame's action."""

    code = "unknown_action"


class UnknownUser(TidingsError):
    """Nobody of that id has ever connected."""

    code = "unknown_user"


class NotFound(TidingsError):
    """The thing named is not there, or the caller may not know that it is."""

    code = "not_found"


class Forbidden(TidingsError):
    """The connection's user may not do this."""

    code = "forbidden"


class TokenExpired(TidingsError):
    """The token that the connection was opened with has run out."""

    code = "token_expired"


class Conflict(TidingsError):
    """The client id was used before, for a request with another content."""

    code = "conflict"


class HandleTaken(TidingsError):
    """Somebody else has this handle."""

    code = "handle_taken"


class TooMany(TidingsError):
    """The cap of devices was reached."""

    code = "too_many_devices"


class TooManyMembers(TidingsError):
    """The group is full."""

    code = "too_many_members"


class TooLate(TidingsError):
    """The time in which this could be done has passed."""

    code = "too_late"


class ResyncRequired(TidingsError):
    """The cursor points to a time that is no longer kept."""

    code = "resync_required"


class RetryLater(TidingsError):
    """Nothing is decided yet; the same frame sent again will be answered."""

    code = "retry_later"
    retryable = True

    def __init__(self, message: str, *, retry_after_ms: int = 1_000) -> None:
        super().__init__(message, retry_after_ms=retry_after_ms)


class RateLimited(TidingsError):
    """More than the user may send in this time; the same frame sent again after `retry_after_ms` is answered."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, *, retry_after_ms: int) -> None:
        super().__init__(message, retry_after_ms=retry_after_ms)


class NotAttempted(TidingsError):
    """An earlier action of the same batch failed in a way that may pass."""

    code = "not_attempted"
    retryable = True


class Unavailable(TidingsError):
    """A dependency did not answer in time."""

    code = "unavailable"
    retryable = True


class Internal(TidingsError):
    """Something of ours broke; the log knows what."""

    code = "internal"
    retryable = True
