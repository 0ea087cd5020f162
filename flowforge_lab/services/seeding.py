"""Where another execution can begin: what was done up to a visit, and the arrivals that lead on from there.

Whatever depends on the chosen visit is left out, and so is what was not over; all the rest is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.engine import Seed
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import (
    Entry,
    ExecutionFinished,
    ExecutionSeeded,
    ExecutionState,
    FinallyStarted,
    SeededVisit,
    Token,
    TokenDropped,
    VariableSet,
    Visit,
    VisitCancelled,
    VisitFailed,
    VisitStarted,
    VisitSucceeded,
    fold,
    spread,
)
from flowforge_lab.spec import did_you_mean

Variables = dict[str, tuple[Any, int | None]]
"""Forms of variables, and until when each lives, by name."""
Place = str | int
"""A node, of which the latest visit is meant, or the number of a visit."""


class Beginning(msgspec.Struct, frozen=True):
    """Where to begin: the visit to make anew, and the seed; `numbers` maps the origin's visits to the seed's.

    `note` says it in a sentence.
    """

    visit: Visit
    seed: Seed
    numbers: Mapping[int, int]
    note: str


def find_beginning(
    entries: Sequence[Entry], place: Place, *, ends: Callable[[str], bool], now: int
) -> Beginning:
    """Return where to begin so that the visit at `place` and all that depends on it is made anew.

    A visit in the turn of a loop cannot be begun at: the loop around it is. `ends` tells of a node
    whether it ends the execution; variables that are over at `now` are left out.

    Raises:
        NotFoundError: there was no such visit, or it belongs to the branch that always runs.
    """
    until_verdict = _up_to_the_verdict(entries)
    past = _Past(until_verdict)
    asked = _find(past.state, fold(entries), place)
    visit = past.state.visits[past.home(asked.number)]
    redone = past.depending_on(visit, ends)
    tokens = past.arrivals(redone)
    numbers = past.kept(redone, tokens)
    note = f"begins at {visit.node}, visit {visit.number}"
    if visit is not asked:
        note += f": {asked.node} runs in turns of that loop"
    variables = _variables_of(until_verdict, lambda number: past.home(number) not in redone)
    values = _living(variables, now)
    seed = Seed(
        tuple(_seeded(past.state.visits[number], numbers) for number in numbers),
        tuple(_moved(token, numbers) for token in tokens),
        {name: form for name, (form, _until) in values.items()},
        {name: until for name, (_form, until) in values.items() if until is not None},
        note,
    )
    return Beginning(visit, seed, numbers, note)


def _up_to_the_verdict(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries up to where the outcome was known: before what still ran was cancelled for it."""
    ends = (
        index
        for index, entry in enumerate(entries)
        if isinstance(entry.event, FinallyStarted | ExecutionFinished)
    )
    end = next(ends, len(entries))
    if end < len(entries):
        while end and isinstance(entries[end - 1].event, VisitCancelled | TokenDropped):
            end -= 1
    return entries[:end]


def _find(state: ExecutionState, whole: ExecutionState, place: Place) -> Visit:
    visits = [visit for visit in state.visits.values() if place in (visit.number, visit.node)]
    if visits:
        return visits[-1]
    what = f"visit {place}" if isinstance(place, int) else f"visit of {place!r}"
    if any(place in (visit.number, visit.node) for visit in whole.visits.values()):
        msg = f"the {what} belongs to the branch that always runs; begin before it"
        raise NotFoundError(msg)
    nodes = dict.fromkeys(visit.node for visit in whole.visits.values())
    hint = did_you_mean(str(place), nodes) or f"it visited: {', '.join(nodes) or 'nothing'}"
    msg = f"execution {whole.execution_id} has no {what}; {hint}"
    raise NotFoundError(msg)


class _Past:
    """What happened in an execution: which visit led to which."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.state = fold(entries)
        self._sent: list[Token] = []
        self._dropped: dict[Token, int] = {}
        self._cancelled: dict[int, int] = {}
        following = 0  # the visit that began next, looked at from the end
        for entry in reversed(list(spread(entries))):
            event = entry.event
            if isinstance(event, VisitStarted):
                following = event.visit
            elif isinstance(event, VisitCancelled):
                self._cancelled[event.visit] = following
            elif isinstance(event, TokenDropped):
                self._dropped[event.token] = following
            elif isinstance(event, VisitSucceeded | VisitFailed):
                self._sent += event.next
        visits = self.state.visits
        self._left = {
            self.home(token.source)
            for token in self._sent
            if not token.scope and visits[token.source].scope
        }

    def home(self, number: int) -> int:
        """Return the visit, or the outermost loop (its visit) in whose turn it was made."""
        scope = self.state.visits[number].scope
        return scope[0][0] if scope else number

    def depending_on(self, chosen: Visit, ends: Callable[[str], bool]) -> set[int]:
        """Return the visits outside of loops to make anew: this one, what came of it, what was not over."""
        outer = [visit for visit in self.state.visits.values() if not visit.scope]
        redone = {chosen.number} | {one.number for one in outer if self._is_open(one, ends)}
        is_growing = True
        while is_growing:
            more = {one.number for one in outer if self._follows(one, redone)} - redone
            redone |= more
            is_growing = bool(more)
        return redone

    def _is_open(self, visit: Visit, ends: Callable[[str], bool]) -> bool:
        is_failure = visit.status == "failed" and not visit.is_handled
        is_over = visit.is_over or visit.number in self._left
        return not is_over or is_failure or ends(visit.node)

    def _follows(self, visit: Visit, redone: set[int]) -> bool:
        """Whether a visit came of those, or was let go because one of them began."""
        if visit.number not in self._left and self._cancelled.get(visit.number) in redone:
            return True
        return any(token.source and self.home(token.source) in redone for token in visit.cause)

    def arrivals(self, redone: set[int]) -> list[Token]:
        """Return the tokens outside of loops that what is kept sent, and that nothing kept has taken up."""
        visits = self.state.visits
        taken = [token for number in sorted(redone) for token in visits[number].cause]
        nodes = {visits[number].node for number in redone}
        again = (
            token
            for token, following in reversed(self._dropped.items())
            if following in redone or token.target in nodes
        )
        return [
            token
            for token in dict.fromkeys([*taken, *self.state.tokens, *again])
            if token.source and not token.scope and self.home(token.source) not in redone
        ]

    def kept(self, redone: set[int], tokens: Iterable[Token]) -> dict[int, int]:
        """Return the visits to take over, each with its new number: those kept, and all behind them."""
        visits = self.state.visits
        outer = [one for one in visits.values() if not one.scope and one.number not in redone]
        causes = [token for one in outer for token in one.cause]
        behind = {one.number for one in self.state.ancestors([*tokens, *causes])}
        numbers = sorted({one.number for one in outer} | behind)
        return {number: place for place, number in enumerate(numbers, start=1)}


def _seeded(visit: Visit, numbers: Mapping[int, int]) -> SeededVisit:
    return SeededVisit(
        numbers[visit.number],
        visit.node,
        visit.kind,
        visit.port,
        visit.outputs,
        visit.started_at,
        visit.ended_at or visit.started_at,
        tuple(_moved(token, numbers) for token in visit.cause),
        visit.error,
        visit.is_leaf and not visit.scope,
    )


def _moved(token: Token, numbers: Mapping[int, int]) -> Token:
    return msgspec.structs.replace(token, source=numbers.get(token.source, 0), scope=())


def variables_at(entries: Sequence[Entry], visit: Visit, now: int) -> Variables:
    """Return the variables as the visit found them."""
    entries = list(spread(entries))
    begun = next(
        (
            index
            for index, entry in enumerate(entries)
            if isinstance(entry.event, VisitStarted) and entry.event.visit == visit.number
        ),
        2,  # one that was taken over itself: after the start and the seed
    )
    return _living(fold(entries[:begun]).variables, now)


def _living(variables: Variables, now: int) -> Variables:
    return {
        name: (form, until)
        for name, (form, until) in variables.items()
        if until is None or until > now
    }


def _variables_of(entries: Iterable[Entry], is_kept: Callable[[int], bool]) -> Variables:
    """Return the variables as they would be had only the visits that are kept set them, and people."""
    found: Variables = {}
    whole: Variables = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, ExecutionSeeded):
            whole = {
                name: (form, event.expires.get(name)) for name, form in event.variables.items()
            }
            found = dict(whole)
        elif isinstance(event, VariableSet):
            if not event.visit or is_kept(event.visit):
                form = _without_others(event, whole.get(event.name), found.get(event.name))
                found[event.name] = form, event.expires_at
            whole[event.name] = event.value, event.expires_at
    return found


def _without_others(
    event: VariableSet, whole: tuple[Any, int | None] | None, kept: tuple[Any, int | None] | None
) -> Any:
    """Return what a visit left in a variable; what it added counts from what the visits kept had left."""
    before, base = (whole or (0,))[0], (kept or (0,))[0]
    if event.change and all(type(one) in (int, float) for one in (event.value, before, base)):
        return base + (event.value - before)
    return event.value
