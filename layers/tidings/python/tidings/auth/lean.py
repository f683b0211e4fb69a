"""PyJWT, imported without the certificates that it never needs here.

PyJWT imports `cryptography.x509` to recognise a certificate that somebody uses as a shared secret.  We take
keys from a key set only, so it is never touched; but importing it is a quarter of the authorizer's start, in front of
which a person waits.  `importlib.util.LazyLoader` postpones it until somebody does.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

import cryptography


def _postpone(package: ModuleType, name: str) -> None:
    """Put a submodule in place that loads itself when it is first used."""
    full = f"{package.__name__}.{name}"
    spec = None if full in sys.modules else find_spec(full)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[full] = module
    # Also on the package: `from package import name` would otherwise look at the module, and thereby load it.
    setattr(package, name, module)
    spec.loader.exec_module(module)


_postpone(cryptography, "x509")

from jwt.api_jwk import PyJWK  # noqa: E402 - only after the line above
from jwt.api_jws import get_unverified_header  # noqa: E402
from jwt.api_jwt import decode  # noqa: E402
from jwt.exceptions import (  # noqa: E402
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

__all__ = [
    "InvalidIssuerError",
    "InvalidSignatureError",
    "MissingRequiredClaimError",
    "PyJWK",
    "PyJWTError",
    "decode",
    "get_unverified_header",
]
