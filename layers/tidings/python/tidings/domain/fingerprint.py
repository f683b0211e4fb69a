"""Fingerprints: whether a resent client id stands for the same request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b


def fingerprint(action: str, fields: Mapping[str, object]) -> str:
    """88 bits in hexadecimal of an action and the fields that make its meaning (not its request or client id)."""
    canonical = json.dumps([action, dict(fields)], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(canonical.encode(), digest_size=11).hexdigest()
