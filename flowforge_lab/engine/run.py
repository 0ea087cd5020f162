"""One execution, from where its journal stands to its end or to the next long wait."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

from flowforge_lab.errors import LeaseLostError, NodeError, StoreError
from flowforge_lab.events import (
    CancelRequested,
    ExecutionFinished,
    ExecutionState,
    Token,
    TokenDropped,
    Visit,
    VisitCancelled,
    VisitResumed,
)
from flowforge_lab.plan import Plan, Step

from .chronicle import Chronicle
from .failures import describe
from .joins import arrived, has_fired, is_ready
from .outcome import Outcome, Verdict
from .payloads import Payloads
from .ports import Head, Signal
from .visits import Visits
from .world import World

logger = logging.getLogger(__name__)

_SHORTEST_SLEEP = 0.01  # while all branches wait, what is left of the time limit does not shrink


class Run:
    """Runs a plan for one execution under one lease. Call `go` once.

    A *branch* is a task that follows one token from visit to visit; where a visit gives several tokens,
    each further one gets a branch of its own. Branches that wait count as asleep. When none is awake, the
    execution is over, or it is parked if the nearest wake-up is more than a short wait away.
    """

    def __init__(self, world: World, plan: Plan, chronicle: Chronicle) -> None:
        self._world = world
        self._plan = plan
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._visits = Visits(world, chronicle, self._wait)
        self._verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._branches: dict[asyncio.Task[None], str] = {}
        self._awake = 0
        self._asleep: dict[int, asyncio.Future[VisitResumed]] = {}

    async def go(self) -> Outcome:
        """Run until the end or the next long wait, journal that, and return what became of it.

        Raises:
            StoreError: the journal failed or the lease was lost; nothing more was done after that.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._set_out()
            try:
                verdict = await self._watch()
            finally:
                self._verdict.cancel()  # from here on nothing new starts
                for branch in self._branches:
                    branch.cancel()
        return await self._close(verdict)

    def cancel(self, *, by: str = "", reason: str = "") -> None:
        """Stop the execution; running nodes are cut off, and it ends as cancelled."""
        if not self._verdict.done():
            self._chronicle.note(CancelRequested(by, reason))
            self._decide(Verdict("cancelled"))

    def deliver(self, signal: Signal) -> None:
        """Take a wish from another process; one that fits nothing here is let go."""
        if signal.kind == "cancel":
            self.cancel(by="signal", reason=signal.payload)
        elif signal.kind == "lost":
            self._break(LeaseLostError("another engine took this execution over"))

    def _break(self, error: StoreError) -> None:
        if not self._chronicle.broken.done():
            self._chronicle.broken.set_exception(error)

    async def _watch(self) -> Verdict:
        """Return the verdict, or raise what broke the journal, or end by the time limit."""
        await self._world.clock.sleep(0)  # branches begin: many an execution ends in this breath
        if not self._verdict.done():
            await self._wait_for_end()
        if self._chronicle.broken.done():
            self._chronicle.broken.result()
        return self._verdict.result()

    async def _wait_for_end(self) -> None:
        limit = self._plan.workflow.settings.timeout
        clock = self._group.create_task(self._run_out(limit))
        try:
            ends: set[asyncio.Future[Any]] = {self._verdict, self._chronicle.broken, clock}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            clock.cancel()
        if clock.done() and not self._verdict.done():
            error = NodeError(
                f"not finished within {limit:g} s, the time limit of the workflow",
                type="execution.timeout",
                detail="waits are not counted; settings.timeout sets the limit",
                is_transient=False,
            )
            self._decide(Verdict("failed", error=describe(error, node="", attempt=0)))

    async def _run_out(self, limit: float) -> None:
        """Return once the execution was active for `limit` seconds in all, earlier engines included."""
        while True:
            left = limit - self._state.active_seconds(self._chronicle.now())
            if left <= 0:
                return
            await self._world.clock.sleep(max(left, _SHORTEST_SLEEP))

    def _decide(self, verdict: Verdict) -> None:
        if not self._verdict.done():
            self._verdict.set_result(verdict)

    # -- setting out, afresh or from the journal

    def _set_out(self) -> None:
        state = self._state
        if state.is_cancel_requested:
            self._decide(Verdict("cancelled"))
            return
        for visit in state.visits.values():
            self._judge(visit)
        if not state.visits and state.started is not None:
            self._spawn_begin(self._plan.steps[state.started.trigger], ())
        for visit in state.open_visits():
            self._spawn_again(visit)
        for token in [
            token for token in state.tokens if not self._plan.steps[token.target].type.joins
        ]:
            self._spawn(token)
        self._look_at_joins()
        self._rest()

    def _spawn(self, token: Token) -> None:
        self._launch(token.target, self._follow((token,)))

    def _spawn_begin(self, step: Step, cause: tuple[Token, ...]) -> None:
        self._launch(step.id, self._follow_from(step, cause))

    def _spawn_again(self, visit: Visit) -> None:
        self._launch(visit.node, self._take_up(visit))

    def _launch(self, node: str, branch: Coroutine[Any, Any, None]) -> None:
        self._awake += 1
        task = self._group.create_task(self._guarded(branch), name=node)
        self._branches[task] = node
        task.add_done_callback(partial(self._left, branch))

    async def _guarded(self, branch: Coroutine[Any, Any, None]) -> None:
        try:
            await branch
        except StoreError as error:
            self._break(error)
        except Exception as error:
            facts = {"execution_id": self._state.execution_id}
            logger.exception("a branch of the execution failed", extra=facts)
            self._decide(Verdict("failed", error=describe(error, node="", attempt=0)))
        self._over(asyncio.current_task())

    def _left(self, branch: Coroutine[Any, Any, None], task: "asyncio.Task[None]") -> None:
        """Take note that a branch is over that was cancelled, maybe before it began."""
        branch.close()
        self._over(task)

    def _over(self, task: "asyncio.Task[None] | None") -> None:
        """Take note, once, that a branch is over: if it was the last, so is the execution."""
        if task is None or self._branches.pop(task, None) is None:
            return
        self._awake -= 1
        self._look_at_joins()
        self._rest()

    # -- following tokens

    async def _follow(self, tokens: Iterable[Token]) -> None:
        ahead = list(tokens)
        branch = asyncio.current_task()
        while ahead and not self._verdict.done():
            for other in ahead[1:]:
                self._spawn(other)
            if branch in self._branches:
                self._branches[branch] = ahead[0].target
            started = await self._arrive(ahead[0])
            if started is None:
                return
            ahead = started

    async def _follow_from(self, step: Step, cause: tuple[Token, ...]) -> None:
        await self._follow(await self._visit(step, cause))

    async def _arrive(self, token: Token) -> list[Token] | None:
        step = self._plan.steps[token.target]
        if not step.type.joins:
            return await self._visit(step, (token,))
        if token not in self._state.tokens:
            return None
        if has_fired(self._state, step.id):
            self._chronicle.note(TokenDropped(token))
            return None
        if not is_ready(self._plan, self._state, step):
            return None
        return await self._fire(step)

    async def _fire(self, step: Step) -> list[Token]:
        cause = tuple(arrived(self._state, step.id))
        if getattr(step.config, "cancel_rest", False):
            self._cancel_rest(step)
        return await self._visit(step, cause)

    def _cancel_rest(self, join: Step) -> None:
        for branch, node in list(self._branches.items()):
            if branch is not asyncio.current_task() and self._plan.reaches(node, join.id):
                branch.cancel()
        for visit in self._state.open_visits():
            if self._plan.reaches(visit.node, join.id):
                self._note_cancelled(visit)
        for token in list(self._state.tokens):
            if token.target != join.id and self._plan.reaches(token.target, join.id):
                self._chronicle.note(TokenDropped(token))

    async def _visit(self, step: Step, cause: tuple[Token, ...]) -> list[Token]:
        visit, fault = await self._visits.begin(step, cause)
        return await self._finish(step, visit, fault)

    async def _finish(self, step: Step, visit: Visit, fault: Exception | None) -> list[Token]:
        await self._visits.finish(step, visit, fault)
        self._judge(visit)
        return [token for token in self._state.tokens if token.source == visit.number]

    def _judge(self, visit: Visit) -> None:
        """End the execution if this visit, which is over, is the end of it."""
        if visit.status == "failed" and not visit.is_handled:
            self._decide(Verdict("failed", error=visit.error))
        elif visit.status == "succeeded" and self._plan.steps[visit.node].type.ends:
            self._end(visit)

    def _end(self, visit: Visit) -> None:
        outputs = self._visits.value_of(visit.number)
        status = outputs.get("status", "succeeded")
        error = None
        if status == "failed":
            title = str(outputs.get("message") or "the workflow ended itself as failed")
            fault = NodeError(title, type="flow.end", is_transient=False)
            error = describe(fault, node=visit.node, attempt=visit.attempts)
        self._decide(Verdict(status, outputs.get("result"), has_result=True, error=error))

    async def _take_up(self, visit: Visit) -> None:
        """Go on with a visit that the journal shows as not over."""
        step = self._plan.steps[visit.node]
        fault: Exception | None = None
        if visit.status == "retrying":
            await self._visits.wait_for_retry(visit)
        elif visit.status == "parked":
            await self._visits.wait_for_answer(visit)
        elif step.on_crash == "fail":
            fault = NodeError(
                "cut off by a crash, and not known to be safe to run again",
                type="crashed",
                detail=f"set on_crash: rerun on {step.id} if it may run twice",
                is_transient=False,
            )
        else:
            self._visits.run_again(visit)
        await self._follow(await self._finish(step, visit, fault))

    # -- waiting

    async def _wait(self, visit: Visit) -> VisitResumed:
        """Return when a visit's time has come; meanwhile its branch counts as asleep."""
        answer: asyncio.Future[VisitResumed] = asyncio.get_running_loop().create_future()
        self._asleep[visit.number] = answer
        self._awake -= 1
        self._look_at_joins()
        self._rest()
        try:
            if visit.wake_at is None:
                return await answer
            await self._world.clock.sleep((visit.wake_at - self._chronicle.now()) / 1e6)
            return VisitResumed(visit.number, visit.node)
        finally:
            self._awake += 1
            del self._asleep[visit.number]

    def _look_at_joins(self) -> None:
        """Fire joins that nothing more can come to."""
        if self._verdict.done():
            return
        for step in self._plan.joins:
            if is_ready(self._plan, self._state, step):
                self._spawn(arrived(self._state, step.id)[0])

    def _rest(self) -> None:
        """If no branch is awake: over, or parked, or soon awake again."""
        if self._awake or self._verdict.done():
            return
        if any(branch.cancelling() for branch in self._branches):
            return  # it comes here again when it is over
        if not self._asleep:
            self._decide(Verdict("succeeded"))
            self._chronicle.hold_back()
            return
        wake = self._wake_at()
        limit = self._chronicle.now() + int(self._world.limits.short_wait * 1e6)
        if wake is None or wake > limit:
            self._decide(Verdict("waiting"))

    def _wake_at(self) -> int | None:
        times = [visit.wake_at for visit in self._state.open_visits() if visit.wake_at is not None]
        return min(times, default=None)

    # -- the end

    async def _close(self, verdict: Verdict) -> Outcome:
        state = self._state
        if verdict.status == "waiting":
            wake_at = self._wake_at()
            self._chronicle.note(head=Head("waiting", wake_at=wake_at))
            await self._chronicle.settled()
            return Outcome(state.execution_id, "waiting", wake_at=wake_at)
        for visit in state.open_visits():
            self._note_cancelled(visit)
        finished = await self._finished(verdict)
        title = finished.error.title if finished.error else ""
        head = Head(finished.status, finished_at=self._chronicle.now(), error=title)
        self._chronicle.note(finished, head=head)
        await self._chronicle.settled()
        return outcome_of(state, self._visits.payloads)

    def _note_cancelled(self, visit: Visit) -> None:
        now = self._chronicle.now()
        duration = (now - visit.started_at) / 1e6
        self._chronicle.note(
            VisitCancelled(
                visit.number,
                visit.node,
                visit.kind,
                visit.started_at,
                duration,
                visit.attempts,
                visit.last_attempt_at,
            )
        )

    async def _finished(self, verdict: Verdict) -> ExecutionFinished:
        state = self._state
        started = state.started
        if started is None:
            msg = f"execution {state.execution_id} has no start in its journal"
            raise StoreError(msg)
        status, error = verdict.status, verdict.error
        result = verdict.result
        if status == "succeeded" and not verdict.has_result:
            result = self._leaves()
        try:
            form = (await self._visits.payloads.pack(result)).form
        except NodeError as fault:
            status, form = "failed", None
            error = describe(fault, node="", attempt=0)
        return ExecutionFinished(
            status=status,
            workflow_id=started.workflow_id,
            digest=started.digest,
            trigger=started.trigger,
            started_at=state.started_at,
            duration=(self._chronicle.now() - state.started_at) / 1e6,
            result=form,
            error=error,
            visits=len(state.visits),
            retries=state.retries,
            handled_errors=state.handled_errors,
            user=started.user,
            session=started.session,
            chat=started.chat,
        )

    def _leaves(self) -> dict[str, object]:
        leaves = {
            visit.node: visit.number for visit in self._state.visits.values() if visit.is_leaf
        }
        return {node: self._visits.value_of(number) for node, number in sorted(leaves.items())}


def outcome_of(state: ExecutionState, payloads: Payloads) -> Outcome:
    """Return the outcome of an execution whose journal shows its end."""
    finished = state.finished
    if finished is None:
        return Outcome(state.execution_id, state.status)
    return Outcome(
        state.execution_id,
        finished.status,
        payloads.unpack(finished.result),
        finished.error,
        None,
        finished.duration,
        finished.handled_errors,
    )
