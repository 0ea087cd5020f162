"""How a visit ended somewhere else, which stands for running its node here."""

from typing import Any, Protocol

import msgspec

from flowforge_lab.events import ErrorDetail, ExecutionState, Scope, Token, Visit
from flowforge_lab.plan import Step

OPEN = "open"
"""What the key begins with under which a visit waits that came to no end there."""


class Ended(msgspec.Struct, frozen=True):
    """The end of a visit: `outputs` in journal form on `port`, or an error that no attempt follows.

    One that `is_open` came to no end. `at` is when it ended, in microseconds since 1970, UTC.
    """

    port: str = ""
    outputs: Any = None
    error: ErrorDetail | None = None
    is_open: bool = False
    at: int = 0


class Mark(msgspec.Struct, frozen=True):
    """Which visit it is, said so that it means the same in another execution.

    `turns` are the loops it runs in, each as (node, index), the outermost first; `number` counts the visits
    of the node in that turn, from 1.
    """

    node: str
    turns: tuple[tuple[str, int], ...] = ()
    number: int = 1

    def __str__(self) -> str:
        turns = "".join(f"{loop}[{index}]/" for loop, index in self.turns)
        return f"{turns}{self.node}" + (f"#{self.number}" if self.number > 1 else "")


class StandIn(Protocol):
    """Knows how visits began and ended somewhere else."""

    def begins(self, mark: Mark) -> int:
        """Return when the visit began there (microseconds since 1970, UTC); 0 where it did not."""

    def ends(self, step: Step, visit: Visit, state: ExecutionState) -> Ended | None:
        """Return the end of a visit that is about to run its node; `None` lets it run."""


def mark_of(state: ExecutionState, visit: Visit) -> Mark:
    """Return the mark of a visit of the execution that `state` is of."""
    return Mark(visit.node, _turns(state, visit.scope), visit.number_in_turn)


def begins_at(
    stand_in: StandIn, state: ExecutionState, *, node: str, cause: tuple[Token, ...]
) -> int:
    """Return when the visit that arrivals are about to start began elsewhere; 0 where nobody knows."""
    scope = cause[0].scope if cause else ()
    latest = state.latest.get((node, scope))
    number = 1 if latest is None else latest.number_in_turn + 1
    return stand_in.begins(Mark(node, _turns(state, scope), number))


def _turns(state: ExecutionState, scope: Scope) -> tuple[tuple[str, int], ...]:
    return tuple((state.visits[loop].node, index) for loop, index in scope)
