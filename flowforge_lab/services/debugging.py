"""One execution under the eyes of a person: where it stands, what may be changed, one step at a time."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from flowforge_lab.engine import Outcome, Payloads, Start
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.events import (
    BreakpointsSet,
    ExecutionState,
    OutputsEdited,
    VariableSet,
    Visit,
    fold,
)
from flowforge_lab.plan import Plan
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import encode, normalise

from .breakpoints import first_breakpoints, refuse_breakpoints
from .executions import Executions
from .looking import Snapshot, snapshot
from .outputs import fitting_outputs
from .steps import StepView
from .variables import refuse_name
from .wishes import Wishes
from .workflows import Source, Workflows


class Debugging:
    """What debuggers of one lab work with."""

    def __init__(
        self, executions: Executions, workflows: Workflows, wishes: Wishes, *, payloads: Payloads
    ) -> None:
        self.executions = executions
        self.workflows = workflows
        self.wishes = wishes
        self.payloads = payloads

    async def start(
        self, source: Source, start: Start, breakpoints: Mapping[str, str] | None
    ) -> str:
        """Start an execution that stops at breakpoints, and return its id.

        Where none are given it stops at what comes right behind the trigger.

        Raises:
            NotFoundError: a breakpoint is at no node that could be stopped at.
            ExpressionError: a condition is none; it says at which character.
            PlanError: the workflow or its inputs are not valid.
        """
        plan = await self.workflows.register(await self.workflows.read(source))
        wanted = first_breakpoints(plan, start.trigger) if breakpoints is None else breakpoints
        refuse_breakpoints(plan, wanted)
        start = msgspec.structs.replace(start, breakpoints=dict(wanted))
        return await self.executions.begin(plan, start)

    async def look(self, execution_id: str) -> Snapshot:
        """Return how an execution stands now."""
        entries = await self.executions.entries(execution_id)
        return await asyncio.to_thread(snapshot, entries, self.payloads.unpack)

    async def steps(self, execution_id: str) -> list[StepView]:
        """Return the visits so far."""
        return await self.executions.steps(execution_id)

    async def go_on(self, execution_id: str, *, by: str, is_step: bool = False) -> None:
        """Let a paused execution go on, or make one visit of each arrival that waits.

        Raises:
            ConflictError: it is not paused.
        """
        head = await self.executions.get(execution_id)
        if head.status != "paused":
            state = await self.executions.state(execution_id)
            if head.is_finished or not state.is_paused:
                msg = f"execution {execution_id} is not paused: {head.status}"
                raise ConflictError(msg)
        await self.wishes.unpause(execution_id, by=by, is_step=is_step)

    async def set_variable(self, execution_id: str, name: str, value: Any, *, by: str) -> None:
        """Give a variable of the execution another value; it stands in the journal when this returns.

        Raises:
            ValueError: no expression could name it.
        """
        refuse_name(name)
        form = encode(normalise(value))
        await self.wishes.see_through(
            execution_id,
            "variable",
            lambda event: isinstance(event, VariableSet) and event.name == name,
            name=name,
            value=form,
            by=by,
        )

    async def set_breakpoints(
        self, execution_id: str, breakpoints: Mapping[str, str], *, by: str
    ) -> None:
        """Let an execution stop at these breakpoints, and at no others, from here on.

        Raises as `start` does.
        """
        plan, _ = await self._plan_of(execution_id)
        refuse_breakpoints(plan, breakpoints)
        await self.wishes.see_through(
            execution_id,
            "breakpoints",
            lambda event: isinstance(event, BreakpointsSet),
            breakpoints=dict(breakpoints),
            by=by,
        )

    async def edit_outputs(
        self, execution_id: str, place: str | int, value: Any, *, by: str
    ) -> None:
        """Put other outputs in the place of those of a finished visit: a number, or a node's latest.

        Raises:
            NotFoundError: there is no such visit.
            ConflictError: it is not over.
            PlanError: the node's type gives no such outputs.
        """
        plan, state = await self._plan_of(execution_id)
        visit = _finished_visit(state, place)
        form = await fitting_outputs(plan, visit, value, payloads=self.payloads)
        await self.wishes.see_through(
            execution_id,
            "outputs",
            lambda event: isinstance(event, OutputsEdited) and event.visit == visit.number,
            visit=visit.number,
            outputs=form,
            by=by,
        )

    async def _plan_of(self, execution_id: str) -> tuple[Plan, ExecutionState]:
        state = fold(await self.executions.entries(execution_id))
        return await self.workflows.plan(state.digest), state

    async def outcome(self, execution_id: str) -> Outcome | None:
        """Return how an execution ended, `None` if it has not."""
        head = await self.executions.get(execution_id)
        return await self.executions.outcome(execution_id) if head.is_finished else None


def _finished_visit(state: ExecutionState, place: str | int) -> Visit:
    found = [visit for visit in state.visits.values() if place in (visit.number, visit.node)]
    over = [visit for visit in found if visit.is_over]
    if over:
        return over[-1]
    if found:
        msg = f"{found[-1].node} (visit {found[-1].number}) is not over: {found[-1].status}"
        raise ConflictError(msg)
    nodes = dict.fromkeys(visit.node for visit in state.visits.values())
    hint = did_you_mean(str(place), nodes) or f"it visited: {', '.join(nodes) or 'nothing'}"
    msg = f"execution {state.execution_id} has no visit {place!r}; {hint}"
    raise NotFoundError(msg)
