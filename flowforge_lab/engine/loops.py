"""Goes round: starts the turns of a loop, takes back what they send, and puts together what they gave."""

from collections.abc import Callable
from typing import Any

from flowforge_lab.errors import NodeError
from flowforge_lab.events import (
    ErrorDetail,
    ExecutionState,
    IterationFailed,
    IterationReturned,
    IterationStarted,
    Loop,
    LoopStarted,
    Token,
    Turn,
    Visit,
)
from flowforge_lab.nodes import Answer, Iterate
from flowforge_lab.plan import BODY, Step

from .branches import Branches, Place, Sleeper
from .chronicle import Chronicle
from .failures import error_value
from .scopes import cancelled, depth_of, in_loop, let_go
from .visits import Visits

Spawn = Callable[[Token], None]


class Loops:
    """The loops of one execution. `spawn` sends a token on its way."""

    def __init__(
        self,
        chronicle: Chronicle,
        visits: Visits,
        *,
        branches: Callable[[], Branches],
        spawn: Spawn,
    ) -> None:
        self._chronicle = chronicle
        self._state: ExecutionState = chronicle.state
        self._visits = visits
        self._branches = branches
        self._spawn = spawn
        self._rounds: dict[int, _Round] = {}

    async def go_round(self, step: Step, visit: Visit, command: Iterate) -> Answer:
        """Run all turns of a loop, those that the journal shows as begun included."""
        if visit.loop is None:
            count = None if command.items is None else len(command.items)
            started = LoopStarted(
                visit.number, step.id, count, command.parallel, command.on_item_error
            )
            self._chronicle.note(started)
        going = self._rounds[visit.number] = _Round(step, visit, command)
        try:
            await self._start_turns(going)
            while going.running:
                going.sleeper = Sleeper()
                await self._branches().sleep(going.sleeper)
                await self._start_turns(going)
        except NodeError:
            self._let_go(visit.number)
            raise
        finally:
            del self._rounds[visit.number]
        return Answer("turns", self._outcome(going.loop))

    async def _start_turns(self, going: "_Round") -> None:
        """Start as many turns as may run now.

        Raises:
            NodeError: a turn failed, and the loop is told to fail with it.
        """
        _raise_failure(going.loop)
        while len(going.running) < going.command.parallel and await self._has_turn(going):
            for token in await self._start_turn(going):
                self._spawn(token)
            self.look()

    async def _has_turn(self, going: "_Round") -> bool:
        turns, command = going.loop.turns, going.command
        if going.loop.is_broken:
            return False
        if command.items is not None:
            return len(turns) < len(command.items)
        last = self._value(turns[-1]) if turns else None
        if not await self._visits.holds_each_turn(
            going.step, going.visit, index=len(turns), result=last
        ):
            return False
        if len(turns) >= command.max_turns:
            msg = f"the condition still holds after {len(turns):,} turns, which is max_turns"
            raise NodeError(msg, type="loop.too_long", is_transient=False)
        return True

    async def _start_turn(self, going: "_Round") -> tuple[Token, ...]:
        """Start the next turn and return the tokens it begins with."""
        number, index = going.visit.number, len(going.loop.turns)
        items = going.command.items
        going.running.add(index)
        packed = await self._visits.payloads.pack(None if items is None else items[index])
        scope = (*going.visit.scope, (number, index))
        tokens = tuple(
            Token(number, BODY, edge.target, edge.to_port, scope)
            for edge in going.step.ways.get(BODY, ())
        )
        started = IterationStarted(number, going.step.id, index, packed.form, tokens)
        self._chronicle.note(started)
        self._visits.names.keep_item(number, index, packed.value)
        return tokens

    async def go_on(self, token: Token, step: Step) -> tuple[Token, ...]:
        """Start the next turn of a loop of items whose turn this token just ended, and return its tokens.

        Whoever brought the token goes on with those. It returns none where turns run beside one another, or
        where none is left: then the branch of the loop itself has to see to it.
        """
        depth = depth_of(self._state, token.scope, step.id)
        if depth is None:
            return ()
        turn = number, _ = token.scope[depth]
        going = self._rounds.get(number)
        if going is None or not going.can_go_on or turn not in self._state.drained:
            return ()
        self._state.drained.remove(turn)
        going.running.clear()
        try:
            return await self._start_turn(going)
        except NodeError:  # the item cannot flow: the loop finds the same, and fails with it
            going.running.clear()
            self._wake(going)
            return ()

    def leave(self) -> None:
        """End the loops that jumps have left, and all that is still alive in them."""
        left, self._state.left = self._state.left, []
        for number in left:
            loop = self._state.visits[number]
            if not loop.is_over:
                self._let_go(number)
                self._chronicle.note(cancelled(loop, self._chronicle.now()))
                self._branches().cancel(Place(loop.node, loop.scope).__eq__)

    def _let_go(self, number: int) -> None:
        """End everything alive in a loop."""
        within = in_loop(number)
        self._chronicle.note(*let_go(self._state, within, at=self._chronicle.now()))
        self._branches().cancel(within)

    def look(self) -> None:
        """Wake the loops whose turns came to their end."""
        drained, self._state.drained = self._state.drained, []
        for number, index in drained:
            going = self._rounds.get(number)
            if going is None or self._state.turn(number, index).live:
                continue
            going.running.discard(index)
            self._wake(going)

    def _wake(self, going: "_Round") -> None:
        if going.sleeper is not None:
            self._branches().wake(going.sleeper)

    def take_back(self, step: Step, token: Token) -> bool:
        """End a turn, or its part, by a token that came back to its loop; false if it did not come back."""
        depth = depth_of(self._state, token.scope, step.id)
        if depth is None:
            return False
        number, index = token.scope[depth]
        action = "next" if token.to_port == "in" else token.to_port
        is_all = action == "break"
        events: list[Any] = [IterationReturned(number, step.id, index, token, action)]
        within = in_loop(number, None if is_all else index)
        if is_all or action == "continue" or depth < len(token.scope) - 1:
            now = self._chronicle.now()
            gone = let_go(self._state, within, at=now)
            events += [event for event in gone if getattr(event, "token", None) != token]
            self._branches().cancel(within)
        self._chronicle.note(*events)
        return True

    def pass_over(self, visit: Visit) -> bool:
        """Let a turn end in the error of a visit in it; false if the visit is in no loop that runs here."""
        if not visit.scope or visit.error is None:
            return False
        number, index = visit.scope[-1]
        loop_visit = self._state.visits[number]
        if loop_visit.is_seeded:
            return False
        if self._state.turn(number, index).error is None and not loop_visit.is_over:
            self._fail_turn(loop_visit, index, visit.error)
        return True

    def _fail_turn(self, loop_visit: Visit, index: int, error: ErrorDetail) -> None:
        """End a turn, or the whole loop if it is told not to pass over errors."""
        is_all = _loop_of(loop_visit).on_item_error == "fail"
        within = in_loop(loop_visit.number, None if is_all else index)
        failed = IterationFailed(loop_visit.number, loop_visit.node, index, error)
        self._chronicle.note(failed, *let_go(self._state, within, at=self._chronicle.now()))
        self._branches().cancel(within)
        self.look()

    def _outcome(self, loop: Loop) -> dict[str, Any]:
        whole = [turn for turn in loop.turns if not turn.is_cut]
        turns = [turn for turn in whole if turn.error is None or loop.on_item_error == "blank"]
        errors = [
            {"index": index, "error": error_value(turn.error)}
            for index, turn in enumerate(loop.turns)
            if turn.error is not None
        ]
        return {
            "results": [self._value(turn) for turn in turns],
            "count": len(whole),
            "errors": errors,
            "is_broken": loop.is_broken,
        }

    def _value(self, turn: Turn) -> Any:
        if turn.result is None or turn.error is not None:
            return None
        return self._visits.value_of(turn.result)


class _Round:
    """A loop on its way: which turns run, and the sleeper to wake when one is over."""

    def __init__(self, step: Step, visit: Visit, command: Iterate) -> None:
        self.step = step
        self.visit = visit
        self.command = command
        self.loop = _loop_of(visit)
        self.running = {index for index, turn in enumerate(self.loop.turns) if turn.live}
        self.sleeper: Sleeper | None = None

    @property
    def can_go_on(self) -> bool:
        """Whether turns follow one another, and another item is there."""
        items = self.command.items
        is_whole = not self.loop.is_broken and self.loop.failed is None
        return (
            is_whole
            and items is not None
            and self.command.parallel == 1
            and len(self.loop.turns) < len(items)
        )


def _raise_failure(loop: Loop) -> None:
    """Raise the error of the turn that failed, where one fails the loop."""
    error = None if loop.failed is None else loop.turns[loop.failed].error
    if error is None or loop.on_item_error != "fail":
        return
    where = f"in turn {loop.failed}, at {error.node}"
    raise NodeError(
        error.title,
        type=error.type,
        status=error.status,
        detail=f"{error.detail}; {where}" if error.detail else where,
        is_transient=False,
    )


def _loop_of(visit: Visit) -> Loop:
    if visit.loop is None:
        msg = f"visit {visit.number} is no loop"
        raise LookupError(msg)
    return visit.loop
