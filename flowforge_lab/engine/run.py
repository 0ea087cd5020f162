"""One execution, from where its journal stands to its end or to the next long wait."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.events import (
    ExecutionStarted,
    ExecutionState,
    Scope,
    Token,
    TokenDropped,
    Visit,
)
from flowforge_lab.nodes import Answer, Iterate
from flowforge_lab.plan import Plan, Step

from .alarms import failure_of
from .branches import Branches, Place
from .chronicle import Chronicle
from .closing import (
    after_finally,
    begin_finally,
    finished,
    head_of,
    is_end,
    outcome_of,
    verdict_of,
)
from .failures import describe
from .gate import Gate
from .joins import is_late
from .loops import Loops
from .meetings import Meetings
from .outcome import Outcome, Verdict
from .ports import Head, Signal
from .recovery import after_asking, after_crash
from .scopes import cancelled
from .signals import Signals
from .time_limit import too_long
from .visits import Visits
from .waits import Waits
from .world import World

logger = logging.getLogger(__name__)
_BREATH_SECONDS = 0.01
_OVER = frozenset(("succeeded", "failed", "cancelled"))

Branch = Callable[[], Coroutine[Any, Any, None]]


class Run:
    """Runs a plan for one execution under one lease. Call `go` once.

    A *branch* is a task that follows one token from visit to visit; where a visit gives several tokens,
    each further one gets a branch of its own. When none is awake, the execution is over, or paused, or it
    is parked if the nearest wake-up is more than a short wait away. Branches are tasks of `group`.
    """

    def __init__(
        self, world: World, plan: Plan, chronicle: Chronicle, *, group: asyncio.TaskGroup
    ) -> None:
        self._world = world
        self._group = group
        self._plan = plan
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._gate = Gate(chronicle, self._holds)
        self._visits = Visits(
            world,
            chronicle,
            plan,
            wait=self._wait,
            go_round=self._go_round,
            may_begin=self._gate.is_open_for,
        )
        self._loops = Loops(
            chronicle, self._visits, branches=lambda: self._branches, spawn=self._spawn
        )
        self._meetings = Meetings(
            plan, chronicle, self._gate, branches=lambda: self._branches, ring=self._ring
        )
        self._signals = Signals(chronicle, self._visits.names)
        self._waits = Waits(chronicle, self._gate, self._signals, branches=lambda: self._branches)
        self._moving: set[Token] = set()
        self._is_set_out = False
        self._is_closed = False

    @property
    def started(self) -> ExecutionStarted | None:
        """How it was started."""
        return self._state.started

    async def go(self, signals: Sequence[Signal] = ()) -> Outcome:
        """Run until the end or the next long wait, journal that, and return what became of it.

        `signals` are those that came before anybody ran it.

        Raises:
            StoreError: the journal failed or the lease was lost; nothing more was done after that.
        """
        for signal in signals:
            self.deliver(signal)
        verdict = await self._rounds()
        if verdict.status in _OVER and self._state.closing is None:
            if not self._plan.workflow.settings.finally_:
                return await self._close(verdict)
            at = self._chronicle.now()
            begun = await begin_finally(
                self._plan, self._state, verdict, visits=self._visits, at=at
            )
            self._chronicle.note(*begun)
            verdict = await self._rounds()
        if verdict.status in _OVER and self._state.closing is not None:
            verdict = after_finally(self._state.closing, verdict, self._visits.payloads)
        return await self._close(verdict)

    async def _rounds(self) -> Verdict:
        """Run until a verdict stands; a signal may overtake that of an execution that is not over."""
        verdict = await self._stretch()
        while verdict.status not in _OVER and self._signals.overtake(verdict.status):
            verdict = await self._stretch()
        return verdict

    async def _stretch(self) -> Verdict:
        """Run what is open until that comes to a verdict, and stop what still runs then."""
        self._verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._meetings.set_out()
        self._branches = Branches(self._group, self._world.clock, on_quiet=self._look)
        try:
            self._set_out()
            return await self._watch()
        finally:
            self._is_set_out = False
            self._verdict.cancel()  # from here on nothing new starts
            self._branches.cancel()
            await self._branches.gone()

    def cancel(self, *, by: str = "", reason: str = "") -> None:
        """Stop the execution; running nodes are cut off, and it ends as cancelled."""
        if not self._is_closed:
            self._signals.cancel(by=by, reason=reason)
            self._heed()

    def deliver(self, signal: Signal) -> None:
        """Take a wish from outside; one that fits nothing here is let go.

        After the end of this run it is left where it is, and comes to the next one.
        """
        if not self._is_closed:
            self._signals.take(signal)
            self._heed()

    def _heed(self) -> None:
        """Do what the signals so far ask for; before setting out that is left to `_set_out`."""
        if not self._is_set_out:
            return
        if self._state.is_cancel_requested:
            self._decide(Verdict("cancelled"))
        if self._signals.goes_on():
            for token in self._movable():
                self._spawn(token)
        self._waits.heed()
        self._look()

    async def _watch(self) -> Verdict:
        """Return the verdict, or raise what broke the journal, or end by the time limit."""
        await self._world.clock.sleep(0)  # branches begin: many an execution ends in this breath
        if not self._verdict.done():
            await self._wait_for_end()
        if self._chronicle.broken.done():
            self._chronicle.broken.result()
        return self._verdict.result()

    async def _wait_for_end(self) -> None:
        clock = self._group.create_task(self._guarded(self._run_out))
        try:
            ends: set[asyncio.Future[Any]] = {self._verdict, self._chronicle.broken}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            clock.cancel()

    async def _run_out(self) -> None:
        self._decide(await too_long(self._plan, self._chronicle, self._world.clock))

    def _decide(self, verdict: Verdict) -> None:
        if not self._verdict.done():
            self._verdict.set_result(verdict)

    # -- setting out, afresh or from the journal

    def _set_out(self) -> None:
        state = self._state
        self._is_set_out = True
        if state.is_cancel_requested:
            self._decide(Verdict("cancelled"))
            return
        self._loops.leave()
        for visit in state.own_visits():
            self._judge(visit)
        self._signals.goes_on()
        if self._gate.is_open:
            self._take_up_all()
        self._look()

    def _take_up_all(self) -> None:
        state = self._state
        if not state.visits and not state.tokens and state.started is not None:
            first = self._plan.steps[state.started.trigger]
            self._launch(first.id, (), partial(self._begin, first))
        for visit in state.open_visits():
            self._launch(visit.node, visit.scope, partial(self._take_up, visit))
        for token in self._movable():
            self._spawn(token)

    def _movable(self) -> list[Token]:
        """Return the tokens that wait at no join."""
        steps = self._plan.steps
        return [token for token in self._state.tokens if not steps[token.target].type.joins]

    def _spawn(self, token: Token) -> None:
        self._launch(token.target, token.scope, partial(self._follow, (token,)))

    def _launch(self, node: str, scope: Scope, branch: Branch) -> None:
        self._branches.launch(Place(node, scope), self._guarded(branch))

    async def _guarded(self, branch: Branch) -> None:
        try:
            await branch()
        except StoreError as error:
            self._chronicle.fail(error)
        except NodeError as error:
            self._decide(Verdict("failed", error=describe(error, node="", attempt=0)))
        except Exception as error:
            facts = {"execution_id": self._state.execution_id}
            logger.exception("a branch of the execution failed", extra=facts)
            self._decide(Verdict("failed", error=describe(error, node="", attempt=0)))
        self._branches.over()

    # -- following tokens

    async def _begin(self, trigger: Step) -> None:
        await self._follow(await self._visit(trigger, ()))

    async def _follow(self, tokens: Iterable[Token]) -> None:
        ahead = list(tokens)
        branch = asyncio.current_task()
        breath = self._world.clock.monotonic()
        while ahead and not self._verdict.done():
            for other in ahead[1:]:
                self._spawn(other)
            self._branches.move(branch, Place(ahead[0].target, ahead[0].scope))
            ahead = await self._arrive(ahead[0])
            if self._world.clock.monotonic() - breath > _BREATH_SECONDS:
                await self._world.clock.sleep(0)  # other executions want to run as well
                breath = self._world.clock.monotonic()

    async def _arrive(self, token: Token) -> list[Token]:
        """Take a token to its node, and return those that come of it."""
        if token in self._moving or token not in self._state.tokens:
            return []
        step = self._plan.steps[token.target]
        if step.type.loops and self._loops.take_back(step, token):
            return list(await self._loops.go_on(token, step))
        self._moving.add(token)
        try:
            if step.type.joins:
                return await self._let_in(step, token)
            if self._gate.is_wide_open or await self._gate.lets((token,)):
                return await self._visit(step, (token,))
            return []
        finally:
            self._moving.discard(token)

    async def _let_in(self, step: Step, token: Token) -> list[Token]:
        """Take a token to a join."""
        if not self._gate.is_open_for((token,)):
            return []
        if is_late(self._state, token):
            self._chronicle.note(TokenDropped(token))
            return []
        return await self._meetings.meet(step, token.scope, self._visit)

    def _ring(self, step: Step, scope: Scope, ends_at: int) -> None:
        async def ring() -> None:
            is_waiting = await self._meetings.wait_for(step, scope, ends_at=ends_at)
            if is_waiting and self._gate.is_open:
                await self._follow(await self._meetings.meet(step, scope, self._visit))

        self._launch(step.id, scope, ring)

    async def _holds(self, cause: tuple[Token, ...], condition: str) -> bool:
        return await self._visits.holds(cause, condition)

    async def _visit(self, step: Step, cause: tuple[Token, ...], reason: str = "") -> list[Token]:
        begun = await self._visits.begin(step, cause, reason)
        if begun is None:
            return []
        await self._visits.finish(step, *begun)
        return self._left_by(begun[0])

    def _left_by(self, visit: Visit) -> list[Token]:
        if self._state.left:
            self._loops.leave()
        self._judge(visit)
        return [token for token in self._state.tokens if token.source == visit.number]

    def _judge(self, visit: Visit) -> None:
        """End the execution if this visit, which is over, is the end of it."""
        if visit.number <= self._state.closed_visits:
            return
        if visit.status == "failed" and not visit.is_handled:
            if not self._loops.pass_over(visit):
                self._decide(Verdict("failed", error=visit.error))
        elif visit.status == "succeeded" and is_end(self._plan, visit):
            self._decide(verdict_of(visit, self._visits.value_of(visit.number)))
        elif visit.port and self._state.started and visit.node == self._state.started.until:
            result = self._visits.value_of(visit.number)
            self._decide(Verdict("succeeded", result, has_result=True))

    async def _take_up(self, visit: Visit) -> None:
        """Go on with a visit that the journal shows as not over."""
        step = self._plan.steps[visit.node]
        fault: Exception | None = None
        if visit.status == "retrying":
            await self._visits.wait_for_retry(visit)
        elif visit.status == "parked":
            await self._visits.wait_for_answer(visit)
            fault = after_asking(visit, self._visits)
        elif visit.status == "running":
            fault = await after_crash(step, visit, visits=self._visits, chronicle=self._chronicle)
        await self._visits.finish(step, visit, fault)
        await self._follow(self._left_by(visit))

    async def _wait(self, visit: Visit) -> None:
        await self._waits.wait(visit)

    async def _go_round(self, step: Step, visit: Visit, command: Iterate) -> Answer:
        return await self._loops.go_round(step, visit, command)

    def _look(self) -> None:
        """See what can go on now that a branch has ended or fallen asleep, and whether anything can."""
        if self._verdict.done() or not self._is_set_out:
            return
        self._loops.look()
        for token in self._meetings.moving():
            self._spawn(token)
        if self._branches.are_quiet:
            self._rest()

    def _rest(self) -> None:
        """Nothing is awake: over, or paused, or parked, or soon awake again."""
        if self._state.is_stepping:
            held = any(not self._gate.is_open_for((token,)) for token in self._movable())
            ready = any(self._meetings.is_ready(*place) for place in self._meetings.waiting())
            self._gate.end_step(is_held=held or ready)
        if not self._gate.is_open:
            self._decide(Verdict("paused"))
        elif self._branches.asleep:
            wake = self._wake_at()
            limit = self._chronicle.now() + int(self._world.limits.short_wait * 1e6)
            if wake is None or wake > limit:
                self._decide(Verdict("waiting"))
        else:
            self._decide(Verdict("succeeded"))

    def _wake_at(self) -> int | None:
        times = [visit.wake_at for visit in self._state.open_visits()]
        times += self._meetings.wake_at()
        return min((time for time in times if time is not None), default=None)

    def let_go(self) -> None:
        """Part with all that points back here: it goes at once then, and leaves nothing to collect."""
        vars(self._visits.names).clear()
        vars(self).clear()

    async def _close(self, verdict: Verdict) -> Outcome:
        state = self._state
        if verdict.status not in _OVER:
            wake_at = self._wake_at() if verdict.status == "waiting" else None
            self._is_closed = True
            self._chronicle.note(head=Head(verdict.status, wake_at=wake_at))
            await self._chronicle.settled()
            return Outcome(state.execution_id, verdict.status, wake_at=wake_at)
        last = await finished(state, verdict, self._visits, at=self._chronicle.now())
        if last.error is not None and last.status == "failed":
            await self._chronicle.settled()
            await self._world.alarm(failure_of(self._plan, state, last.error))
        now = max(self._chronicle.now(), state.last_at)
        last = msgspec.structs.replace(last, duration=(now - state.started_at) / 1e6)
        open_visits = [cancelled(visit, now) for visit in state.open_visits()]
        self._is_closed = True
        self._chronicle.note(*open_visits, last, head=head_of(last, now), at=now)
        await self._chronicle.settled()
        return outcome_of(state, self._visits.payloads)
