"""A time limit that costs nothing for what never waits: most nodes answer in one breath."""

import asyncio
from collections.abc import Awaitable, Generator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any


class Deadline:
    """Awaits `work` for at most some seconds; `has_passed` says whether it was stopped for that.

    The timer is set when the work first waits, yet counts from the start, without the time in which the
    clock is `stopped`. Raises `TimeoutError` like `asyncio.timeout`.
    """

    def __init__(self, work: Awaitable[Any], seconds: float) -> None:
        self._work = work.__await__()
        self._left = seconds
        self._runs_since = 0.0
        self._stops = 0
        self._limit: asyncio.Timeout | None = None
        self.has_passed = False

    def __await__(self) -> Generator[Any, Any, Any]:
        self._runs_since = monotonic()
        try:
            waits_for = self._work.send(None)
        except StopIteration as done:
            return done.value
        return (yield from self._wait(waits_for).__await__())

    async def _wait(self, waits_for: Any) -> Any:
        self._limit = limit = asyncio.timeout(None)
        try:
            async with limit:
                self._set()
                return await _Rest(self._work, waits_for)
        finally:
            self.has_passed = limit.expired()
            self._limit = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let no time count meanwhile; may be entered by several tasks of the work at once."""
        if not self._stops:
            self._left -= monotonic() - self._runs_since
        self._stops += 1
        self._set()
        try:
            yield
        finally:
            self._stops -= 1
            if not self._stops:
                self._runs_since = monotonic()
            self._set()

    def _set(self) -> None:
        if self._limit is None or self._limit.expired():
            return
        if self._stops:
            self._limit.reschedule(None)
            return
        spent = monotonic() - self._runs_since
        self._limit.reschedule(asyncio.get_running_loop().time() + self._left - spent)


class _Rest:
    """What is left of work that has begun and now waits for something."""

    def __init__(self, work: Generator[Any, Any, Any], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:  # noqa: BLE001  # whatever it is is for the work
                    waits_for = self._work.throw(error)
                else:
                    waits_for = self._work.send(sent)
        except StopIteration as done:
            return done.value
