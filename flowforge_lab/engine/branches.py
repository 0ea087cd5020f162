"""The tasks of one execution, who of them sleeps, and where each is."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.events import Scope


class Place(msgspec.Struct, frozen=True):
    """Where a branch is: the node it is at or on its way to, in the turns of `scope`."""

    node: str
    scope: Scope = ()


class Sleeper:
    """A branch that waits for `wake`, and not for work of its own."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.is_asleep = True

    async def answer(self) -> Any:
        """Return what it is woken with."""
        return await self._answer

    def give(self, answer: Any) -> None:
        """Let it go on; only the first answer counts."""
        if not self._answer.done():
            self._answer.set_result(answer)


class Branches:
    """A branch is a task that follows one token from visit to visit.

    Those that sleep do not count as `awake`. `on_quiet` is called whenever one ends or falls asleep.
    The tasks belong to `group`, which many executions share: `gone` waits for those of this one.
    """

    def __init__(
        self, group: asyncio.TaskGroup, clock: Clock, *, on_quiet: Callable[[], None]
    ) -> None:
        self._group = group
        self._clock = clock
        self._on_quiet = on_quiet
        self._places: dict[asyncio.Task[None], Place] = {}
        self._last_left: asyncio.Future[None] | None = None
        self.awake = 0
        self.asleep = 0

    @property
    def are_quiet(self) -> bool:
        """Whether none is awake, and none about to be: one that is cancelled has yet to tidy up."""
        return not self.awake and not any(task.cancelling() for task in self._places)

    def launch(self, place: Place, branch: Coroutine[Any, Any, None]) -> None:
        """Start a branch."""
        self.awake += 1
        task = self._group.create_task(branch, name=place.node)
        self._places[task] = place
        task.add_done_callback(partial(self._left, branch))

    def move(self, branch: "asyncio.Task[Any] | None", place: Place) -> None:
        """Take note of where a branch, which is the task that asks, is now."""
        if branch in self._places:
            self._places[branch] = place

    def cancel(self, where: Callable[[Place], bool] | None = None) -> None:
        """Stop the branches at such places, but never the one that asks."""
        current = asyncio.current_task()
        for task, place in list(self._places.items()):
            if task is not current and (where is None or where(place)):
                task.cancel()

    async def gone(self) -> None:
        """Return once none is left; to be cancelled meanwhile stops the branches, and is heeded then."""
        interruption: asyncio.CancelledError | None = None
        while self._places:
            self._last_left = asyncio.get_running_loop().create_future()
            try:
                await self._last_left
            except asyncio.CancelledError as error:
                interruption = error
                self.cancel()
        if interruption is not None:
            raise interruption

    async def sleep(self, sleeper: Sleeper, until: float | None = None) -> Any:
        """Return what the sleeper is given, or `None` once `until` seconds have passed."""
        self.awake -= 1
        self.asleep += 1
        timer = None if until is None else self._group.create_task(self._ring(sleeper, until))
        try:
            self._on_quiet()
            return await sleeper.answer()
        finally:
            self.wake(sleeper)
            if timer is not None:
                timer.cancel()

    def wake(self, sleeper: Sleeper, answer: Any = None) -> None:
        """Let a sleeper go on; it counts as awake from now, not only once its task has a turn."""
        if sleeper.is_asleep:
            sleeper.is_asleep = False
            self.awake += 1
            self.asleep -= 1
        sleeper.give(answer)

    async def _ring(self, sleeper: Sleeper, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.wake(sleeper)

    def over(self) -> None:
        """Take note that the branch which asks has come to its end."""
        task = asyncio.current_task()
        if task is not None:
            self._forget(task)

    def _left(self, branch: Coroutine[Any, Any, None], task: "asyncio.Task[None]") -> None:
        """Take note that a branch is over that was cancelled, maybe before it began."""
        branch.close()
        self._forget(task)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        if self._places.pop(task, None) is not None:
            self.awake -= 1
            self._on_quiet()
            if not self._places and self._last_left is not None and not self._last_left.done():
                self._last_left.set_result(None)
