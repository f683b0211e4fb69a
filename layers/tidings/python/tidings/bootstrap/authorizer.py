"""Wires the authorizer.  No boto3, no pydantic and no Powertools: a person waits for it, and it needs none of them."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from tidings.auth.fetch import check_url, fetcher
from tidings.auth.keyset import KeySet
from tidings.auth.verify import Verifier
from tidings.bootstrap.world import SystemClock, settings
from tidings.routes.authorize import ANY, Authorizer, normal_origin
from tidings.settings import Settings


class JsonLog:
    """One JSON line an event, like the other functions' logger writes."""

    def __init__(self, service: str) -> None:
        self._service = service

    def info(self, msg: str, /, **fields: Any) -> None:
        """A line with `message`, `service` and the fields."""
        line = {"level": "INFO", "message": msg, "service": self._service, **fields}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def listed(text: str) -> frozenset[str]:
    """The entries of a comma-separated setting."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def allowed_origins(given: Settings) -> frozenset[str]:
    """The browser origins of the settings.  In dev none listed means any; elsewhere it means no browser at all."""
    origins = frozenset(map(normal_origin, listed(given.origins)))
    if given.stage == "dev":
        return origins or frozenset({ANY})
    if ANY in origins:
        raise ValueError("TIDINGS_ORIGINS: `*` is for dev; elsewhere list the origins")
    return origins


@cache
def build() -> Authorizer:
    """The authorizer, with its key cache; once for the life of the process.  Raises `ValueError` for bad settings."""
    given, clock = settings(), SystemClock()
    insecure = given.stage == "dev"
    issuer = check_url(given.issuer, insecure=insecure)
    jwks_url = check_url(given.jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json", insecure=insecure)
    keys = KeySet(fetcher(jwks_url), clock)
    verifier = Verifier(issuer, listed(given.audience), listed(given.algorithms), keys, clock)
    return Authorizer(verifier.verify, allowed_origins(given), JsonLog("tidings-authorizer"))
