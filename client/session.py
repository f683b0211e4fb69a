"""The protocol core of a client, without I/O: frames and the time go in, frames and results come out.

    opened / closed / received / tick / submit      what happened; `now` is any clock in seconds that only grows
    take_frames / take_finished / take_events       what to do about it
    deadline                                        when to call `tick` next
    reconnect                                       set when this connection is of no more use

A request stays until it is answered: a frame without a reply is sent again as it was, also on the next connection,
and the server knows it by its client id.  Errors that may pass are obeyed (`retry_after_ms`) and never shown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from client.errors import Closed
from client.events import Event, NewPosts, Presence
from client.frames import decode
from client.inbox import Inbox, State
from client.lanes import Request
from client.outgoing import Outgoing, Timing
from client.own import look_up, looked_up, own_event
from client.receipts import Mark, Receipts
from client.syncing import SyncLoop
from client.tokens import Lifetime
from client.watching import Watching
from client.wire import entries_of, presence_of


class Session:
    """One user's device, over any number of connections.  `user_id` saves a `whoami` where it is known."""

    def __init__(
        self,
        user_id: str | None = None,
        state: State | None = None,
        timing: Timing | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.timing = timing or Timing()
        self.inbox = Inbox(receipts := Receipts(), state or State(), user_id)
        self.reconnect: Literal["token", "silent"] | None = None
        self.open = False
        rng = rng or random.Random()
        self._receipts = receipts
        self._receipts_at: float | None = None
        self._out = Outgoing(self.timing, rng, self._take_receipts)
        self._sync = SyncLoop(self.timing.keep_alive, rng)
        self._watching = Watching()
        self._heard_at = 0.0
        self._token = Lifetime()
        self._finished: list[Request] = []
        self._events: list[Event | State] = []

    # -- what happened ---------------------------------------------------------------------------------------------

    def opened(self, now: float, expires_at: int | None = None) -> None:
        """A connection stands: send what is still unanswered, and sync (which also repairs the registry).

        `expires_at` (epoch seconds) is when the token that opened it does: from then on the server tells nothing live.
        """
        self.open, self.reconnect, self._heard_at = True, None, now
        self._token = Lifetime(expires_at)
        self._out.opened(now)
        if self.inbox.me is None:
            self._out.add(Request("whoami", {}, "whoami"), now)
        else:
            self._begin(now)
        self._go_on(now)

    def closed(self) -> None:
        """The connection is gone.  Callers' requests wait for the next one; a sync starts again from its cursor."""
        self.open = False
        self._sync.interrupted()
        self._out.closed()

    def too_large(self) -> None:
        """The gateway closed the connection for a frame that was too large (1009)."""
        self._out.too_large()
        self._collect(0.0)

    def submit(self, request: Request, now: float) -> None:
        """Carry out a caller's request.  Raises `RequestError` at once for what can never be sent."""
        if request.action != "sync":
            self._out.add(request, now)
            self._watching.asked(request)
            if request.action == "send":
                self._watching.spoke()
        elif self._sync.join(request) and self.open and self.inbox.me is not None:
            self._begin_sync(now)
        self._go_on(now)

    def mark_read(self, conversation: str, position: str | None, now: float) -> bool:
        """Note that the user has read up to `position` (None: all there is).  False if there is nothing new to say."""
        top = self.inbox.top(conversation)
        if top is None:
            return False
        noted = self._receipts.note(conversation, "read", Mark(position or top.position, top.taken_at))
        self._go_on(now)
        return noted

    def typing(self, conversation: str, typing: bool, now: float) -> None:
        """Tell the others that we are typing, or have stopped, as far as they can hear it now."""
        if self.open and self.inbox.me is not None:
            fields = self._watching.typing(conversation, typing, now)
            if fields is not None:
                self._out.say("typing", fields)

    def withdraw(self, request: Request) -> None:
        """Nobody waits for it any more: forget it unless it has left already; a query, in any case."""
        self._out.withdraw(request)

    def received(self, text: str | bytes, now: float) -> None:
        """A frame came."""
        self._heard_at = now
        frame = decode(text)
        if frame.get("code") == "token_expired":
            self.reconnect = "token"
        elif frame.get("type") == "events":
            events = self.inbox.take(frame.get("events", ()), "live")
            self._events += events
            for event in events:
                if isinstance(event, Presence):
                    self._watching.heard(event, now)
        elif not self._out.answered(frame, now) and "type" not in frame and "message" in frame:
            # The gateway's own words for "the function failed" or "throttled": they name no frame of ours.
            self._out.hurry(now)
        self._go_on(now)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if not self.open:
            return
        if self._out.tick(now) > 2 and now - self._heard_at > self.timing.silent:
            self.reconnect = "silent"
        if self._sync.due(now) and self.inbox.me is not None:
            self._begin_sync(now)
        if self._token.over(now):
            self.reconnect = "token"
        for request in self._watching.ask_again(now) if self.inbox.me is not None else ():
            self._out.add(request, now)
        self._go_on(now)

    def shut(self) -> None:
        """The end: whatever is unanswered fails with `Closed`."""
        self.open = False
        self._out.shut()
        self._collect(0.0)
        for each in self._sync.waiting():
            each.error = Closed("The client was closed before the server answered.")
            self._finished.append(each)
        self._sync.interrupted()

    # -- what to do ------------------------------------------------------------------------------------------------

    @property
    def deadline(self) -> float | None:
        """When `tick` is due, None while nothing is awaited."""
        return min(self._deadlines(), default=None) if self.open else None

    def take_frames(self) -> list[str]:
        """Frames to send, in order."""
        taken, self._out.frames = self._out.frames, []
        return taken

    def take_finished(self) -> list[Request]:
        """Callers' requests that have their `reply` or `error` now."""
        taken, self._finished = self._finished, []
        return taken

    def take_events(self) -> list[Event | State]:
        """Events to show, and states to keep once the events before them were shown."""
        taken, self._events = self._events, []
        return taken

    @property
    def pending(self) -> int:
        """How many requests and receipts are not settled."""
        return len(self._out) + len(self._receipts)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _deadlines(self) -> Iterator[float]:
        yield from self._out.resends()
        if self.inbox.me is not None:
            yield from self._out.starts(self._receipts_at)
            yield from (at for at in (self._sync.next_at, self._watching.ask_at, self._token.ends) if at is not None)

    def _go_on(self, now: float) -> None:
        """Whatever can happen now: settled requests, receipts that were gathered long enough, the next frames."""
        self._collect(now)
        if len(self._receipts) and self._receipts_at is None:
            self._receipts_at = now + self.timing.receipts
        if self.open and self.inbox.me is not None:
            self._out.pump(now, extras_due=self._receipts_at is not None and now >= self._receipts_at)

    def _take_receipts(self, limit: int) -> list[Request]:
        taken = [Request("ack", fields, "receipts") for fields in self._receipts.take(limit)]
        for each in taken:
            each.measure()
        if not len(self._receipts):
            self._receipts_at = None
        return taken

    def _collect(self, now: float) -> None:
        settled, self._out.settled = self._out.settled, []
        for request in settled:
            if request.owner == "sync":
                self._synced(request, now)
            elif request.owner == "whoami":
                self._known(request, now)
            elif request.owner == "change":
                for change in looked_up(request):
                    self.inbox.own(change)
            elif request.owner in ("caller", "watch"):
                self._note_own(request, now)
                if request.owner == "caller":
                    self._finished.append(request)

    def _known(self, request: Request, now: float) -> None:
        """Who we are; should the server not say, all that is lost is telling our own messages from others'."""
        self.inbox.me = str(request.reply["user_id"]) if request.reply is not None else ""
        self._begin(now)

    def _begin(self, now: float) -> None:
        """The connection is ours: find out what we missed, and watch what we watched."""
        self._begin_sync(now)
        for request in self._watching.requests(self._out.waiting("watches")):
            self._out.add(request, now)

    def _begin_sync(self, now: float) -> None:
        self._out.add(self._sync.begin(self.inbox), now)

    def _synced(self, request: Request, now: float) -> None:
        if request.reply is not None:
            self._token.heard(request.reply.get("at"), now)
        step = self._sync.answered(request, self.inbox, now)
        self._events += step.events
        self._finished += step.served
        if step.following is not None:
            self._out.add(step.following, now)

    def _note_own(self, request: Request, now: float) -> None:
        """What a settled request tells us besides its reply."""
        reply, me = request.reply, self.inbox.me
        if request.action in ("watch", "presence.watch", "timeline.watch"):
            self._watched(request, now)
        elif request.action == "history" and reply is not None:
            self.inbox.met(entries_of(reply))
        elif reply is not None and me is not None:
            event = own_event(request.action, request.fields, reply, me)
            if event is not None:
                self.inbox.own(event)
            if (query := look_up(request.action, reply)) is not None:
                self._out.add(query, now)

    def _watched(self, request: Request, now: float) -> None:
        if request.reply is None:
            self._watching.refused(request)
            return
        self._watching.asked(request)
        if request.action == "timeline.watch" and self._watching.watched(now):
            self._events.append(NewPosts(new=0))
        for user in request.reply.get("users", ()):
            presence = presence_of(user, request.reply.get("at", 0))
            self._watching.heard(presence, now)
            news = self.inbox.news(presence)
            self._events += [news] if news is not None else []
