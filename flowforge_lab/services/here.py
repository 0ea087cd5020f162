"""A place in an execution from which expressions look: what they name there, and what they give."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flowforge_lab.engine import NodesView, Values, execution_facts
from flowforge_lab.errors import ExpressionError, NotFoundError
from flowforge_lab.events import ExecutionState, Token, Visit
from flowforge_lab.expressions import Compiled, Path, Role, compile_value
from flowforge_lab.spec import Workflow

from .looking import Unpack, variables_in
from .moments import moment

_FIELD = "value"


class Here(msgspec.Struct, frozen=True):
    """Where one looks from: a node, and what came or would come to it."""

    node: str
    cause: tuple[Token, ...]


def find_here(
    state: ExecutionState, node: str, workflow: Workflow | None = None, *, visit: int | None = None
) -> Here:
    """Return the place before `node`: of one visit, of what waits there now, else of its latest visit.

    A node that did not run looks from behind those that lead to it in `workflow` and have run.

    Raises:
        NotFoundError: there is no such visit.
    """
    if visit is not None:
        if visit not in state.visits:
            msg = f"execution {state.execution_id} made no visit {visit} until then"
            raise NotFoundError(msg)
        return _before(state.visits[visit])
    waiting = tuple(token for token in state.tokens if token.target == node)
    if waiting:
        return Here(node, waiting)
    made = [one for one in state.visits.values() if one.node == node]
    if made:
        return _before(made[-1])
    return Here(node, tuple(_would_come(state, node, workflow)))


def _before(visit: Visit) -> Here:
    return Here(visit.node, visit.cause)


def _would_come(state: ExecutionState, node: str, workflow: Workflow | None) -> Iterator[Token]:
    latest = {visit.node: visit for visit in state.visits.values()}
    for edge in () if workflow is None else workflow.edges():
        source = latest.get(edge.source)
        if edge.target == node and source is not None:
            yield Token(source.number, edge.from_port, node, edge.to_port, source.scope)


def scope_of(state: ExecutionState, here: Here, unpack: Unpack) -> dict[str, Any]:
    """Return what expressions can name from a place. Variables are those of the execution alone."""
    values = Values(state, unpack)
    inputs, payload = values.given
    scope: dict[str, Any] = {
        "nodes": NodesView(state, here.cause, values),
        "inputs": inputs,
        "trigger": payload,
        "input": values.input(here.cause, joins=len(here.cause) > 1),
        "vars": {"execution": variables_in(state)},
        "execution": execution_facts(state),
        "now": moment(state.last_at),
        "waits": {},
    }
    if here.cause and here.cause[0].scope:
        scope |= values.turn(*here.cause[0].scope[-1])
    return scope


def _template(_path: Path) -> Role:
    return "template"


def _expression(path: Path) -> Role:
    return "expression" if path else "template"


def compile_text(text: str, *, is_template: bool = False) -> Compiled:
    """Return an expression, or a text with expressions in braces, ready to be evaluated.

    Raises:
        ExpressionError: it cannot be read; it says at which character.
    """
    compiled = compile_value({_FIELD: text}, role_of=_template if is_template else _expression)
    for _path, error in compiled.problems:
        raise error
    return compiled


def evaluate_here(
    text: str, state: ExecutionState, here: Here, *, unpack: Unpack, render: Any, **how: bool
) -> Any:
    """Return what `text` gives from a place; `render(compiled, scope)` evaluates.

    Raises:
        ExpressionError: it is none, or what it names is not there.
    """
    compiled = compile_text(text, **how)
    rendered = render(compiled, scope_of(state, here, unpack))
    if not isinstance(rendered, Mapping):
        msg = "the expression gave nothing"
        raise ExpressionError(msg, text, 0)
    return rendered[_FIELD]
