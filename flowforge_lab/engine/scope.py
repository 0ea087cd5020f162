"""What the expressions of one execution can name, and the values behind it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flowforge_lab.errors import ExpressionError, NodeError
from flowforge_lab.events import ExecutionState, Scope, Token, Visit
from flowforge_lab.expressions import NEEDS_SANDBOX, Compiled
from flowforge_lab.plan import Step

from .addresses import WaitsView
from .failures import error_value
from .payloads import Payloads
from .variables import ExecutionVariables
from .world import World

ValueOf = Callable[[int], Any]


class Values:
    """What the visits of one execution gave and got, unpacked when it is asked for first."""

    def __init__(self, state: ExecutionState, unpack: Callable[[Any], Any]) -> None:
        self._state = state
        self._unpack = unpack
        self._values: dict[int, Any] = {}
        self._items: dict[tuple[int, int], Any] = {}

    def value_of(self, number: int) -> Any:
        """Return the outputs of a visit as they flow along its edges."""
        if number not in self._values:
            self._values[number] = self._unpack(self._state.visits[number].outputs)
        return self._values[number]

    def keep(self, number: int, value: Any) -> None:
        """Remember the outputs of a visit, so that they need not be read back."""
        self._values[number] = value

    def forget(self, number: int) -> None:
        """Read the outputs of a visit afresh when they are asked for next."""
        self._values.pop(number, None)

    def keep_item(self, visit: int, index: int, item: Any) -> None:
        """Remember what a turn of a loop is about."""
        self._items[visit, index] = item

    def turn(self, visit: int, index: int) -> dict[str, Any]:
        """Return what a turn of a loop is about, as it flows out of the loop's body port."""
        if (visit, index) not in self._items:
            form = self._state.turn(visit, index).item
            self._items[visit, index] = self._unpack(form)
        return {"item": self._items[visit, index], "index": index}

    def input(self, cause: tuple[Token, ...], *, joins: bool = False) -> Any:
        """Return the value that came with what caused a visit; of a join, each under its node's id."""
        if not cause:
            return self.given[1]
        if joins:
            visits = self._state.visits
            return {visits[token.source].node: self._value_at(token) for token in cause}
        return self._value_at(cause[0])

    def _value_at(self, token: Token) -> Any:
        if not token.source:
            return self._closing()
        if token.scope and token.scope[-1][0] == token.source:
            return self.turn(*token.scope[-1])
        return self.value_of(token.source)

    def _closing(self) -> dict[str, Any] | None:
        closing = self._state.closing
        if closing is None:
            return None
        error = None if closing.error is None else error_value(closing.error)
        result = self._unpack(closing.result)
        return {"status": closing.status, "error": error, "result": result}

    @cached_property
    def given(self) -> tuple[Any, Any]:
        """The inputs and the payload the execution started with."""
        started = self._state.started
        if started is None:
            return {}, None
        return self._unpack(started.inputs), self._unpack(started.payload)


class Names(Values):
    """Gives expressions what they name: earlier outputs, inputs, variables, the item of a turn."""

    def __init__(
        self,
        world: World,
        state: ExecutionState,
        variables: Callable[[], ExecutionVariables],
        *,
        around: Mapping[str, frozenset[str]],
    ) -> None:
        limits = world.limits
        self.payloads = Payloads(
            world.blobs,
            inline_bytes=limits.inline_bytes,
            max_payload_bytes=limits.max_payload_bytes,
        )
        super().__init__(state, self.payloads.unpack)
        self._world = world
        self._around = around
        self._variables = variables
        self._roots: dict[str, Callable[[tuple[Token, ...]], Any]] = {
            "input": self.input,
            "inputs": lambda _cause: self.given[0],
            "nodes": lambda cause: NodesView(state, cause, self),
            "trigger": lambda _cause: self.given[1],
            "execution": lambda _cause: execution_facts(state),
            "waits": self._waits,
        }

    def _waits(self, cause: tuple[Token, ...]) -> WaitsView:
        scope: Scope = cause[0].scope if cause else ()
        addresses = self._world.addresses
        return WaitsView(self._state, scope, around=self._around, addresses=addresses)

    async def render(
        self,
        compiled: Compiled,
        cause: tuple[Token, ...],
        *,
        step: Step | None = None,
        at: int,
        more: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return `compiled` with every expression evaluated; `more` are names beside the usual ones.

        Raises:
            ExpressionError: one cannot be evaluated.
        """
        names = compiled.names
        scope: dict[str, Any] = {"now": moment(at)} if compiled.needs_now else {}
        for root in names:
            if root in self._roots:
                scope[root] = self._roots[root](cause)
        if step is not None and step.type.joins and "input" in names:
            scope["input"] = self.input(cause, joins=True)
        if cause and cause[0].scope:
            scope |= self.turn(*cause[0].scope[-1])
        if "vars" in names:
            scope["vars"] = await read_variables(compiled, self._variables())
        scope |= more or {}
        evaluator = self._world.evaluator
        rendered = evaluator.try_render(compiled, scope)
        if rendered is NEEDS_SANDBOX:
            rendered = await evaluator.render(compiled, scope)
        return rendered


class NodesView(Mapping[str, Any]):
    """`nodes.<id>`: the outputs of the latest visit of that node among the ancestors of this visit.

    Of a loop around this visit it is the `item` and `index` of the turn. The branch that always runs has
    no ancestors: it sees the last visit of each node.
    """

    def __init__(self, state: ExecutionState, cause: tuple[Token, ...], values: Values) -> None:
        self._state = state
        self._cause = cause
        self._values = values

    def __getitem__(self, node: str) -> Any:
        found = self._state.nearest(self._cause, node) or self._last(node)
        if found is None:
            raise KeyError(node)
        if found.loop is not None and (not found.is_over or found.is_seeded):
            return self._turn_of(found)
        return self._values.value_of(found.number)

    def _last(self, node: str) -> Visit | None:
        if self._state.closing is None:
            return None
        visits = (visit for visit in reversed(self._state.visits.values()) if visit.node == node)
        return next((visit for visit in visits if visit.status != "cancelled"), None)

    def _turn_of(self, loop: Visit) -> dict[str, Any]:
        scope = self._cause[0].scope if self._cause else ()
        index = next((index for visit, index in scope if visit == loop.number), None)
        if index is None:  # it goes round elsewhere, and has given nothing yet
            raise KeyError(loop.node)
        return self._values.turn(loop.number, index)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(visit.node for visit in self._state.visits.values()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def execution_facts(state: ExecutionState) -> dict[str, Any]:
    """Return what `execution` gives in an expression."""
    started, closing = state.started, state.closing
    if started is None:
        return {}
    facts = {
        "id": state.execution_id,
        "workflow_id": started.workflow_id,
        "digest": state.digest,
        "trigger": started.trigger,
        "started_at": moment(state.started_at),
        "user": started.user,
        "session": started.session,
        "chat": started.chat,
        "parent": started.parent,
        "status": "running",
        "error": None,
    }
    if closing is not None:
        facts["status"] = closing.status
        facts["error"] = None if closing.error is None else error_value(closing.error)
    return facts


def moment(at: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime in UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC)


async def read_variables(
    compiled: Compiled, variables: ExecutionVariables
) -> dict[str, dict[str, Any]]:
    """Return the variables that expressions name, by scope; others are not looked up.

    A variable that is not set is left out, so that naming it is an error unless `default()` is given.

    Raises:
        ExpressionError: the execution has none in such a scope.
    """
    found: dict[str, dict[str, Any]] = {}
    for scope, name in compiled.variables:
        try:
            value = await variables.find(scope, name)  # type: ignore[arg-type]  # the check knows the scopes
        except NodeError as error:
            raise ExpressionError(str(error), f"vars.{scope}.{name}") from error
        if value is not None:
            found.setdefault(scope, {})[name] = value
        else:
            found.setdefault(scope, {})
    return found
