"""A sans-I/O session whose frames a test looks at one by one, on a clock of the test's own."""

from __future__ import annotations

import json
import random
from typing import Any

from client.inbox import State
from client.lanes import Request
from client.outgoing import Timing
from client.session import Session
from tests.unit.client_rig import Model

CONVERSATION = "dm#alice#bob"


class Alice:
    """A session whose frames are looked at one by one."""

    def __init__(self, **options: Any) -> None:
        self.session = Session("alice", timing=Timing(), rng=random.Random(1), **options)
        self.model = Model()
        self.now = 100.0
        self.session.opened(self.now)
        self.answer(*self.frames())

    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.session.take_frames()]

    def send(self, text: str, to: str = "bob") -> Request:
        request = Request("send", {"client_id": f"id-{text[:20]}", "to": to, "text": text})
        self.session.submit(request, self.now)
        return request

    def answer(self, *frames: dict[str, Any]) -> None:
        for frame in frames:
            self.say(self.model.answer("alice", json.dumps(frame)))

    def say(self, frame: dict[str, Any] | str) -> None:
        self.session.received(frame if isinstance(frame, str) else json.dumps(frame), self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.session.tick(self.now)

    def events(self) -> list[Any]:
        return [event for event in self.session.take_events() if not isinstance(event, State)]
