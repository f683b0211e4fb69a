"""The issuer's public keys (JWKS), cached.

* Keys are used for `TTL_MS` before they are fetched again, so a key that the issuer withdraws is refused soon.
* A key id that is not among them means that the issuer has rotated: fetch again, but never sooner than `PAUSE_MS`
  after the last attempt, whatever ids strangers make up.
* When the issuer does not answer, known keys go on for `STALE_MS`, and then nobody is let in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.auth.lean import PyJWK, PyJWTError
from tidings.domain.errors import Forbidden, Unavailable

if TYPE_CHECKING:
    from tidings.ports.world import Clock

TTL_MS: Final = 10 * 60_000
PAUSE_MS: Final = 30_000
STALE_MS: Final = 60 * 60_000

KEY_TYPES: Final = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
"""The algorithms that may be allowed at all, and the type of key each needs.  Only asymmetric ones: with a public key
set, a symmetric algorithm would let anybody sign with what everybody may read."""


class KeySet:
    """The keys of one issuer, by key id."""

    def __init__(self, fetch: Callable[[], bytes], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, dict[str, Any]] = {}
        self._built: dict[tuple[str, str], PyJWK] = {}
        self._fetched: int | None = None
        self._tried: int | None = None

    def find(self, key_id: str | None, algorithm: str) -> PyJWK:
        """The key for a token's header.  A token without an id fits a set of one key.

        Raises `Forbidden` when the issuer has no such key, `Unavailable` when it cannot be asked.
        """
        now = self._clock.now()
        known = self._known(now)
        if self._select(key_id) is None or not known:
            self._refresh(now)
        selected = self._select(key_id)
        if selected is None:
            raise Forbidden("The token is signed with a key that the issuer does not publish.")
        name = str(selected.get("kid", ""))
        if (name, algorithm) not in self._built:
            self._built[name, algorithm] = _build(selected, algorithm)
        return self._built[name, algorithm]

    def _known(self, now: int) -> bool:
        return self._fetched is not None and now - self._fetched < TTL_MS

    def _select(self, key_id: str | None) -> dict[str, Any] | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _refresh(self, now: int) -> None:
        """Fetch, unless an attempt was made just now.  Raises `Unavailable` when there is nothing to go on with."""
        if self._tried is None or now - self._tried >= PAUSE_MS:
            self._tried = now
            try:
                self._keys = _parse(self._fetch())
                self._fetched = now
                self._built.clear()
            except Unavailable:
                if not self._usable(now):
                    raise
        if not self._usable(now):
            raise Unavailable("The issuer's keys could not be fetched a moment ago.")

    def _usable(self, now: int) -> bool:
        return self._fetched is not None and now - self._fetched < STALE_MS


def _parse(body: bytes) -> dict[str, dict[str, Any]]:
    """Signing keys by id.  Keys for other purposes or of types that nobody may sign with are left out."""
    try:
        entries = json.loads(body)["keys"]
        keys = [entry for entry in entries if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unavailable("The issuer's keys could not be read (no JSON Web Key Set).") from None
    types = set(KEY_TYPES.values())
    return {
        str(entry.get("kid", "")): entry
        for entry in keys
        if entry.get("use", "sig") == "sig" and entry.get("kty") in types
    }


def _build(entry: dict[str, Any], algorithm: str) -> PyJWK:
    """The key, bound to the algorithm.  Raises `Forbidden` when they do not belong together."""
    if entry.get("kty") != KEY_TYPES.get(algorithm) or entry.get("alg", algorithm) != algorithm:
        raise Forbidden("The token's algorithm is not the one that its key is for.")
    try:
        return PyJWK(entry, algorithm)
    except PyJWTError:
        raise Forbidden("The token's key is malformed in the issuer's key set.") from None
