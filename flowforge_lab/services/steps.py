"""Visits as a person wants to see them: with what went in, what came out, and what was logged."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.events import Entry, ExecutionState, Logged, Token, fold


class StepView(msgspec.Struct, frozen=True):
    """One visit as a person wants to see it; `input` and `output` are values, times microseconds UTC.

    A node that `is_pinned` was not run: its pinned outputs stand for its own.
    `origin` is the execution that made it, where that was another one.
    """

    visit: int
    node: str
    kind: str
    status: str
    started_at: int
    duration: float
    attempts: int
    config: Mapping[str, Any] = {}
    input: Any = None
    output: Any = None
    error: Mapping[str, Any] | None = None
    logs: tuple[str, ...] = ()
    is_pinned: bool = False
    origin: str = ""


def view_steps(entries: Sequence[Entry], unpack: Any) -> list[StepView]:
    """Return the visits in `entries`; `unpack` gives the value of a journal form."""
    state, logs = fold(entries), logs_in(entries)
    return [
        view_visit(state, visit.number, logs, unpack=unpack) for visit in state.visits.values()
    ]


def logs_in(entries: Sequence[Entry]) -> dict[int, list[str]]:
    """Return the lines that were logged, by visit."""
    logs: dict[int, list[str]] = {}
    for entry in entries:
        if isinstance(entry.event, Logged):
            logs.setdefault(entry.event.visit, []).append(entry.event.message)
    return logs


def view_visit(
    state: ExecutionState, number: int, logs: Mapping[int, Sequence[str]], *, unpack: Any
) -> StepView:
    """Return one visit with its values; `logs` are the lines by visit."""
    visit = state.visits[number]
    return StepView(
        number,
        visit.node,
        visit.kind,
        visit.status,
        visit.started_at,
        ((visit.ended_at or state.last_at) - visit.started_at) / 1e6,
        visit.attempts,
        unpack(visit.config),
        _input_of(state, visit.cause, unpack),
        unpack(visit.outputs),
        None if visit.error is None else msgspec.structs.asdict(visit.error),
        tuple(logs.get(visit.number, ())),
        visit.is_pinned,
        state.started.origin if visit.is_seeded and state.started else "",
    )


def _input_of(state: ExecutionState, cause: Sequence[Any], unpack: Any) -> Any:
    values = {
        state.visits[token.source].node: _value_at(state, token, unpack)
        for token in cause
        if token.source in state.visits
    }
    if len(values) == 1:
        return next(iter(values.values()))
    return values or None


def _value_at(state: ExecutionState, token: Token, unpack: Any) -> Any:
    """Return the value that came along an edge: outputs, or what a turn of a loop is about."""
    if token.scope and token.scope[-1][0] == token.source:
        number, index = token.scope[-1]
        return {"item": unpack(state.turn(number, index).item), "index": index}
    return unpack(state.visits[token.source].outputs)
