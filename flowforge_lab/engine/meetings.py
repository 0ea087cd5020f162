"""Lets joins fire: when all has come, when nothing more can, or when their time is over."""

from collections.abc import Awaitable, Callable

from flowforge_lab.events import ExecutionState, Scope, Token
from flowforge_lab.plan import Plan, Step

from .branches import Branches, Place, Sleeper
from .chronicle import Chronicle
from .gate import Gate
from .joins import arrived, deadline, is_ready, shortage, waiting_scopes
from .scopes import let_go

Visit = Callable[[Step, tuple[Token, ...], str], Awaitable[list[Token]]]
Ring = Callable[[Step, Scope, int], None]


class Meetings:
    """The joins of one execution. `visit` runs a node, `ring` has a join looked at again at a time."""

    def __init__(
        self,
        plan: Plan,
        chronicle: Chronicle,
        gate: Gate,
        *,
        branches: Callable[[], Branches],
        ring: Ring,
    ) -> None:
        self._plan = plan
        self._gate = gate
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._branches = branches
        self._ring = ring
        self._rung: dict[tuple[str, Scope], Sleeper | None] = {}
        self._asking: set[tuple[str, Scope]] = set()

    def set_out(self) -> None:
        """Forget what is to be looked at again: the tasks that would do so are gone."""
        self._rung.clear()
        self._asking.clear()

    def waiting(self) -> list[tuple[Step, Scope]]:
        """Return the joins at which tokens wait, in each turn of a loop apart."""
        return [
            (step, scope)
            for step in self._plan.joins
            for scope in waiting_scopes(self._state, step.id)
        ]

    def is_ready(self, step: Step, scope: Scope) -> bool:
        """Whether a join can fire now: all has come that can, or its time is over."""
        return self._is_over(step, scope) or is_ready(self._plan, self._state, step, scope=scope)

    def _is_over(self, step: Step, scope: Scope) -> bool:
        ends_at = deadline(self._state, step, scope)
        return ends_at is not None and ends_at <= self._chronicle.now()

    def moving(self) -> list[Token]:
        """Return a token of each join that can fire now, or that has to be rung for."""
        return [
            tokens[0]
            for step, scope in self.waiting()
            if (step.id, scope) not in self._asking
            if self._gate.is_open_for(tokens := arrived(self._state, step.id, scope))
            if self.is_ready(step, scope) or self._has_to_ring(step, scope)
        ]

    def _has_to_ring(self, step: Step, scope: Scope) -> bool:
        place = (step.id, scope)
        return place not in self._rung and deadline(self._state, step, scope) is not None

    def wake_at(self) -> list[int | None]:
        """Return when the joins at which tokens wait give up waiting."""
        return [deadline(self._state, step, scope) for step, scope in self.waiting()]

    async def meet(self, step: Step, scope: Scope, visit: Visit) -> list[Token]:
        """Let a join fire if it is ready or its time is over; else its tokens wait where they are."""
        place = (step.id, scope)
        if place in self._asking:
            return []
        if not self.is_ready(step, scope):
            self._have_rung(step, scope)
            return []
        self._asking.add(place)
        try:
            if not await self._gate.lets(tuple(arrived(self._state, step.id, scope))):
                return []
        finally:
            self._asking.discard(place)
        self._silence(place)
        is_over = self._is_over(step, scope)
        reason = shortage(self._state, step, scope, is_over=is_over)
        cause = tuple(arrived(self._state, step.id, scope))  # more may have come meanwhile
        if getattr(step.config, "cancel_rest", False):
            self._cancel_rest(step, scope)
        return await visit(step, cause, reason)

    def _silence(self, place: tuple[str, Scope]) -> None:
        """Let nobody look at a join again for its time: it fires now."""
        sleeper = self._rung.pop(place, None)
        if sleeper is not None:
            self._branches().wake(sleeper)

    def _have_rung(self, step: Step, scope: Scope) -> None:
        ends_at = deadline(self._state, step, scope)
        if ends_at is not None and (step.id, scope) not in self._rung:
            self._rung[step.id, scope] = None  # until the one who looks again sleeps
            self._ring(step, scope, ends_at)

    async def wait_for(self, step: Step, scope: Scope, *, ends_at: int) -> bool:
        """Return when the time of a join is over: whether it still waits for others."""
        place = (step.id, scope)
        if place not in self._rung or self._rung[place] is not None:
            return False
        sleeper = self._rung[place] = Sleeper()
        seconds = (ends_at - self._chronicle.now()) / 1e6
        await self._branches().sleep(sleeper, seconds)
        if self._rung.get(place) is not sleeper:
            return False
        del self._rung[place]
        return self._gate.is_open and bool(arrived(self._state, step.id, scope))

    def _cancel_rest(self, join: Step, scope: Scope) -> None:
        """Stop everything that could still have come to the join in this turn."""

        def is_before(place: Place) -> bool:
            if place.scope[: len(scope)] != scope:
                return False
            inside = place.scope[len(scope) :]
            here = self._state.visits[inside[0][0]].node if inside else place.node
            return here != join.id and self._plan.reaches(here, join.id)

        self._branches().cancel(is_before)
        self._chronicle.note(*let_go(self._state, is_before, at=self._chronicle.now()))
