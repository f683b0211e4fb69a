"""What a deployment can be told.  Every field is a context key of the same name: `cdk deploy -c stage=prod`.

Each field's comment says what it is for; `docs/deploy.md` lists them for people.  A wrong value stops the synth
with one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

STAGES = ("dev", "prod")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ORIGIN = r"\*|[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+/?"
"""An Origin as browsers send it: no path.  The shells of apps have schemes of their own, such as `capacitor://`."""
TOPIC_ARN = r"arn:[^:\s]+:sns:[^:\s]+:[^:\s]+:\S+"


class SettingsError(ValueError):
    """A setting that cannot be deployed; the message is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class TidingsSettings:
    """Everything the construct needs.  Times end in their unit."""

    stage: str = "dev"

    # Who may connect: an external OIDC issuer, or (all empty) a Cognito user pool of our own.
    issuer: str = ""
    audience: str = ""  # comma-separated audiences or client ids
    jwks_url: str = ""  # default: <issuer>/.well-known/jwks.json
    algorithms: str = "RS256"
    origins: str = ""  # comma-separated browser origins; empty: any in dev, none elsewhere.  Apps send none: allowed
    self_sign_up: bool = False  # may strangers make themselves an account in the user pool?

    # The times of the late-write rules (docs/adr): T >= F + C.
    fence_ms: int = 15_000
    settle_ms: int = 30_000
    call_ms: int = 8_000
    fanout_bound_ms: int = 60_000
    hot_page_ms: int = 2_000  # how old a pulled author's newest posts may be in a home timeline
    idle_days: int = 14  # after how many days without a look a follower's home is rebuilt on return instead
    always_pull: int = 20_000  # followers beyond which an author is pulled: 5 s of a new table's 4,000 writes a second
    never_pull: int = 1_000  # and below which pushed, whatever the rates
    max_pulled: int = 50  # authors whom one reader pulls; who is full is pushed to
    retention_days: int = 30
    max_devices: int = 10
    max_members: int = 100_000
    push_members: int = 1_024  # members up to which a group is pushed to; larger ones are pulled at sync
    search_days: int = 7  # how far back search looks
    search_awake_s: int = 21_600  # how long after it was searched a word's index is kept up to date
    search_terms: int = 5_000  # words whose index is kept up to date at a time
    edit_window_s: int = 900  # how long after it was sent a message may be edited
    unsend_window_s: int = 172_800  # and unsent by whoever sent it
    send_rate: int = 20  # messages a second that one user may send for long
    send_burst: int = 400  # and so many at once
    post_rate: int = 2  # likewise posts, answers, quotes and reposts
    post_burst: int = 100
    engage_rate: int = 5  # likewise likes and follows; and, counted apart, what takes back or sets something
    engage_burst: int = 200

    # Push: names of Secrets Manager secrets, or ARNs of platform applications that exist already.
    fcm_secret: str = ""
    apns_secret: str = ""
    apns_sandbox: bool = False
    fcm_application: str = ""
    apns_application: str = ""
    push_after_ms: int = 2_000
    push_window_s: int = 3

    # Streams and lanes.
    retry_attempts: int = 10
    max_record_age_s: int = 21_600  # six hours, for what is throttled (attempts count failures); a stream keeps 24
    max_receives: int = 5
    small_concurrency: int = 20
    large_concurrency: int = 20
    live_concurrency: int = 2  # caps how fast live frames of large groups are sent

    # Limits of the gateway's stage, in requests a second.
    connect_rate: int = 100
    route_rate: int = 2_000

    # Watching.
    log_level: str = "INFO"
    log_days: int = 0  # 0: the stage's default
    alarm_topic: str = ""  # ARN of an SNS topic that alarms are sent to
    account_log_role: bool = True  # set the account's API Gateway log role; false if your account has one

    def __post_init__(self) -> None:
        _check(self)

    @property
    def production(self) -> bool:
        """Outside dev: data is protected from deletion and kept after the stack is gone."""
        return self.stage != "dev"

    @property
    def external_issuer(self) -> bool:
        """Whether tokens come from somebody else's issuer."""
        return bool(self.issuer)

    @property
    def keys_url(self) -> str:
        """Where the external issuer publishes its keys."""
        return self.jwks_url or f"{self.issuer.rstrip('/')}/.well-known/jwks.json"


def from_context(read: Callable[[str], Any]) -> TidingsSettings:
    """Settings from a CDK context reader (`app.node.try_get_context`), which gives strings, numbers or None."""
    given: dict[str, Any] = {}
    for each in fields(TidingsSettings):
        value = read(each.name)
        if value is not None and value != "":
            given[each.name] = _convert(each.name, str(each.type), value)
    return TidingsSettings(**given)


def _convert(name: str, kind: str, value: Any) -> Any:
    """`value` as the field's type.  Command-line context arrives as text, cdk.json's as JSON."""
    text = str(value).strip()
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise SettingsError(f"{name} must be true or false, not {text!r}.")
        return text.lower() == "true"
    if kind == "int":
        if not re.fullmatch(r"\d+", text):
            raise SettingsError(f"{name} must be a whole number, not {text!r}.")
        return int(text)
    return text


def _check(settings: TidingsSettings) -> None:
    """Raise `SettingsError` for what AWS would refuse much later, or not at all."""
    if settings.stage not in STAGES:
        raise SettingsError(f"stage must be one of {', '.join(STAGES)}, not {settings.stage!r}.")
    _check_issuer(settings)
    if settings.production and "*" in settings.origins:
        raise SettingsError("origins: * is for dev; list the origins of your web apps.")
    for origin in _listed(settings.origins):
        if not re.fullmatch(ORIGIN, origin):
            raise SettingsError(f"origins: {origin!r} is none; a browser sends https://chat.example, without a path.")
    if settings.log_level.upper() not in LOG_LEVELS:
        raise SettingsError(f"log_level must be one of {', '.join(LOG_LEVELS)}, not {settings.log_level!r}.")
    if settings.alarm_topic and not _later(settings.alarm_topic) and not re.fullmatch(TOPIC_ARN, settings.alarm_topic):
        raise SettingsError(f"alarm_topic must be the ARN of an SNS topic, not {settings.alarm_topic!r}.")
    # Less than this, and what is slow for a moment writes nothing at all.
    _check_range("fence_ms", settings.fence_ms, 1_000, 900_000)
    # As long as the functions' clients let a call take (`tidings.bootstrap.clients`): to say less makes it no shorter.
    _check_range("call_ms", settings.call_ms, 8_000, 900_000)
    if settings.settle_ms < settings.fence_ms + settings.call_ms:
        raise SettingsError("settle_ms must be at least fence_ms + call_ms, or sync can lose what commits late.")
    # SQS holds a message back for 15 minutes at most: that is how the second sweep after `settle_ms` is made.
    _check_range("settle_ms", settings.settle_ms, 1, 900_000)
    if settings.fanout_bound_ms < settings.settle_ms + settings.hot_page_ms:
        raise SettingsError("fanout_bound_ms must be at least settle_ms + hot_page_ms, or `since` can lose a post.")
    _check_range("always_pull", settings.always_pull, 1, 1_000_000)
    _check_range("never_pull", settings.never_pull, 1, 1_000_000)
    _check_range("max_pulled", settings.max_pulled, 0, 500)
    _check_range("max_receives", settings.max_receives, 1, 1_000)
    _check_range("connect_rate", settings.connect_rate, 1, 10_000)
    _check_range("route_rate", settings.route_rate, 1, 10_000)
    _check_range("retention_days", settings.retention_days, 1, 3_650)
    if not 2 <= settings.idle_days < settings.retention_days:
        raise SettingsError("idle_days must be at least 2, and less than retention_days: a feed outlasts an absence.")
    _check_range("max_devices", settings.max_devices, 1, 100)
    _check_range("max_members", settings.max_members, 2, 1_000_000)
    _check_range("push_members", settings.push_members, 25, 100_000)
    _check_range("search_days", settings.search_days, 1, 365)
    # At least what an index waits for before it is live, and as much again to stay so.
    _check_range("search_awake_s", settings.search_awake_s, 300, 2_592_000)
    _check_range("search_terms", settings.search_terms, 10, 100_000)
    _check_range("edit_window_s", settings.edit_window_s, 0, 31_536_000)
    _check_range("unsend_window_s", settings.unsend_window_s, 0, 31_536_000)
    for kind in ("send", "post", "engage"):
        _check_range(f"{kind}_rate", getattr(settings, f"{kind}_rate"), 1, 10_000)
        # Tokens are taken out of the bucket 20 at a time: it must hold as many.
        _check_range(f"{kind}_burst", getattr(settings, f"{kind}_burst"), 20, 1_000_000)
    # A push waits for it in the function, which has a minute for its whole batch.
    _check_range("push_after_ms", settings.push_after_ms, 0, 30_000)
    _check_range("push_window_s", settings.push_window_s, 0, 300)
    _check_range("retry_attempts", settings.retry_attempts, 0, 10_000)
    _check_range("max_record_age_s", settings.max_record_age_s, 60, 86_400)
    _check_range("small_concurrency", settings.small_concurrency, 2, 1_000)
    _check_range("large_concurrency", settings.large_concurrency, 2, 1_000)
    _check_range("live_concurrency", settings.live_concurrency, 2, 1_000)
    for platform in ("fcm", "apns"):
        if getattr(settings, f"{platform}_secret") and getattr(settings, f"{platform}_application"):
            raise SettingsError(f"Give {platform}_secret or {platform}_application, not both.")


def _check_issuer(settings: TidingsSettings) -> None:
    """An external issuer comes with an audience, and over https unless this is dev."""
    if not settings.external_issuer:
        if settings.audience or settings.jwks_url:
            raise SettingsError("audience and jwks_url belong to an external issuer: give issuer too.")
        return
    if not _listed(settings.audience):
        raise SettingsError("An external issuer needs audience: which tokens are meant for this service?")
    for name in ("issuer", "keys_url"):
        url = getattr(settings, name)
        if url.startswith("http://") and settings.production:
            raise SettingsError(f"{name} must be https outside the dev stage, not {url!r}.")
        if not _later(url) and not re.fullmatch(r"https?://[^/\s]\S*", url):
            raise SettingsError(f"{name} must be an https address, not {url!r}.")
    if not _listed(settings.algorithms) or not set(_listed(settings.algorithms)) <= set(ALGORITHMS):
        raise SettingsError(f"algorithms must be asymmetric, some of {', '.join(ALGORITHMS)}: {settings.algorithms!r}.")


def _listed(text: str) -> list[str]:
    """The entries of a comma-separated setting."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _later(text: str) -> bool:
    """Whether CloudFormation puts the value in: another app's construct may give what does not exist yet."""
    return "${Token[" in text


def _check_range(name: str, value: int, low: int, high: int) -> None:
    """Refuse what Lambda refuses, but at synth."""
    if not low <= value <= high:
        raise SettingsError(f"{name} must be between {low} and {high}, not {value}.")
