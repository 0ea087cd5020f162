"""Lets joins fire: when all has come, when nothing more can, or when their time is over."""

from collections.abc import Awaitable, Callable

from flowforge_lab.events import ExecutionState, Scope, Token, TokenDropped
from flowforge_lab.plan import Plan, Step

from .branches import Branches, Sleeper
from .chronicle import Chronicle
from .joins import arrived, deadline, is_ready, waiting_scopes
from .scopes import cancelled

Visit = Callable[[Step, tuple[Token, ...], str], Awaitable[list[Token]]]
Ring = Callable[[Step, Scope, int], None]


class Meetings:
    """The joins of one execution. `visit` runs a node, `ring` has a join looked at again at a time."""

    def __init__(
        self, plan: Plan, chronicle: Chronicle, *, branches: Callable[[], Branches], ring: Ring
    ) -> None:
        self._plan = plan
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._branches = branches
        self._ring = ring
        self._rung: set[tuple[str, Scope]] = set()

    def set_out(self) -> None:
        """Forget what is to be looked at again: the tasks that would do so are gone."""
        self._rung.clear()

    def waiting(self) -> list[tuple[Step, Scope]]:
        """Return the joins at which tokens wait, in each turn of a loop apart."""
        return [
            (step, scope)
            for step in self._plan.joins
            for scope in waiting_scopes(self._state, step.id)
        ]

    def is_ready(self, step: Step, scope: Scope) -> bool:
        """Whether a join can fire now."""
        return is_ready(self._plan, self._state, step, scope=scope)

    def wake_at(self) -> list[int | None]:
        """Return when the joins at which tokens wait give up waiting."""
        return [deadline(self._state, step, scope) for step, scope in self.waiting()]

    async def meet(self, step: Step, scope: Scope, visit: Visit) -> list[Token]:
        """Let a join fire if it is ready or its time is over; else its tokens wait where they are."""
        place = (step.id, scope)
        ends_at = deadline(self._state, step, scope)
        is_over = ends_at is not None and ends_at <= self._chronicle.now()
        if not is_over and not self.is_ready(step, scope):
            if ends_at is not None and place not in self._rung:
                self._rung.add(place)
                self._ring(step, scope, ends_at)
            return []
        self._rung.discard(place)
        cause = tuple(arrived(self._state, step.id, scope))
        if getattr(step.config, "cancel_rest", False):
            self._cancel_rest(step, scope)
        return await visit(step, cause, "timeout" if is_over else "")

    async def meet_at(
        self, step: Step, scope: Scope, *, ends_at: int, visit: Visit
    ) -> list[Token]:
        """Look at a join again when its time is over."""
        seconds = (ends_at - self._chronicle.now()) / 1e6
        await self._branches().sleep(Sleeper(), seconds)
        if (step.id, scope) in self._rung and arrived(self._state, step.id, scope):
            return await self.meet(step, scope, visit)
        return []

    def _cancel_rest(self, join: Step, scope: Scope) -> None:
        """Stop everything that could still have come to the join in this turn."""

        def is_before(node: str, other: Scope) -> bool:
            if other[: len(scope)] != scope:
                return False
            inside = other[len(scope) :]
            here = self._state.visits[inside[0][0]].node if inside else node
            return here != join.id and self._plan.reaches(here, join.id)

        self._branches().cancel(lambda place: is_before(place.node, place.scope))
        now = self._chronicle.now()
        for visit in self._state.open_visits():
            if is_before(visit.node, visit.scope):
                self._chronicle.note(cancelled(visit, now))
        for token in list(self._state.tokens):
            if is_before(token.target, token.scope):
                self._chronicle.note(TokenDropped(token))
