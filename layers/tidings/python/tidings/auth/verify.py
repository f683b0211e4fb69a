"""The checks of a token: signature, issuer, audience, times, user.

Everything that is not expressly right is refused.  The sentences below go to the log, never to the client, and hold
nothing of the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from tidings.auth.keyset import KEY_TYPES
from tidings.auth.lean import (
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWK,
    PyJWTError,
    decode,
    get_unverified_header,
)
from tidings.domain.conversation import check_user_id
from tidings.domain.errors import Forbidden, InvalidRequest, TokenExpired
from tidings.domain.identity import Identity

if TYPE_CHECKING:
    from jwt.types import Options

    from tidings.ports.world import Clock

LEEWAY_S: Final = 10
"""How far the issuer's clock may be ahead of ours.  An expiry has no leeway: every later frame is checked against it,
so a connection opened in it would be of no use."""
MAX_TOKEN: Final = 8_192
"""Characters; the gateway takes 10,240 bytes of headers."""
MAX_NAME: Final = 64
_LATEST: Final = 10**11
_CHECKS: Final[Options] = {
    "require": ["exp", "iss", "sub"],
    "verify_aud": False,  # `_audience` does it, and knows Cognito's access tokens
    "verify_exp": False,  # `_times` does these, by the clock port
    "verify_nbf": False,
    "verify_iat": False,
    "enforce_minimum_key_length": True,
}


class Keys(Protocol):
    """Where public keys come from."""

    def find(self, key_id: str | None, algorithm: str) -> PyJWK:
        """The key of that id for that algorithm.  Raises `Forbidden` or `Unavailable`."""
        ...


class Verifier:
    """Tokens of one issuer for the given audiences (or client ids), signed with one of the allowed algorithms."""

    def __init__(
        self, issuer: str, audiences: frozenset[str], algorithms: frozenset[str], keys: Keys, clock: Clock
    ) -> None:
        if not issuer or not audiences or not algorithms:
            raise ValueError("an issuer, an audience and an algorithm must be configured")
        if not algorithms <= KEY_TYPES.keys():
            raise ValueError(f"algorithms must be among {', '.join(KEY_TYPES)}")
        self._issuer = issuer
        self._audiences = audiences
        self._algorithms = algorithms
        self._keys = keys
        self._clock = clock

    def verify(self, token: str, device_id: str) -> Identity:
        """Who the token proves, on `device_id`.

        Raises `TokenExpired` or `Forbidden` for a token that is not good, `Unavailable` when that cannot be told.
        """
        claims = self._claims(token)
        self._audience(claims)
        expires_at = self._times(claims)
        subject = claims["sub"]
        try:
            user_id = check_user_id(subject)
        except InvalidRequest:
            raise Forbidden("The token's subject cannot be a user id.") from None
        issued_at = int(claims.get("iat", 0) * 1_000)
        return Identity(user_id, device_id, expires_at, _name(claims.get("name")), issued_at)

    def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims, once the signature and the issuer are right."""
        if len(token) > MAX_TOKEN:
            raise Forbidden("The token is too long.")
        try:
            header = get_unverified_header(token)
            algorithm, key_id = header.get("alg"), header.get("kid")
            if not isinstance(algorithm, str) or algorithm not in self._algorithms:
                raise Forbidden("The token's algorithm is not allowed.")
            key = self._keys.find(key_id if key_id is None else str(key_id), algorithm)
            claims: Mapping[str, Any] = decode(token, key, algorithms=[algorithm], issuer=self._issuer, options=_CHECKS)
        except InvalidSignatureError:
            raise Forbidden("The token's signature is wrong.") from None
        except InvalidIssuerError:
            raise Forbidden("The token comes from another issuer.") from None
        except MissingRequiredClaimError:
            raise Forbidden("The token lacks a required claim.") from None
        except (PyJWTError, ValueError, TypeError, RecursionError):
            raise Forbidden("The token is malformed.") from None
        return claims

    def _audience(self, claims: Mapping[str, Any]) -> None:
        """`aud` where there is one.  Cognito's access tokens have none, but the client they were given to."""
        audience = claims.get("aud")
        given = audience if isinstance(audience, list) else [audience]
        if audience is None and claims.get("token_use") == "access":
            given = [claims.get("client_id")]
        if not any(isinstance(each, str) and each in self._audiences for each in given):
            raise Forbidden("The token is meant for another audience.")

    def _times(self, claims: Mapping[str, Any]) -> int:
        """The expiry, epoch seconds, when the token is valid now."""
        now = self._clock.now()
        expires_at = _seconds(claims["exp"])
        if expires_at * 1_000 <= now:
            raise TokenExpired("The token has expired.")
        for claim in ("nbf", "iat"):
            if claim in claims and (_seconds(claims[claim]) - LEEWAY_S) * 1_000 > now:
                raise Forbidden("The token is not valid yet.")
        return expires_at


def _seconds(value: object) -> int:
    """A numeric date, whole seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise Forbidden("The token's times are malformed.")
    return int(value)


def _name(value: object) -> str | None:
    """A display name from an identity token: one line of printable characters."""
    if not isinstance(value, str):
        return None
    printable = "".join(char if char.isprintable() else " " for char in value)
    return " ".join(printable.split())[:MAX_NAME] or None
