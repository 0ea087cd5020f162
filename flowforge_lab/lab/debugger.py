"""A debugger, as a notebook or a script uses it."""

import asyncio
import html
from collections.abc import Mapping
from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError
from flowforge_lab.services import Place, Snapshot, StepView, Waiting

from .loop import LoopThread
from .parts import Parts

_SHOWN_CHARS = 120
_CELL = 'style="text-align:left;vertical-align:top"'


class Debugger:
    """One execution to be stopped, looked at, changed, and let go on.

    All it does goes through the journal, so that any number of debuggers may look at one execution, from
    any process; an execution that another process runs answers within half a second. Others run on.
    """

    def __init__(self, execution_id: str, parts: Parts, loop: LoopThread, *, by: str = "") -> None:
        self.execution_id = execution_id
        self._parts = parts
        self._loop = loop
        self._debugging = parts.operations.debugging
        self._by = by

    def wait(self, timeout: float | None = None) -> str:
        """Return the status once the execution is paused or over: what runs beside finishes first.

        Raises:
            TimeoutError: neither came within `timeout` seconds.
        """
        return self._loop.run_sync(self._wait(timeout))

    async def _wait(self, timeout: float | None) -> str:  # noqa: ASYNC109  # of the public call
        async with asyncio.timeout(timeout):
            return (await self._parts.executions.wait(self.execution_id)).status

    @property
    def status(self) -> str:
        """How the execution stands: running, waiting, paused, or how it ended."""
        return self._loop.run_sync(self._parts.executions.get(self.execution_id)).status

    @property
    def now(self) -> Snapshot:
        """Everything at once: status, steps, what waits, variables, breakpoints."""
        return self._loop.run_sync(self._debugging.look(self.execution_id))

    @property
    def where(self) -> list[Waiting]:
        """The arrivals that wait, each with its node, the turns of loops it is in, and its input."""
        return list(self.now.waiting)

    @property
    def steps(self) -> list[StepView]:
        """The visits so far, with their values."""
        return self._loop.run_sync(self._debugging.steps(self.execution_id))

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the execution."""
        return dict(self.now.variables)

    def set_variable(self, name: str, value: Any) -> None:
        """Give a variable of the execution another value; it is journaled when this returns.

        Raises:
            ConflictError: the execution is over.
        """
        self._loop.run_sync(
            self._debugging.set_variable(self.execution_id, name, value, by=self._by)
        )

    def edit_outputs(self, place: Place, value: Any) -> None:
        """Put other outputs in the place of those of a visit (its number, or a node: its latest).

        What comes later sees them. They must be such as the node could have given.

        Raises:
            NotFoundError: there is no such visit.
            ConflictError: the visit is not over, or the execution is.
            PlanError: the outputs do not fit the node's type.
        """
        self._loop.run_sync(
            self._debugging.edit_outputs(self.execution_id, place, value, by=self._by)
        )

    @property
    def breakpoints(self) -> dict[str, str]:
        """Where the execution stops: conditions by node, empty for always. May be set."""
        return dict(self.now.breakpoints)

    @breakpoints.setter
    def breakpoints(self, breakpoints: Mapping[str, str]) -> None:
        self._loop.run_sync(
            self._debugging.set_breakpoints(self.execution_id, breakpoints, by=self._by)
        )

    def step(self, timeout: float | None = None) -> str:
        """Let each arrival that waits make one visit, and return the status after that.

        Raises:
            ConflictError: the execution is not paused.
            TimeoutError: the visits were not over within `timeout` seconds; they go on.
        """
        self._loop.run_sync(self._debugging.go_on(self.execution_id, by=self._by, is_step=True))
        return self.wait(timeout)

    def go_on(self) -> None:
        """Let the execution run to the next breakpoint or its end; `wait` waits for that.

        Raises:
            ConflictError: the execution is not paused.
        """
        self._loop.run_sync(self._debugging.go_on(self.execution_id, by=self._by))

    def pause(self) -> None:
        """Stop the execution where it is; `wait` waits until what runs has finished."""
        wishes = self._parts.operations.wishes
        self._loop.run_sync(wishes.pause(self.execution_id, by=self._by))

    def cancel(self, *, reason: str = "") -> None:
        """End the execution; nothing if it is over."""
        try:
            self._loop.run_sync(self._parts.executions.cancel(self.execution_id, reason=reason))
        except ConflictError:
            return

    @property
    def outcome(self) -> Outcome | None:
        """How the execution ended; `None` if it has not."""
        return self._loop.run_sync(self._debugging.outcome(self.execution_id))

    def __repr__(self) -> str:
        waiting = ", ".join(dict.fromkeys(one.node for one in self.where))
        before = f", before {waiting}" if waiting else ""
        return f"<Debugger of {self.execution_id}: {self.status}{before}>"

    def _repr_html_(self) -> str:
        """Return what waits, and with which input, as a small table."""
        now = self.now
        head = f"<b>{_text(self.status)}</b> {_text(self.execution_id)}"
        stops = ", ".join(
            f"{node}: {text}" if text else node for node, text in now.breakpoints.items()
        )
        rows = [_row(one) for one in now.waiting]
        done = [f"{step.node} ({step.status})" for step in now.steps[-5:]]
        facts = {"last steps": ", ".join(done), "breakpoints": stops, "variables": now.variables}
        told = "".join(
            f"<div>{name}: {_text(value)}</div>" for name, value in facts.items() if value
        )
        names = "".join(f"<th {_CELL}>{name}</th>" for name in ("waits", "turn", "from", "input"))
        table = f"<table><tr>{names}</tr>{''.join(rows)}</table>" if rows else ""
        return f"<div>{head}{table}{told}</div>"


def _row(one: Waiting) -> str:
    turns = ", ".join(f"{loop}[{index}]" for loop, index in one.turns)
    cells = (one.node, turns, one.source, one.input)
    return "<tr>" + "".join(f"<td {_CELL}>{_text(cell)}</td>" for cell in cells) + "</tr>"


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return html.escape(text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…")
