"""What a node sees while it runs: its attempt, with log, progress, variables and folders."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flowforge_lab.clients import Clients
from flowforge_lab.events import ExecutionState, Logged, Measured, Progressed, Visit
from flowforge_lab.nodes import Address, Answer, Directory, Ending, Measure
from flowforge_lab.plan import Step

from .addresses import place_of
from .calling import Call, ending_of, start_called
from .chronicle import Chronicle
from .joins import arrivals, wanted
from .measures import measured
from .scope import moment
from .traces import Trace
from .variables import AttemptVariables, ExecutionVariables
from .world import World

_PROGRESS_SECONDS = 0.25
_NEVER = float("-inf")


class LiveAttempt:
    """One attempt of one visit; implements `flowforge_lab.nodes.Attempt`."""

    def __init__(  # noqa: PLR0913  # all that an attempt is made of
        self,
        world: World,
        chronicle: Chronicle,
        step: Step,
        *,
        visit: Visit,
        value: Any,
        variables: ExecutionVariables,
        resumed: Answer | None = None,
    ) -> None:
        self._world = world
        self._chronicle = chronicle
        self._step = step
        self._visit = visit
        self._turns = resumed
        self._logged_bytes = 0
        self._dropped_lines = 0
        self._progressed_at = _NEVER
        self.input = value
        self._variables = variables

    @property
    def node(self) -> str:
        """The id of the node."""
        return self._step.id

    @property
    def kind(self) -> str:
        """The kind of the node."""
        return self._step.type.kind

    @property
    def number(self) -> int:
        """Which attempt of its visit it is, from 1."""
        return self._visit.attempts

    @property
    def number_in_turn(self) -> int:
        """Which visit of the node it is, in its turn of a loop, from 1."""
        return self._visit.number_in_turn

    @property
    def resumed(self) -> Answer | None:
        """What it goes on with, if it waited or went round."""
        return self._turns or _answer_to(self._visit, self._step)

    @property
    def execution_id(self) -> str:
        """The id of the execution."""
        return self._chronicle.state.execution_id

    @property
    def workflow_id(self) -> str:
        """The id of the workflow."""
        started = self._chronicle.state.started
        return started.workflow_id if started else ""

    @property
    def user(self) -> str:
        """For or by whom the execution was started."""
        started = self._chronicle.state.started
        return started.user if started else ""

    @property
    def session(self) -> str:
        """The conversation that the execution belongs to."""
        started = self._chronicle.state.started
        return started.session if started else ""

    @property
    def chat(self) -> str:
        """The chat that the execution belongs to."""
        started = self._chronicle.state.started
        return started.chat if started else ""

    @property
    def users(self) -> Directory:
        """The directory of the lab's users."""
        return self._world.users

    @property
    def clients(self) -> Clients:
        """The clients of the lab."""
        return self._world.clients

    @property
    def now(self) -> datetime:
        """When the visit started: the time of every expression in it."""
        return moment(self._visit.started_at)

    @property
    def folder(self) -> Path:
        """The folder of the workflow's file."""
        return self._world.folder_of(self.workflow_id)

    @cached_property
    def variables(self) -> AttemptVariables:
        """The variables in reach."""
        return AttemptVariables(self._variables, self._visit, key=lambda: self.idempotency_key)

    @cached_property
    def artifacts(self) -> Path:
        """A folder of this visit's own, made now if it is not there."""
        name = f"{self._visit.number:05d}-{self.node}"
        folder = self._world.artifacts / self.execution_id / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def earlier(self) -> Path | None:
        """The files of the visit that this one goes on from, if it was asked to."""
        state = self._chronicle.state
        if state.started is None or state.resumes is None or state.resumes[0] != self.node:
            return None
        name = f"{state.resumes[1]:05d}-{self.node}"
        return self._world.artifacts / state.started.origin / name

    @cached_property
    def idempotency_key(self) -> str:
        """The same for every attempt of this visit, whatever else ran meanwhile."""
        return f"{self.execution_id}/{way_to(self._chronicle.state, self._visit)}"

    @property
    def address(self) -> Address:
        """Where this visit can be answered once it has parked under the token."""
        return self._world.addresses(self.execution_id, place_of(self._visit))

    @property
    def traceparent(self) -> str:
        """What tells others, as W3C has it, that this attempt is what called them."""
        started = self._chronicle.state.started
        trace = "" if started is None else started.trace
        return Trace.of(self.execution_id, trace).header(self._visit.number, self.number)

    async def call(
        self,
        workflow: str,
        inputs: Mapping[str, Any],
        *,
        is_awaited: bool = True,
        max_depth: int = 16,
    ) -> str:
        """Start another workflow, once for this visit, and return its execution."""
        state = self._chronicle.state
        call = Call(
            workflow,
            self._world.redacted(inputs),
            key=self.idempotency_key,
            parent=self.execution_id,
            at=state.started_at,
            is_awaited=is_awaited,
            trace=self.traceparent if self._world.is_traced else "",
        )
        return await start_called(self._world.calls, state, call, max_depth=max_depth)

    async def ending_of(self, execution_id: str) -> Ending:
        """Return how another execution stands."""
        return await ending_of(self._world.calls, execution_id)

    def log(self, message: str, *, level: str = "info", source: str = "node") -> None:
        """Note one line; what is over the limit of the step is counted and said once at its end."""
        limits = self._world.limits
        line = self._world.redacted(message)[: limits.max_log_line_bytes]
        self._logged_bytes += len(line)
        if self._logged_bytes > limits.max_log_bytes:
            self._dropped_lines += 1
            return
        event = Logged(self._visit.number, self.node, self.number, line, level, source)
        self._chronicle.note(event)

    def progress(self, fraction: float, text: str = "") -> None:
        """Note how far the step is, at most four times a second."""
        now = self._world.clock.monotonic()
        if now - self._progressed_at < _PROGRESS_SECONDS and fraction < 1:
            return
        self._progressed_at = now
        bounded = min(max(fraction, 0.0), 1.0)
        told = self._world.redacted(text)[:200]
        self._chronicle.note(Progressed(self._visit.number, self.node, bounded, told))

    def metric(
        self,
        name: str,
        value: float = 1.0,
        labels: Mapping[str, str] | None = None,
        *,
        measure: Measure = "counter",
    ) -> None:
        """Note a number for the dashboards."""
        told = self._world.redacted({key: str(text) for key, text in (labels or {}).items()})
        event = measured(name, value, told, measure=measure)
        number, node = self._visit.number, self.node
        self._chronicle.note(Measured(number, node, self.number, *event))

    def close(self) -> None:
        """Say how many log lines were dropped, if any were."""
        if self._dropped_lines:
            text = (
                f"{self._dropped_lines:,} more log lines were dropped: the step is over its limit"
            )
            event = Logged(self._visit.number, self.node, self.number, text, "warning", "engine")
            self._chronicle.note(event)
            self._dropped_lines = 0


def _answer_to(visit: Visit, step: Step) -> Answer | None:
    answer = visit.answered
    if answer is not None:
        return Answer(answer.reason, answer.answer, answer.key, visit.answers)
    if not visit.reason:
        return None
    return Answer(visit.reason, wanted(step), number=arrivals(visit.cause))


def way_to(state: ExecutionState, visit: Visit) -> str:
    """Return the way to a visit: nodes, ports, turns of loops; the same whatever ran beside it."""
    parts = []
    here: Visit | None = visit
    while here is not None:
        parts.append(here.node)
        if not here.cause:
            break
        token = here.cause[0]
        in_turn = token.scope and token.scope[-1][0] == token.source
        parts.append(f"{token.from_port}[{token.scope[-1][1]}]" if in_turn else token.from_port)
        here = state.visits.get(token.source)
    return "/".join(reversed(parts))
