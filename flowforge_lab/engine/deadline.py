"""A time limit that costs nothing for what never waits: most nodes answer in one breath."""

import asyncio
from collections.abc import Awaitable, Generator
from time import monotonic
from typing import Any


class Deadline:
    """Awaits `work` for at most some seconds; `has_passed` says whether it was stopped for that.

    The timer is set when the work first waits, yet counts from the start. Raises `TimeoutError`
    like `asyncio.timeout`.
    """

    def __init__(self, work: Awaitable[Any], seconds: float) -> None:
        self._work = work.__await__()
        self._seconds = seconds
        self.has_passed = False

    def __await__(self) -> Generator[Any, Any, Any]:
        began = monotonic()
        try:
            waits_for = self._work.send(None)
        except StopIteration as done:
            return done.value
        return (yield from self._wait(waits_for, monotonic() - began).__await__())

    async def _wait(self, waits_for: Any, spent: float) -> Any:
        limit = asyncio.timeout(self._seconds - spent)
        try:
            async with limit:
                return await _Rest(self._work, waits_for)
        finally:
            self.has_passed = limit.expired()


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
