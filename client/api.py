"""The client: what a program calls.

Messages, the conversation list, posts, timelines and search are methods of the client itself; `client.groups`,
`client.people` and `client.devices` are the rest.  Sessions and sockets are underneath.
"""

from __future__ import annotations

from functools import cached_property

from client.conversations import Conversations
from client.devices import Devices
from client.groups import Groups
from client.messages import Messages
from client.people import People
from client.search import Search
from client.threads import Posts
from client.timelines import Timelines


class Client(Messages, Conversations, Posts, Timelines, Search):
    """One user's device; `Core` says what it takes and how it lives."""

    @cached_property
    def groups(self) -> Groups:
        """Making and changing groups."""
        return Groups(self.ask)

    @cached_property
    def people(self) -> People:
        """Profiles, follows, blocks, mutes, privacy and presence."""
        return People(self.ask, self._session.inbox.present.get)

    @cached_property
    def devices(self) -> Devices:
        """Our devices."""
        return Devices(self.ask)
