"""An execution in memory: no journal, no lease, and time that only passes where nothing else is to do."""

import asyncio
from asyncio import Future
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from flowforge_lab.clock import SystemClock
from flowforge_lab.events import Entry, Event, ExecutionResumed, ExecutionState, Visit, fold
from flowforge_lab.plan import Plan, Step

from .chronicle import Chronicle
from .endings import Ended, Mark, StandIn
from .ports import Admission, Claimed, Head, Lease, NewExecution, Signal
from .run import Run
from .world import World

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RehearsalClock:
    """Stands still until it is moved; whoever sleeps under it is woken by nobody."""

    def __init__(self, at: int) -> None:
        self._at = at

    def move_to(self, at: int) -> None:
        """Move on to a time (microseconds since 1970, UTC); never back."""
        self._at = max(self._at, at)

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return _EPOCH + timedelta(microseconds=self._at)

    def stamp(self) -> int:
        """Return the time of day as whole microseconds since 1970, UTC."""
        return self._at

    def monotonic(self) -> float:
        """Return real seconds, by which executions take turns."""
        return SystemClock().monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return at once for zero or less, else never: the rehearsal leaps to the next waking instead."""
        if seconds > 0:
            await asyncio.get_running_loop().create_future()
        await SystemClock().sleep(0)


class _Nowhere:
    """Implements `Journal`, and keeps nothing."""

    async def start(self, new: NewExecution, entries: Sequence[Entry], head: Head) -> Admission:
        return Admission("running", new.id, Lease(new.id, new.workflow_id, new.digest, 1))

    def append(
        self,
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None = None,
        *,
        taken: Sequence[int] = (),
    ) -> "Future[None]":
        done: Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def read(self, execution_id: str) -> list[Entry]:
        return []

    async def claim(self, execution_ids: Sequence[str]) -> list[Claimed]:
        return []

    async def renew(self, leases: Sequence[Lease]) -> list[Signal]:
        return []


async def rehearse(
    world: World, plan: Plan, events: Sequence[Event], *, execution_id: str, at: int
) -> ExecutionState:
    """Return the state that an execution comes to which begins with these events at a time.

    Waits are over at once, at the time they were for. It comes to no end, and waits, where an answer would
    be needed. `world` decides what is real in it, but for its clock: that moves on with waits, and with
    what its stand-in knows.
    """
    clock = RehearsalClock(at)
    world = msgspec.structs.replace(
        world,
        clock=clock,
        limits=msgspec.structs.replace(world.limits, short_wait=0.0, kind_rates={}),
        stand_in=None if world.stand_in is None else _InTime(world.stand_in, clock),
    )
    state = fold(
        Entry(execution_id, seq, str(seq), at, event) for seq, event in enumerate(events, start=1)
    )
    while (wake_at := await _stretch(world, plan, state)) is not None:
        clock.move_to(wake_at)
    return state


class _InTime:
    """A stand-in by which a clock moves on."""

    def __init__(self, stand_in: StandIn, clock: RehearsalClock) -> None:
        self._stand_in = stand_in
        self._clock = clock

    def begins(self, mark: Mark) -> int:
        at = self._stand_in.begins(mark)
        self._clock.move_to(at)
        return at

    def ends(self, step: Step, visit: Visit, state: ExecutionState) -> Ended | None:
        ended = self._stand_in.ends(step, visit, state)
        if ended is not None:
            self._clock.move_to(ended.at)
        return ended


async def _stretch(world: World, plan: Plan, state: ExecutionState) -> int | None:
    """Run to the end, or to a wait, and return the time that is waited for."""
    lease = Lease(state.execution_id, plan.workflow.id, plan.digest, 1)
    chronicle = Chronicle(_Nowhere(), lease, state, clock=world.clock, is_buffered=True)
    if state.visits:
        chronicle.note(ExecutionResumed())
    async with asyncio.TaskGroup() as group:
        run = Run(world, plan, chronicle, group=group)
        try:
            outcome = await run.go()
        finally:
            run.let_go()
    return outcome.wake_at if outcome.status == "waiting" else None
