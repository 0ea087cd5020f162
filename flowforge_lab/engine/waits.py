"""Visits that wait: for their time, for an answer, or for a pause to end."""

from collections.abc import Callable

from flowforge_lab.events import ExecutionState, Visit

from .branches import Branches, Sleeper
from .chronicle import Chronicle
from .gate import Gate
from .signals import Signals


class Waits:
    """The visits of one execution that sleep, and what wakes them."""

    def __init__(
        self,
        chronicle: Chronicle,
        gate: Gate,
        signals: Signals,
        *,
        branches: Callable[[], Branches],
    ) -> None:
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._gate = gate
        self._signals = signals
        self._branches = branches
        self._sleepers: dict[int, Sleeper] = {}

    async def wait(self, visit: Visit) -> None:
        """Return when a visit's time has come or its answer is there, and no pause holds it."""
        while not self._may_wake(visit):
            until = None
            if visit.wake_at is not None and self._gate.is_open:
                until = (visit.wake_at - self._chronicle.now()) / 1e6
            sleeper = self._sleepers[visit.number] = Sleeper()
            try:
                await self._branches().sleep(sleeper, until)
            finally:
                self._sleepers.pop(visit.number, None)
        if visit.status == "parked":
            self._chronicle.note(self._signals.answer_to(visit))

    def _may_wake(self, visit: Visit) -> bool:
        if not self._gate.is_open:
            return False
        is_due = visit.wake_at is not None and visit.wake_at <= self._chronicle.now()
        return is_due or self._signals.has_answer(visit)

    def heed(self) -> None:
        """Wake those whose answer has come, and, where nothing is paused, those that wait for a time."""
        for number in self._signals.waiting():
            self._rouse(number)
        if self._gate.is_open:
            for number in list(self._sleepers):
                if self._state.visits[number].wake_at is not None:
                    self._rouse(number)

    def _rouse(self, number: int) -> None:
        sleeper = self._sleepers.get(number)
        if sleeper is not None:
            self._branches().wake(sleeper)
