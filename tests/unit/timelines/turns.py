"""Several requests at once, a call to a port at a time, in every order: what hooks that nest cannot reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Semaphore, Thread

Pause = Callable[[str], None]
"""To be called before each call to a port, as the hook of `tests.fakes.watched`."""
PATIENCE_S = 60


class _Turn:
    """A request on a thread of its own, which runs only while it is its turn."""

    def __init__(self, act: Callable[[Pause], None]) -> None:
        self._go, self._back = Semaphore(0), Semaphore(0)
        self._over = False
        self.error: BaseException | None = None
        self._thread = Thread(target=self._run, args=(act,), daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Run up to the next call, or to the end."""
        if not self._over:
            self._go.release()
            assert self._back.acquire(timeout=PATIENCE_S)

    def finish(self) -> None:
        while not self._over:
            self.step()
        self._thread.join()

    def _run(self, act: Callable[[Pause], None]) -> None:
        self._go.acquire()
        try:
            act(self._pause)
        except BaseException as error:
            self.error = error
        self._over = True
        self._back.release()

    def _pause(self, _name: str) -> None:
        self._back.release()
        self._go.acquire()


def play(acts: Sequence[Callable[[Pause], None]], order: Sequence[int]) -> list[BaseException | None]:
    """Run `acts` at once, each up to its next call when `order` names it, then to the end.  What each raised."""
    turns = [_Turn(act) for act in acts]
    for turn in turns:
        turn.step()
    for number in order:
        turns[number].step()
    for turn in turns:
        turn.finish()
    return [turn.error for turn in turns]


def orders(calls: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every order of so many calls of each."""
    if not any(calls):
        yield ()
    for number, left in enumerate(calls):
        if left:
            rest = [*calls[:number], left - 1, *calls[number + 1 :]]
            yield from ((number, *order) for order in orders(rest))
