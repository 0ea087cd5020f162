"""Where an execution stands: its visits, the tokens under way, its loops, pauses and variables.

It is the one object here that changes, and only as `changes` applies the next entry to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from .tokens import ErrorDetail, Frame, Scope, Token
from .vocabulary import (
    ExecutionFinished,
    ExecutionStarted,
    FinallyStarted,
    VisitResumed,
)


class Turn(msgspec.Struct, gc=False):
    """One turn of a loop. `live` counts the tokens and open visits in it: at zero it is over.

    `result` is the visit whose outputs are its result: the one that came back, else the last one. A turn
    `is_cut` if the loop was broken off while it ran.
    """

    item: Any = None
    live: int = 0
    result: int | None = None
    has_returned: bool = False
    is_cut: bool = False
    error: ErrorDetail | None = None


class Loop(msgspec.Struct, gc=False):
    """How far a visit that goes round is. Turns are numbered from 0; `failed` is the first that failed."""

    count: int | None
    parallel: int
    on_item_error: str
    turns: list[Turn] = []
    is_broken: bool = False
    failed: int | None = None


class Visit(msgspec.Struct, gc=False):
    """One pass through a node: running, retrying, parked, looping, succeeded, failed or cancelled.

    `answered` is the last thing it waited for, and `answers` how many of those were answers; `decided` is
    what somebody said of it after a crash, until it goes on for another reason.
    One that `is_seeded` was made by another execution. `outputs` is in journal form; `wake_at`
    (microseconds, UTC) says until when a visit that is retrying or parked waits, `changes` what it has done
    to variables already, which no attempt does again.
    """

    number: int
    node: str
    kind: str
    cause: tuple[Token, ...]
    config: dict[str, Any]
    started_at: int
    status: str = "running"
    attempts: int = 1
    attempt_started_at: int = 0
    wake_at: int | None = None
    keys: tuple[str, ...] = ()
    answered: VisitResumed | None = None
    answers: int = 0
    decided: VisitResumed | None = None
    port: str = ""
    outputs: Any = None
    error: ErrorDetail | None = None
    ended_at: int | None = None
    is_leaf: bool = False
    is_handled: bool = False
    reason: str = ""
    scope: Scope = ()
    number_in_turn: int = 1
    loop: Loop | None = None
    changes: dict[int, Any] = {}
    is_pinned: bool = False
    is_seeded: bool = False

    @property
    def last_attempt_at(self) -> int:
        """When the last of several attempts began, in microseconds; 0 if there was one."""
        return self.attempt_started_at if self.attempts > 1 else 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in {"succeeded", "failed", "cancelled"}


_WAITING = frozenset({"retrying", "parked"})


class ExecutionState(msgspec.Struct, eq=False):
    """Where an execution stands after the entries applied so far. `status` is empty before the first.

    `tokens` are the arrivals under way, each with the time it came at. In a single step only those in
    `let_through` move, and visits are numbered higher than `stepped_from`; `met` are the tokens that a
    breakpoint has stopped before. `latest` is the last visit of each node in each turn; `drained`
    gathers the turns in which nothing is alive any more, `left` the loops (their visits) that a jump has
    left, for whoever looks after loops to take out.

    It is asleep while visits wait (for a time, an answer, the next attempt) and none runs; `waited` are
    the seconds it slept, those between a crash and the next resume included. `value_bytes` are those of
    configs, outputs and log lines that stand in events; what lies beside them in blobs does not count.
    """

    execution_id: str = ""
    started: ExecutionStarted | None = None
    finished: ExecutionFinished | None = None
    closing: FinallyStarted | None = None
    closed_visits: int = 0
    active_before_closing: float = 0.0
    seq_before_closing: int = 0
    value_bytes_before_closing: int = 0
    digest: str = ""
    started_at: int = 0
    seq: int = 0
    last_at: int = 0
    waited: float = 0.0
    asleep_since: int | None = None
    running_visits: int = 0
    waiting_visits: int = 0
    retries: int = 0
    handled_errors: int = 0
    value_bytes: int = 0
    is_cancel_requested: bool = False
    is_paused: bool = False
    is_stepping: bool = False
    let_through: frozenset[Token] = frozenset()
    stepped_from: int = 0
    met: set[Token] = set()
    breakpoints: dict[str, str] = {}
    visits: dict[int, Visit] = {}
    tokens: dict[Token, int] = {}
    variables: dict[str, tuple[Any, int | None]] = {}
    pins: dict[str, Any] = {}
    resumes: tuple[str, int] | None = None
    latest: dict[tuple[str, Scope], Visit] = {}
    drained: list[Frame] = []
    left: list[int] = []
    _open: dict[int, Visit] = {}

    @property
    def status(self) -> str:
        """`running` from the first entry to the finishing one, then what that one says."""
        if self.finished is not None:
            return self.finished.status
        return "running" if self.started is not None else ""

    def active_seconds(self, at: int) -> float:
        """Return how long it was active until `at` (microseconds, UTC), not before the last entry."""
        asleep = 0 if self.asleep_since is None else at - self.asleep_since
        return (at - self.started_at - asleep) / 1e6 - self.waited

    def open_visits(self) -> list[Visit]:
        """Return the visits that are not over, oldest first."""
        return list(self._open.values())

    def own_visits(self) -> list[Visit]:
        """Return the visits that this execution made itself, oldest first."""
        return [visit for visit in self.visits.values() if not visit.is_seeded]

    def turn(self, visit: int, index: int) -> Turn:
        """Return a turn of the loop that `visit` is."""
        loop = self.visits[visit].loop
        if loop is None:
            msg = f"visit {visit} of execution {self.execution_id} is no loop"
            raise LookupError(msg)
        return loop.turns[index]

    def add_visit(self, visit: Visit) -> None:
        """Take up a visit, also one that is over already."""
        place = (visit.node, visit.scope)
        before = self.latest.get(place)
        if before is not None:
            visit.number_in_turn = before.number_in_turn + 1
        self.latest[place] = visit
        self.visits[visit.number] = visit

    def begin_visit(self, visit: Visit) -> None:
        """Take up a visit as open."""
        self.add_visit(visit)
        self._open[visit.number] = visit
        self.running_visits += 1
        self.look_for_sleep(visit.started_at)
        if visit.scope:
            self._count(visit.scope, 1)

    def end_visit(self, visit: Visit, status: str, at: int) -> None:
        """Close a visit; unless a token came back already it is what its turn results in so far."""
        self.give_status(visit, status, at)
        visit.ended_at = at
        del self._open[visit.number]
        if not visit.scope:
            return
        if status != "cancelled":
            turn = self.turn(*visit.scope[-1])
            if not turn.has_returned:
                turn.result = visit.number
        self._count(visit.scope, -1)

    def give_status(self, visit: Visit, status: str, at: int) -> None:
        """Give a visit its status, and take note when the execution falls asleep or wakes up by that."""
        if visit.status == "running":
            self.running_visits -= 1
        elif visit.status in _WAITING:
            self.waiting_visits -= 1
        if status == "running":
            self.running_visits += 1
        elif status in _WAITING:
            self.waiting_visits += 1
        visit.status = status
        self.look_for_sleep(at)

    def look_for_sleep(self, at: int) -> None:
        """Count the time in which visits wait, or a pause holds them, and none runs."""
        if (self.waiting_visits or self.is_paused) and not self.running_visits:
            if self.asleep_since is None:
                self.asleep_since = at
        elif self.asleep_since is not None:
            self.waited += (at - self.asleep_since) / 1e6
            self.asleep_since = None

    def add_tokens(self, tokens: Iterable[Token], at: int, *, behind: Scope = ()) -> None:
        """Take up arrivals that came at a time (microseconds, UTC), of a visit in the turns `behind`."""
        for token in tokens:
            self.tokens[token] = at
            if token.scope:
                self._count(token.scope, 1)
            if len(token.scope) < len(behind):
                self.left.append(behind[len(token.scope)][0])

    def remove_token(self, token: Token) -> None:
        """Take away an arrival that a visit took up, or that leads nowhere."""
        del self.tokens[token]
        if self.met:
            self.met.discard(token)
        if token.scope:
            self._count(token.scope, -1)

    def _count(self, scope: Scope, by: int) -> None:
        """Keep count of what is alive in each turn; those that come to nothing are `drained`."""
        for frame in scope:
            turn = self.turn(*frame)
            turn.live += by
            if not turn.live:
                self.drained.append(frame)

    def nearest(self, cause: Sequence[Token], node: str) -> Visit | None:
        """Return the latest visit of `node` among those behind `cause` and their ancestors, if any."""
        if len(cause) == 1:
            direct = self.visits.get(cause[0].source)
            if direct is not None and direct.node == node:
                return direct
        return next((visit for visit in self.ancestors(cause) if visit.node == node), None)

    def ancestors(self, cause: Iterable[Token]) -> Iterator[Visit]:
        """Yield the visits behind `cause` and their ancestors, the latest first."""
        ahead = {token.source for token in cause}
        while ahead:
            number = max(ahead)
            ahead.discard(number)
            ancestor = self.visits.get(number)
            if ancestor is not None:
                yield ancestor
                ahead.update(token.source for token in ancestor.cause)
