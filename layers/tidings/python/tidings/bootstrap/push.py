"""Wires the push function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import EmbeddedMeter, logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.domain.where import where
from tidings.gateway.push import SnsPush
from tidings.routes.endpoint_events import EndpointEvents
from tidings.routes.mailbox_stream import MailboxStream
from tidings.services.endpoints import Endpoints
from tidings.services.notices import Sources
from tidings.services.push import Notifier
from tidings.services.unread import Unread
from tidings.storage import keys
from tidings.storage.devices import DeviceStore
from tidings.storage.groups import GroupStore
from tidings.storage.log import LogStore
from tidings.storage.mailboxes import MailboxStore, decode
from tidings.storage.memberships import MembershipStore
from tidings.storage.users import UserStore


def report(error: Exception) -> None:
    """Log an error: what kind and where, never what about."""
    logger().error("unhandled", error=type(error).__name__, where=where(error))


@dataclass(frozen=True, slots=True)
class PushFunction:
    """Answers batches of the mailboxes' stream, and what SNS tells of endpoints."""

    stream: MailboxStream
    endpoints: EndpointEvents

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The answer that Lambda wants of it."""
        if EndpointEvents.takes(event):
            return self.endpoints.resolve(event)
        return self.stream.resolve(event)


@cache
def build() -> PushFunction:
    """What answers the push function's events; once for the life of the process."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()
    memberships = MembershipStore(client, given.table(keys.MEMBERSHIPS.variable), clock)
    mailboxes = MailboxStore(client, given.table(keys.MAILBOXES.variable), clock, given.retention_ms)
    sources = Sources(
        users=UserStore(client, given.table(keys.USERS.variable), clock),
        devices=DeviceStore(client, given.table(keys.DEVICES.variable)),
        memberships=memberships,
        log=LogStore(client, given.table(keys.CONVERSATIONS.variable)),
        groups=GroupStore(client, given.table(keys.CONVERSATIONS.variable), clock),
        unread=Unread(mailboxes, memberships, clock),
        clock=clock,
    )
    meter = EmbeddedMeter()
    push = SnsPush(clients.sns, {"fcm": given.platform_fcm, "apns": given.platform_apns})
    notifier = Notifier(sources, push, meter, report, given.push_after_ms)
    stream = MailboxStream(decode, keys.PUSH_MARK, notifier, report)
    return PushFunction(stream, EndpointEvents(Endpoints(sources.devices, push, meter), report))
