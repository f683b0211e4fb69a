"""What people do, one dataclass a deed; `at` is in ms since midnight.  Names only: no ids, no positions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody; `phones` are (device, push token)."""

    name: str
    shown: str
    phones: tuple[tuple[str, str], ...]
    previews: str


@dataclass(frozen=True, slots=True)
class Act:
    """A deed of `who`."""

    at: int
    who: str


@dataclass(frozen=True, slots=True)
class Come(Act):
    """Connects and syncs.  In a tunnel, nothing that is sent meanwhile arrives, and nothing is confirmed."""

    tunnel: bool


@dataclass(frozen=True, slots=True)
class Go(Act):
    """Disconnects; what had arrived has been confirmed."""


@dataclass(frozen=True, slots=True)
class Say(Act):
    """A message, known by `name`.  `chat` is another person, or a group."""

    name: str
    chat: str
    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsend(Act):
    """Takes an own message back."""

    name: str


@dataclass(frozen=True, slots=True)
class Edit(Act):
    """Gives an own message another text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class React(Act):
    """Reacts to somebody's message."""

    name: str


@dataclass(frozen=True, slots=True)
class Read(Act):
    """Has read all that is in a chat so far."""

    chat: str


@dataclass(frozen=True, slots=True)
class Mute(Act):
    """Mutes a chat until `until` (0: no longer); `mentions` sound all the same."""

    chat: str
    until: int
    mentions: bool = True


@dataclass(frozen=True, slots=True)
class Archive(Act):
    """Archives a chat, or takes it back."""

    chat: str
    on: bool


@dataclass(frozen=True, slots=True)
class Block(Act):
    """Blocks another person, or ends it."""

    other: str
    on: bool


@dataclass(frozen=True, slots=True)
class Preview(Act):
    """Chooses what pushes show."""

    policy: str


@dataclass(frozen=True, slots=True)
class Register(Act):
    """Registers a phone, anew or for the first time."""

    device: str
    token: str


@dataclass(frozen=True, slots=True)
class Remove(Act):
    """Signs a phone out."""

    device: str


@dataclass(frozen=True, slots=True)
class Dies(Act):
    """The platform takes a token for dead from now on."""

    token: str


@dataclass(frozen=True, slots=True)
class Weather(Act):
    """The push service does not answer for a token until `until`."""

    token: str
    until: int


@dataclass(frozen=True, slots=True)
class Found(Act):
    """Makes a group."""

    group: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Add(Act):
    """Puts somebody into a group."""

    group: str
    other: str


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """Leaves a group."""

    group: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push as a phone showed it.  `newest` is the message it names (empty: being put into a group, or hidden by the
    policy), `told` how many it tells of; `badge` is None where the script cannot tell."""

    token: str
    chat: str
    newest: str
    told: int
    title: str
    body: str
    badge: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """One try of the push function, as the stream cut it: (person, deed) of each record, when it began to look and when
    it sounded, ms since midnight."""

    records: tuple[tuple[str, Act], ...]
    began: int
    sounded: int
