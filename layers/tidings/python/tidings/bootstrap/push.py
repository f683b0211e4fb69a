"""Wires the push function."""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import EmbeddedMeter, logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.domain.where import where
from tidings.gateway.push import SnsPush
from tidings.routes.mailbox_stream import MailboxStream
from tidings.services.notices import Sources
from tidings.services.push import Notifier
from tidings.storage import keys
from tidings.storage.devices import DeviceStore
from tidings.storage.groups import GroupStore
from tidings.storage.log import LogStore
from tidings.storage.mailboxes import decode
from tidings.storage.memberships import MembershipStore
from tidings.storage.users import UserStore


def report(error: Exception) -> None:
    """Log an error: what kind and where, never what about."""
    logger().error("unhandled", error=type(error).__name__, where=where(error))


@cache
def build() -> MailboxStream:
    """What answers the push function's batches; once for the life of the process."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()
    sources = Sources(
        users=UserStore(client, given.table(keys.USERS.variable), clock),
        devices=DeviceStore(client, given.table(keys.DEVICES.variable)),
        memberships=MembershipStore(client, given.table(keys.MEMBERSHIPS.variable), clock),
        log=LogStore(client, given.table(keys.CONVERSATIONS.variable)),
        groups=GroupStore(client, given.table(keys.CONVERSATIONS.variable), clock),
        badge=lambda _: None,
        clock=clock,
    )
    push = SnsPush(clients.sns, {"fcm": given.platform_fcm, "apns": given.platform_apns})
    notifier = Notifier(sources, push, EmbeddedMeter(), report, given.push_after_ms)
    return MailboxStream(decode, keys.PUSH_MARK, notifier, report)
