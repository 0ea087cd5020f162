"""Wishes from outside: cancel, pause, go on, answer, edit. Each becomes an event, and is then taken."""

from collections.abc import Callable
from typing import Any

import msgspec

from flowforge_lab.events import (
    BreakpointsSet,
    CancelRequested,
    Event,
    ExecutionContinued,
    ExecutionPaused,
    ExecutionState,
    OutputsEdited,
    VariableSet,
    Visit,
    VisitResumed,
)

from .chronicle import Chronicle
from .migration import MIGRATE
from .ports import Signal
from .scope import Names

BY_PARENT = "parent"
"""Who asks an execution to cancel that was awaited by one that is over, or is to be."""


class Signals:
    """Takes the signals of one execution. Answers wait here until their visit asks for them."""

    def __init__(self, chronicle: Chronicle, names: Names) -> None:
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._names = names
        self._seen: set[int] = set()
        self._answers: dict[int, Signal] = {}
        self._goes_on = False

    def take(self, signal: Signal) -> None:
        """Note what a signal asks for; one that was seen, or fits nothing, changes nothing."""
        if signal.kind == MIGRATE or (signal.id and signal.id in self._seen):
            return  # a version is changed between two runs: it comes again at the next resume
        self._seen.add(signal.id)
        fields = _fields(signal)
        if signal.kind == "answer" and self._fits(fields):
            self._answers[fields["visit"]] = signal
            return
        event = _EVENTS[signal.kind](self._state, fields) if signal.kind in _EVENTS else None
        if event is not None:
            self._note(event)
        self._chronicle.take(signal.id)

    def cancel(self, *, by: str, reason: str) -> None:
        """Note that the execution shall stop."""
        self._note(CancelRequested(by, reason))

    def _note(self, event: Event) -> None:
        self._chronicle.note(event)
        self._goes_on = self._goes_on or isinstance(event, ExecutionContinued)
        if isinstance(event, OutputsEdited):
            self._names.forget(event.visit)

    def goes_on(self) -> bool:
        """Whether a pause has ended since this was asked last."""
        goes_on, self._goes_on = self._goes_on, False
        return goes_on

    def overtake(self, status: str) -> bool:
        """Whether a signal came while a run was about to end as paused or waiting, and forbids it."""
        state = self._state
        if status == "paused":
            return not state.is_paused
        answered = any(self.has_answer(visit) for visit in state.open_visits())
        return state.is_paused or state.is_cancel_requested or answered

    def waiting(self) -> list[int]:
        """Return the visits whose answers have come and were not fetched."""
        return list(self._answers)

    def has_answer(self, visit: Visit) -> bool:
        """Whether an answer is there for a parked visit."""
        return visit.status == "parked" and visit.number in self._answers

    def answer_to(self, visit: Visit) -> VisitResumed:
        """Return the event by which a parked visit goes on: its answer, or that its time came."""
        signal = self._answers.pop(visit.number, None)
        if signal is None:
            return VisitResumed(visit.number, visit.node)
        fields = _fields(signal)
        self._chronicle.take(signal.id)
        return VisitResumed(
            visit.number, visit.node, "answer", fields.get("answer"), fields.get("key", "")
        )

    def _fits(self, fields: dict[str, Any]) -> bool:
        visit = self._state.visits.get(fields.get("visit", 0))
        return visit is not None and visit.status == "parked"


def _fields(signal: Signal) -> dict[str, Any]:
    if not signal.payload.startswith("{"):
        return {"reason": signal.payload}
    fields: dict[str, Any] = msgspec.json.decode(signal.payload)
    return fields


def _cancel(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    is_closing = state.closing is not None and state.closing.status == "cancelled"
    if is_closing and fields.get("by") == BY_PARENT:
        return None  # the parent that stops asks, and its end asks again: what tidies up is let be
    return CancelRequested(fields.get("by", "signal"), fields.get("reason", ""))


def _pause(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    if state.is_paused or state.is_cancel_requested:
        return None
    return ExecutionPaused(fields.get("by", ""), fields.get("reason", ""))


def _continue(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    if not state.is_paused:
        return None
    return ExecutionContinued(fields.get("by", ""), is_step=bool(fields.get("is_step")))


def _breakpoints(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    return BreakpointsSet(fields["breakpoints"], fields.get("by", ""))


def _variable(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    return VariableSet(fields["name"], fields["value"], by=fields.get("by", ""))


def _outputs(state: ExecutionState, fields: dict[str, Any]) -> Event | None:
    visit = state.visits.get(fields["visit"])
    if visit is None or not visit.is_over:
        return None
    return OutputsEdited(visit.number, visit.node, fields["outputs"], fields.get("by", ""))


_EVENTS: dict[str, Callable[[ExecutionState, dict[str, Any]], Event | None]] = {
    "cancel": _cancel,
    "pause": _pause,
    "continue": _continue,
    "breakpoints": _breakpoints,
    "variable": _variable,
    "outputs": _outputs,
}
