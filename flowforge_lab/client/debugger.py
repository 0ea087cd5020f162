"""A debugger of an execution elsewhere."""

import html
from collections.abc import Mapping
from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError
from flowforge_lab.services import Place, Snapshot, StepView, Waiting

from .answers import outcome_of, snapshot_of, steps_of
from .patience import wait_for
from .wire import Wire, place

_UNDER_WAY = ("queued", "running", "waiting", "paused")


class RemoteDebugger:
    """One execution elsewhere to be stopped, looked at, changed, and let go on; as `Debugger`."""

    def __init__(self, execution_id: str, wire: Wire) -> None:
        self.execution_id = execution_id
        self._wire = wire

    def wait(self, timeout: float | None = None) -> str:
        """Return the status once the execution is paused or over: what runs beside finishes first.

        Raises:
            TimeoutError: neither came within `timeout` seconds.
        """
        return wait_for(self._wire, self.execution_id, timeout=timeout).status

    @property
    def status(self) -> str:
        """How the execution stands: running, waiting, paused, or how it ended."""
        return self._outcome().status

    @property
    def now(self) -> Snapshot:
        """Everything at once: status, steps, what waits, variables, breakpoints."""
        return snapshot_of(self._get("at"))

    @property
    def where(self) -> list[Waiting]:
        """The arrivals that wait, each with its node, the turns of loops it is in, and its input."""
        return list(self.now.waiting)

    @property
    def steps(self) -> list[StepView]:
        """The visits so far, with their values."""
        return steps_of(self._get("steps"))

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the execution."""
        return dict(self.now.variables)

    def set_variable(self, name: str, value: Any) -> None:
        """Give a variable of the execution another value; it is journaled when this returns.

        Raises:
            ConflictError: the execution is over.
        """
        self._put({"value": value}, "variables", name)

    def edit_outputs(self, place: Place, value: Any) -> None:
        """Put other outputs in the place of those of a visit (its number, or a node: its latest).

        Raises:
            NotFoundError: there is no such visit.
            ConflictError: the visit is not over, or the execution is.
            PlanError: the outputs do not fit the node's type.
        """
        self._put({"place": place, "outputs": value}, "outputs")

    @property
    def breakpoints(self) -> dict[str, str]:
        """Where the execution stops: conditions by node, empty for always. May be set."""
        return dict(self.now.breakpoints)

    @breakpoints.setter
    def breakpoints(self, breakpoints: Mapping[str, str]) -> None:
        self._put({"breakpoints": dict(breakpoints)}, "breakpoints")

    def step(self, timeout: float | None = None) -> str:
        """Let each arrival that waits make one visit, and return the status after that.

        Raises:
            ConflictError: the execution is not paused.
            TimeoutError: the visits were not over within `timeout` seconds; they go on.
        """
        self._do("step")
        return self.wait(timeout)

    def go_on(self) -> None:
        """Let the execution run to the next breakpoint or its end; `wait` waits for that.

        Raises:
            ConflictError: the execution is not paused.
        """
        self._do("continue")

    def pause(self) -> None:
        """Stop the execution where it is; `wait` waits until what runs has finished."""
        self._do("pause")

    def cancel(self, *, reason: str = "") -> None:
        """End the execution; nothing if it is over."""
        try:
            self._do("cancel", {"reason": reason})
        except ConflictError:
            return

    @property
    def outcome(self) -> Outcome | None:
        """How the execution ended; `None` if it has not."""
        found = self._outcome()
        return None if found.status in _UNDER_WAY else found

    def _outcome(self) -> Outcome:
        return outcome_of(self._get())

    def _get(self, *more: str) -> Any:
        return self._wire.ask("GET", place("executions", self.execution_id, *more))

    def _put(self, sent: Any, *more: str) -> None:
        self._wire.ask("PUT", place("executions", self.execution_id, *more), json=sent)

    def _do(self, what: str, sent: Any = None) -> None:
        self._wire.ask("POST", place("executions", self.execution_id, what), json=sent)

    def __repr__(self) -> str:
        waiting = ", ".join(dict.fromkeys(one.node for one in self.where))
        before = f", before {waiting}" if waiting else ""
        return f"<Debugger of {self.execution_id}: {self.status}{before}>"

    def _repr_html_(self) -> str:
        """Return how the execution stands as a line."""
        return f"<div>{html.escape(repr(self))}</div>"
