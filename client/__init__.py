"""Talk to a Tidings backend: an async client library, and the `tidings` command on it.

async with Client(endpoint, token, device="laptop") as client:
    await client.send("bob", "hello")
    async for message in client.messages():
        print(message.sender, message.text)
"""

from client.api import Client
from client.errors import ClientError, Closed, Refused, RequestError
from client.frames import Ack, Message, Page, Post, Receipt
from client.inbox import State
from client.outgoing import Timing

__all__ = [
    "Ack",
    "Client",
    "ClientError",
    "Closed",
    "Message",
    "Page",
    "Post",
    "Receipt",
    "Refused",
    "RequestError",
    "State",
    "Timing",
]
