"""What stands in for the world outside on a developer's machine: an issuer's name, and credentials for push.

The credentials open nothing: they have the shape that the deploy-time function checks, and reach no further than
ministack's SNS.
"""

from __future__ import annotations

import json

ISSUER = "https://issuer.localhost"
AUDIENCE = "tidings"
FCM_SECRET = "tidings/development/fcm"  # noqa: S105 - a name
APNS_SECRET = "tidings/development/apns"  # noqa: S105 - a name
USERS = ("alice", "bob", "carol", "dave")

CONTEXT = {
    "stage": "dev",
    "issuer": ISSUER,
    "audience": AUDIENCE,
    "fcm_secret": FCM_SECRET,
    "apns_secret": APNS_SECRET,
}
"""The deploy settings of the host, before those given with --set."""


def secrets() -> dict[str, str]:
    """Secrets Manager names and values that the deploy finds."""
    fcm = {
        "type": "service_account",
        "project_id": "tidings-development",
        "private_key": "no key: development",
        "client_email": "push@tidings-development.invalid",
    }
    apns = {
        "signing_key": "no key: development",
        "key_id": "DEVELOPMNT",
        "team_id": "TIDINGSDEV",
        "bundle_id": "invalid.tidings.development",
    }
    return {FCM_SECRET: json.dumps(fcm), APNS_SECRET: json.dumps(apns)}
