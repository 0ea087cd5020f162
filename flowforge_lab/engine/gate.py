"""What may start a visit now: pauses, breakpoints, single steps."""

from collections.abc import Awaitable, Callable

from flowforge_lab.events import ExecutionPaused, ExecutionState, Token

from .chronicle import Chronicle

Holds = Callable[[Token, str], Awaitable[bool]]


class Gate:
    """Lets tokens through to their nodes. `holds` asks the condition of a breakpoint about a token."""

    def __init__(self, chronicle: Chronicle, holds: Holds) -> None:
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._holds = holds

    @property
    def is_open(self) -> bool:
        """Whether anything may start at all."""
        return not self._state.is_paused

    def is_open_for(self, token: Token) -> bool:
        """Whether the token may move, breakpoints aside."""
        state = self._state
        return not state.is_paused and (not state.is_stepping or token in state.let_through)

    async def lets(self, token: Token) -> bool:
        """Whether the token may start a visit; one that meets a breakpoint pauses the execution."""
        state = self._state
        if not self.is_open_for(token):
            return False
        condition = state.breakpoints.get(token.target)
        if (
            token in state.let_through
            or condition is None
            or not await self._holds(token, condition)
        ):
            return True
        if not state.is_paused:
            self._chronicle.note(ExecutionPaused(reason="breakpoint", node=token.target))
        return False

    def end_step(self) -> None:
        """Close after a single step, once nothing runs any more."""
        if self._state.is_stepping and not self._state.is_paused:
            self._chronicle.note(ExecutionPaused(reason="step"))
