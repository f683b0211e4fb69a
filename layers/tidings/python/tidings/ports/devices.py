"""Registered devices and mobile push."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device.  `endpoint` is the SNS endpoint's ARN, None where nothing can be pushed; `issued_at` (epoch
    ms) when the token that registered it was given out (0: not known)."""

    device_id: str
    platform: str
    endpoint: str | None
    position: str
    issued_at: int = 0


class Devices(Protocol):
    """Push endpoints of each user, a register by position."""

    def put(self, user_id: str, device: Device) -> bool:
        """Enter unless a later registration stands, or a removal that is later than the registration or its token.
        Whether it was entered."""
        ...

    def get(self, user_id: str, device_id: str) -> Device | None:
        """One device, strongly read; None when never registered or removed."""
        ...

    def remove(self, user_id: str, device_id: str, position: str) -> bool:
        """Leave a tombstone unless something later stands; a registration is later only by a later token.  Whether
        there was a device."""
        ...

    def of(self, user_id: str) -> list[Device]:
        """All registered devices of a user."""
        ...

    def forget_endpoint(self, user_id: str, device_id: str, endpoint: str, position: str | None = None) -> None:
        """Clear the endpoint if it still is `endpoint` (the platform said that it is dead), and, where `position` is
        given, if the device has not been registered anew since."""
        ...

    def own(self, endpoint: str, owner: str) -> None:
        """Note whose the endpoint is: `<user id>#<device id>`."""
        ...

    def owner(self, endpoint: str) -> str | None:
        """Whose the endpoint is, strongly read; None: nobody's."""
        ...

    def disown(self, endpoint: str) -> None:
        """The endpoint is gone; one that is not known is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Notification:
    """What a phone shows.

    `collapse_key` makes a later one replace an earlier one, `thread` groups them; `badge` is everything unread (None:
    unknown), `count` how many messages of its conversation this one stands for (0: none, it is about something else).
    """

    title: str
    body: str
    collapse_key: str
    thread: str
    badge: int | None
    ttl_s: int
    data: Mapping[str, str]
    count: int = 1


class Push(Protocol):
    """SNS mobile push."""

    def endpoint(
        self, platform: str, token: str, owner: str, old: str | None, release: Callable[[str, str], None]
    ) -> str | None:
        """An enabled endpoint for the token that belongs to `owner` (`<user id>#<device id>`): ensure it exists, has
        this token, is enabled.  `old` is the endpoint that the device has so far.  None: no such platform application
        is configured.  Raises `InvalidRequest` if the platform refuses the token.

        A phone can change hands.  Before an endpoint that belongs to somebody else is taken over,
        `release(that owner, endpoint)` is called, so that no push of theirs ever sounds on this phone.
        """
        ...

    def drop(self, endpoint: str, owner: str) -> None:
        """Delete the endpoint if it is `owner`'s; one that is gone already is fine."""
        ...

    def alive(self, endpoint: str) -> bool | None:
        """Whether the endpoint is enabled; None: it is gone.  Raises `Unavailable`."""
        ...

    def send(self, device: Device, notification: Notification) -> Literal["sent", "dead"]:
        """Publish.  `dead`: the endpoint is disabled or gone.  Anything else raises `Unavailable`."""
        ...
