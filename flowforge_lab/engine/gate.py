"""What may start a visit now: pauses, breakpoints, single steps."""

from collections.abc import Awaitable, Callable, Sequence

from flowforge_lab.events import ExecutionPaused, ExecutionState, Token

from .chronicle import Chronicle

Holds = Callable[[tuple[Token, ...], str], Awaitable[bool]]


class Gate:
    """Lets tokens through to their nodes. `holds` asks the condition of a breakpoint about arrivals."""

    def __init__(self, chronicle: Chronicle, holds: Holds) -> None:
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._holds = holds

    @property
    def is_open(self) -> bool:
        """Whether anything may start at all."""
        return not self._state.is_paused

    @property
    def is_wide_open(self) -> bool:
        """Whether everything may move and nothing needs to be asked."""
        state = self._state
        return not (state.is_paused or state.is_stepping or state.breakpoints)

    def is_open_for(self, tokens: Sequence[Token]) -> bool:
        """Whether these tokens, which are under way, may all move, breakpoints aside."""
        state = self._state
        if state.is_paused:
            return False
        return not state.is_stepping or state.let_through.issuperset(tokens)

    async def lets(self, tokens: tuple[Token, ...]) -> bool:
        """Whether the tokens may start a visit; where they meet a breakpoint the execution pauses.

        A breakpoint stops a token once. What happened while its condition was asked is heeded.
        """
        if not self.is_open_for(tokens):
            return False
        node = tokens[0].target
        condition = self._state.breakpoints.get(node)
        if condition is None or self._has_stopped(tokens):
            return True
        does_hold = await self._holds(tokens, condition)
        if not self.is_open_for(tokens):
            return False
        if does_hold:
            paused = ExecutionPaused(reason="breakpoint", node=node, token=tokens[0])
            self._chronicle.note(paused)
        return not does_hold

    def _has_stopped(self, tokens: Sequence[Token]) -> bool:
        """Whether the tokens stood before their node already, at its breakpoint or before a step."""
        return self._state.is_stepping or any(token in self._state.met for token in tokens)

    def end_step(self, *, is_held: bool) -> None:
        """Close after a single step; nothing runs any more, and `is_held` says that tokens wait for the next.

        A step takes along what its own visits wait for. Where there is no other it is what is waited for.
        """
        state = self._state
        if not state.is_stepping or state.is_paused:
            return
        waiting = [visit for visit in state.open_visits() if visit.status != "looping"]
        fresh = any(visit.number > state.stepped_from for visit in waiting)
        has_begun = len(state.visits) > state.stepped_from
        if is_held or (waiting and has_begun and not fresh):
            self._chronicle.note(ExecutionPaused(reason="step"))
