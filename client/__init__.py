"""Talk to a Tidings backend: an async client library, and the `tidings` command on it.

async with Client(endpoint, token, device="laptop") as client:
    await client.send("bob", "hello")
    async for message in client.messages():
        print(message.sender, message.text)
"""

from client.api import Client
from client.circle import Person, Profile
from client.errors import ClientError, Closed, Refused, RequestError
from client.events import (
    Edit,
    Event,
    GroupChange,
    Hidden,
    Message,
    NewPosts,
    Presence,
    Reaction,
    Reactions,
    Receipt,
    SearchProgress,
    Setting,
    Typing,
    Unsend,
)
from client.inbox import State
from client.outgoing import Timing
from client.posts import Counts, Entity, Post, Thread
from client.replies import Ack, Device, Group, Member, Overview, Page, Privacy, Reader
from client.search import Found

__all__ = [
    "Ack",
    "Client",
    "ClientError",
    "Closed",
    "Counts",
    "Device",
    "Edit",
    "Entity",
    "Event",
    "Found",
    "Group",
    "GroupChange",
    "Hidden",
    "Member",
    "Message",
    "NewPosts",
    "Overview",
    "Page",
    "Person",
    "Post",
    "Presence",
    "Privacy",
    "Profile",
    "Reaction",
    "Reactions",
    "Reader",
    "Receipt",
    "Refused",
    "RequestError",
    "SearchProgress",
    "Setting",
    "State",
    "Thread",
    "Timing",
    "Typing",
    "Unsend",
]
