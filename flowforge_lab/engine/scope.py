"""What the expressions of one visit can name."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from flowforge_lab.events import ExecutionState, Token
from flowforge_lab.plan import Step
from flowforge_lab.variables import Variables

ValueOf = Callable[[int], Any]


class NodesView(Mapping[str, Any]):
    """`nodes.<id>`: the outputs of the latest visit of that node among the ancestors of this visit."""

    def __init__(self, state: ExecutionState, cause: tuple[Token, ...], value_of: ValueOf) -> None:
        self._state = state
        self._cause = cause
        self._value_of = value_of

    def __getitem__(self, node: str) -> Any:
        found = self._state.nearest(self._cause, node)
        if found is None:
            raise KeyError(node)
        return self._value_of(found.number)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(visit.node for visit in self._state.visits.values()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def execution_facts(state: ExecutionState) -> dict[str, Any]:
    """Return what `execution` gives in an expression."""
    started = state.started
    if started is None:
        return {}
    return {
        "id": state.execution_id,
        "workflow_id": started.workflow_id,
        "digest": started.digest,
        "trigger": started.trigger,
        "started_at": moment(state.started_at),
        "user": started.user,
        "session": started.session,
        "chat": started.chat,
    }


def moment(at: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime in UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC)


async def read_variables(step: Step, variables: Variables) -> dict[str, dict[str, Any]]:
    """Return the variables that the expressions of `step` name, by scope; others are not looked up.

    A variable that is not set is left out, so that naming it is an error unless `default()` is given.
    """
    found: dict[str, dict[str, Any]] = {}
    for scope, name in step.variables:
        value = await variables.find(scope, name)  # type: ignore[arg-type]  # the check knows the scopes
        if value is not None:
            found.setdefault(scope, {})[name] = value
        else:
            found.setdefault(scope, {})
    return found
