"""Long work told while it goes on, as server-sent events; it ends when nobody listens any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

from flowforge_lab.clock import Clock
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.services import to_json

from .problems import answer_to
from .streaming import BEAT, HEARTBEAT_SECONDS

T = TypeVar("T")
_LOOK_SECONDS = 0.2


class Progress:
    """How far some work is: told by any thread, looked at by the loop."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self.total = total

    def tell(self, done: int, total: int) -> None:
        """Take note of how much is done, and of how much."""
        self.done, self.total = done, total

    def event(self) -> bytes:
        """Return it as an event of a stream."""
        return event("progress", to_json({"done": self.done, "total": self.total}))


def event(name: str, data: bytes) -> bytes:
    """Return one server-sent event; the data are in one line."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def told(
    work: Callable[[], Awaitable[T]],
    progress: Progress,
    *,
    clock: Clock,
    is_wanted: Callable[[], bool],
    tell: Callable[[T], Iterator[bytes]],
) -> AsyncIterator[bytes]:
    """Yield how work gets on, and at its end what `tell` says of it, or a problem as `error`.

    The work is cancelled where this is closed, or once it is not wanted any more.
    """
    running = asyncio.ensure_future(work())  # noqa: TID251  # ends with this
    seen, told_at = -1, clock.monotonic()
    try:
        while not running.done():
            if not is_wanted():
                return
            if progress.done != seen or clock.monotonic() - told_at >= HEARTBEAT_SECONDS:
                yield BEAT if progress.done == seen else progress.event()
                seen, told_at = progress.done, clock.monotonic()
            await asyncio.wait((running,), timeout=_LOOK_SECONDS)
        for text in _ended(running, progress, tell):
            yield text
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _ended(
    running: "asyncio.Future[T]", progress: Progress, tell: Callable[[T], Iterator[bytes]]
) -> Iterator[bytes]:
    try:
        found = running.result()
    except FlowForgeError as error:
        yield event("error", bytes(answer_to(error).body))
        return
    yield progress.event()
    yield from tell(found)
