"""A random world: people write, edit and take back, resend what was not answered, while planners and workers run into
each other, die at any call, and are delivered again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.unit.fanout.chaos import PAUSES
from tests.unit.fanout.chaos import Chaos as FanoutChaos
from tests.unit.fanout.rig import GROUP, Died
from tests.unit.life.rig import NAMES, PAIR, Rig
from tidings.domain.errors import TidingsError
from tidings.domain.events import Message
from tidings.services.edit import EditMessage
from tidings.services.messaging import Command
from tidings.services.send import SendMessage
from tidings.services.unsend import UnsendMessage

Request = tuple[str, Command]


class Chaos(FanoutChaos):
    """As the fan-out's, with requests."""

    rig: Rig

    def __init__(self, random: Random, deaths: float = 0.03, nesting: float = 0.08) -> None:
        super().__init__(random, deaths, nesting)
        self.rig = Rig()
        self.rig.hook = lambda _name: self._at_a_call()
        self.rig.commit = self._in_flight
        self._number = 0
        self._unanswered: list[Request] = []
        self.acked: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            self._say,
            *[self._edit] * 2,
            *[self._unsend] * 2,
            *[self._resend] * 3,
            *[self._pass_time] * 3,
            *[self._plan] * 3,
            *[self._work] * 5,
        ]
        self.random.choice(steps)()

    def settle(self) -> None:
        """No more trouble: clients resend until they are answered for good, and everything on its way arrives."""
        self.rig.hook = self.rig.commit = None
        for _ in range(1_000):
            if not self._unanswered:
                break
            self._resend()
            self.rig.pass_time(self.random.choice(PAUSES))
        assert not self._unanswered, "a request is never answered"
        self.rig.settle()

    def _say(self) -> None:
        chat = self.random.choice((PAIR, GROUP))
        self._request(self._anybody(chat), SendMessage(self._name(), None, self._name(), chat))

    def _edit(self) -> None:
        for chat, message in self._some_message():
            self._request(message.sender, EditMessage(self._name(), chat, message.position, self._name()))

    def _unsend(self) -> None:
        for chat, message in self._some_message():
            self._request(message.sender, UnsendMessage(self._name(), chat, message.position))

    def _resend(self) -> None:
        if self._unanswered:
            self._request(*self._unanswered.pop(self.random.randrange(len(self._unanswered))))

    def _request(self, user_id: str, command: Command) -> None:
        """What a client does: send, and send again whatever was not answered for good."""
        self._unanswered.append((user_id, command))
        try:
            sent = self.rig.request(user_id, command, self.random.choice(("phone", "laptop")))
            assert self.acked.setdefault(command.client_id, sent.position) == sent.position
        except Died:
            return
        except TidingsError as error:
            if error.retryable:
                return
            self.refused[command.client_id] = error.code
        self._unanswered = [each for each in self._unanswered if each != (user_id, command)]

    def _some_message(self) -> list[tuple[str, Message]]:
        """One of those that are alive, or none."""
        alive = [
            (chat, entry.event) for (chat, _), entry in self.rig.log.entries.items() if isinstance(entry.event, Message)
        ]
        return [self.random.choice(alive)] if alive else []

    def _anybody(self, chat: str) -> str:
        return self.random.choice(NAMES if chat == GROUP else NAMES[:2])

    def _name(self) -> str:
        self._number += 1
        return f"t-{self._number}"


class OneMessage(Chaos):
    """One message, in one of the two conversations, edited and taken back while it is being delivered."""

    def __init__(self, random: Random) -> None:
        super().__init__(random, deaths=0.0, nesting=0.0)
        self._chat = random.choice((PAIR, GROUP))
        self._deaths, self._nesting = 0.05, 0.2
        self._request("ann", SendMessage("the-message", None, "the text", self._chat))

    def _say(self) -> None:
        self._resend()
