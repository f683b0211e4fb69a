"""Wires the conversation list and its settings."""

from __future__ import annotations

from tidings.ports.groups import Groups, Memberships
from tidings.ports.messaging import Log, Mailboxes
from tidings.ports.world import Clock
from tidings.router import Router
from tidings.routes import conversations
from tidings.services.claim import Claims
from tidings.services.conversations import Conversations
from tidings.services.messaging import Messaging, Use
from tidings.services.own_rows import OwnRows
from tidings.services.preferences import Preferences, SetConversation
from tidings.services.threads import Threads


def uses(claims: Claims, memberships: Memberships, rows: OwnRows) -> dict[type, Use]:
    """What `Messaging` runs of it."""
    return {SetConversation: Use(Preferences(claims, memberships, rows).prepare)}


def register(
    router: Router,
    messaging: Messaging,
    log: Log,
    memberships: Memberships,
    groups: Groups,
    mailboxes: Mailboxes,
    clock: Clock,
) -> None:
    """Enter its routes."""
    listing = Conversations(log, memberships, groups, mailboxes, clock, Threads())
    conversations.register(router, messaging, listing)
