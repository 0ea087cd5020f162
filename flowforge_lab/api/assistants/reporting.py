"""How far an execution is, told to an assistant while it waits."""

from collections.abc import Awaitable, Callable, Sequence

from flowforge_lab.api.hub import Fallen, Hub
from flowforge_lab.events import (
    AttemptFailed,
    Entry,
    Event,
    ExecutionFinished,
    IterationReturned,
    Progressed,
    VisitFailed,
    VisitParked,
    VisitStarted,
    VisitSucceeded,
)

Tell = Callable[[float, str], Awaitable[None]]
"""Takes how far it is, a number that grows, and a line for people."""
_PATIENCE = 15.0
_AT_ONCE = 10


async def report(
    hub: Hub, entries: Callable[[], Awaitable[list[Entry]]], tell: Tell, *, execution_id: str
) -> None:
    """Tell what happens in an execution until it ends; of much at once only the last of it.

    `entries` reads its journal. Whoever is too slow is told no more.
    """
    stream = await hub.subscribe(execution_id=execution_id)
    seen = _Seen()
    try:
        lines = seen.take(await entries())
        while True:
            for how_far, line in lines[-_AT_ONCE:]:
                await tell(how_far, line)
            if seen.is_over:
                return
            lives = await stream.take(patience=_PATIENCE)
            lines = seen.take([live.entry for live in lives])
    except Fallen:
        return
    finally:
        hub.leave(stream)


class _Seen:
    """What was seen of one execution: the number of steps that ended, and the part of the one under way."""

    def __init__(self) -> None:
        self._seq = 0
        self._steps = 0
        self._last = 0.0
        self.is_over = False

    def take(self, entries: Sequence[Entry]) -> list[tuple[float, str]]:
        """Return what there is to tell of entries that were not seen yet."""
        told = []
        for entry in entries:
            if entry.seq <= self._seq:
                continue
            self._seq = entry.seq
            self._note(entry.event)
            if line := _line(entry.event):
                told.append((self._how_far(entry.event), line))
        return told

    def _note(self, event: Event) -> None:
        self.is_over = isinstance(event, ExecutionFinished)
        self._steps += isinstance(event, VisitSucceeded | VisitFailed)

    def _how_far(self, event: Event) -> float:
        """Return a number that grows from line to line, also where nothing but the line is new."""
        part = event.fraction if isinstance(event, Progressed) else 0.0
        self._last = max(self._steps + min(max(part, 0.0), 0.99), self._last + 0.001)
        return round(self._last, 4)


def _line(event: Event) -> str:
    if isinstance(event, Progressed):
        return f"{event.node}: {event.text or f'{event.fraction:.0%}'}"
    if isinstance(event, VisitFailed | AttemptFailed):
        is_final = isinstance(event, VisitFailed)
        return f"{event.node} {'failed' if is_final else 'is tried again'}: {event.error.title}"
    if isinstance(event, IterationReturned):
        return f"{event.node}: turn {event.index + 1} is done"
    if isinstance(event, VisitStarted | VisitSucceeded | VisitParked):
        return f"{event.node} {_DOES[type(event)]}"
    return ""


_DOES = {VisitStarted: "begins", VisitSucceeded: "is done", VisitParked: "waits"}
