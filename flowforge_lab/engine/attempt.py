"""What a node sees while it runs: its attempt, with log, progress, variables and folders."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flowforge_lab.clients import Clients
from flowforge_lab.events import ExecutionState, Logged, Progressed, VariableSet, Visit
from flowforge_lab.nodes import Answer
from flowforge_lab.plan import Step
from flowforge_lab.values import decode, encode, normalise
from flowforge_lab.variables import Scope, Variables

from .chronicle import Chronicle, microseconds
from .scope import moment
from .world import World

_PROGRESS_SECONDS = 0.25
_NEVER = float("-inf")


class ExecutionVariables:
    """Variables as a step sees them: those of the execution live in its events, the rest outside."""

    def __init__(
        self, chronicle: Chronicle, outer: Variables, now: Callable[[], datetime]
    ) -> None:
        self._chronicle = chronicle
        self._outer = outer
        self._now = now

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        if scope != "execution":
            return await self._outer.find(scope, name)
        form, expires_at = self._chronicle.state.variables.get(name, (None, None))
        if expires_at is not None and expires_at <= microseconds(self._now()):
            return None
        return decode(form)

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value; for the execution's own scope that is an event."""
        if scope != "execution":
            await self._outer.set(scope, name, value, ttl=ttl)
            return
        until = None if ttl is None else microseconds(self._now() + timedelta(seconds=ttl))
        form = encode(normalise(value))
        self._chronicle.note(VariableSet(name, form, expires_at=until))


class LiveAttempt:
    """One attempt of one visit; implements `flowforge_lab.nodes.Attempt`."""

    def __init__(  # all that an attempt is made of
        self,
        world: World,
        chronicle: Chronicle,
        step: Step,
        *,
        visit: Visit,
        value: Any,
        variables: Variables,
    ) -> None:
        self._world = world
        self._chronicle = chronicle
        self._visit = visit
        self._logged_bytes = 0
        self._dropped_lines = 0
        self._progressed_at = _NEVER
        self.input = value
        self.variables = variables
        self.node = step.id
        self.kind = step.type.kind
        self.number = visit.attempts
        answer = visit.answered
        self.resumed = Answer(answer.reason, answer.answer) if answer is not None else None

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
    def artifacts(self) -> Path:
        """A folder of this visit's own, made now if it is not there."""
        name = f"{self._visit.number:05d}-{self.node}"
        folder = self._world.artifacts / self.execution_id / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def idempotency_key(self) -> str:
        """The same for every attempt of this visit, whatever else ran meanwhile."""
        return f"{self.execution_id}/{way_to(self._chronicle.state, self._visit)}"

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

    def close(self) -> None:
        """Say how many log lines were dropped, if any were."""
        if self._dropped_lines:
            text = (
                f"{self._dropped_lines:,} more log lines were dropped: the step is over its limit"
            )
            event = Logged(self._visit.number, self.node, self.number, text, "warning", "engine")
            self._chronicle.note(event)
            self._dropped_lines = 0


def way_to(state: ExecutionState, visit: Visit) -> str:
    """Return the way the execution took to a visit: nodes and ports, the same whatever ran beside it."""
    parts = []
    here: Visit | None = visit
    while here is not None:
        parts.append(here.node)
        if not here.cause:
            break
        token = here.cause[0]
        parts.append(token.from_port)
        here = state.visits.get(token.source)
    return "/".join(reversed(parts))
