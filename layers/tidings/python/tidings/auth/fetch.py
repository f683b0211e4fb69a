"""Getting the issuer's keys over HTTPS, with the standard library: bounded in time and size, no redirects."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from tidings.domain.errors import Unavailable

TIMEOUT_S: Final = 3.0
"""For the connection and for each read; the gateway waits 29 s and a person in front of it less."""
MAX_BYTES: Final = 256 * 1024
"""A key set has a few kilobytes; who sends more is not answering this question."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key set that lives elsewhere is to be configured there: a redirect could lead from https to http."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing; urllib then raises `HTTPError`."""


def check_url(url: str, *, insecure: bool) -> str:
    """`url` if it is https, or http where `insecure` allows it (stage dev).  Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if insecure else ("https",)) or not parts.hostname:
        raise ValueError("the issuer and its keys need an https address" + (" (or http in dev)" if insecure else ""))
    return url


def fetcher(url: str, timeout_s: float = TIMEOUT_S) -> Callable[[], bytes]:
    """A function that fetches `url` and returns its body.  It raises `Unavailable` when that does not work."""
    opener = urllib.request.build_opener(_NoRedirects)

    def fetch() -> bytes:
        try:
            with opener.open(url, timeout=timeout_s) as answer:
                status: int = answer.status
                body: bytes = answer.read(MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"The issuer's keys could not be fetched ({type(error).__name__}).") from error
        if status != http.client.OK:
            raise Unavailable(f"The issuer's keys could not be fetched (status {status}).")
        if len(body) > MAX_BYTES:
            raise Unavailable("The issuer's keys could not be fetched (too long an answer).")
        return body

    return fetch
