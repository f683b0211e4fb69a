"""The development issuer: takes the place of a user pool, with keys of its own that live as long as it does.

It serves OpenID configuration and key set over HTTP on 127.0.0.1, which the deployed authorizer fetches as it would
Cognito's, and mints the tokens that a login would give.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from local.clock import Clock
from local.development import AUDIENCE, ISSUER
from local.errors import explain

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """`name` is the issuer (`iss`), `url` where it listens.  The newest key signs; older ones stay in the key set."""

    def __init__(
        self, clock: Clock, name: str = ISSUER, audience: str = AUDIENCE, algorithm: str = "RS256", port: int = 0
    ) -> None:
        self.url = ""
        self.name = name
        self.audience = audience
        self.algorithm = algorithm
        self._clock = clock
        self._port = port
        self._keys: dict[str, PrivateKey] = {}
        self.rotate()
        app = web.Application()
        app.router.add_get(CONFIGURATION, self._serve_configuration)
        app.router.add_get(KEYS, self._serve_keys)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Listen.  Raises `HostError` where the given port is taken."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        except OSError as error:
            raise explain(error, "starting the development issuer") from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def jwks_url(self) -> str:
        """Where the key set is."""
        return self.url + KEYS

    def rotate(self) -> str:
        """Sign with a new key from now on; returns its id."""
        key_id = secrets.token_hex(8)
        if self.algorithm.startswith("RS"):
            self._keys[key_id] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            self._keys[key_id] = ec.generate_private_key(ec.SECP256R1())
        return key_id

    def mint(self, user: str, ttl_s: int = 3600, **claims: Any) -> str:
        """A token for `user`, good for `ttl_s` seconds by the host's clock; negative: expired already.

        `claims` are added, and may replace any (None takes one away), so that tests can make bad tokens.
        """
        now, exact = int(self._clock.now_s()), round(self._clock.now_s(), 3)
        standard = {
            "iss": self.name,
            "aud": self.audience,
            "sub": user,
            "iat": min(exact, now + ttl_s),
            "exp": now + ttl_s,
        }
        given = {name: value for name, value in (standard | claims).items() if value is not None}
        key_id = list(self._keys)[-1]
        return jwt.encode(given, self._keys[key_id], algorithm=self.algorithm, headers={"kid": key_id})

    def key_set(self) -> dict[str, Any]:
        """The public halves, as a JWK set."""
        return {"keys": [self._public(key_id, key) for key_id, key in self._keys.items()]}

    def _public(self, key_id: str, key: PrivateKey) -> dict[str, Any]:
        public = key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            described = RSAAlgorithm.to_jwk(public, as_dict=True)
        else:
            described = ECAlgorithm.to_jwk(public, as_dict=True)
        return {**described, "kid": key_id, "use": "sig", "alg": self.algorithm}

    async def _serve_configuration(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.name,
                "jwks_uri": self.jwks_url,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [self.algorithm],
            }
        )

    async def _serve_keys(self, _: web.Request) -> web.Response:
        return web.json_response(text=json.dumps(self.key_set()))
