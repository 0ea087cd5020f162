"""Rendering: a compiled config and a scope give the values that a node is called with."""

from typing import Any, Final

from flowforge_lab.errors import ExpressionError

from .compiled import Compiled, Field, dotted, room_for_texts
from .limits import Limits
from .lookup import Scope
from .operations import NeedsSandbox
from .sandbox import Sandbox
from .template import in_field


class _Marker:
    def __repr__(self) -> str:
        return "NEEDS_SANDBOX"


NEEDS_SANDBOX: Final = _Marker()
"""What `try_render` returns where only `render` can answer."""


class Evaluator:
    """Renders compiled configs; one per event loop. Close it: it may own worker processes.

    A scope maps the roots to their values: `input`, `nodes` (by id, of those that ran), `trigger`,
    `inputs`, `vars` (by scope, then name), `execution`, `item` and `index` in a loop, and `now`, the
    datetime that `now()` gives. Values are handed on by reference where an expression is a mere path.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._sandbox = Sandbox(limits or Limits())

    def try_render(self, compiled: Compiled, scope: Scope) -> Any:
        """Return the rendered config, or `NEEDS_SANDBOX`; never waits.

        Raises:
            ExpressionError: an expression failed; it says in which field and where.
        """
        values = []
        for field in compiled.fields:
            quick = field.slot.expression.quick
            if quick is None:
                return NEEDS_SANDBOX
            try:
                values.append(quick(scope))
            except NeedsSandbox:
                return NEEDS_SANDBOX
            except ExpressionError as error:
                raise _located(error, field) from None
        return compiled.build(values, room_for_texts())

    async def render(self, compiled: Compiled, scope: Scope) -> Any:
        """Return the rendered config; all expressions that need the sandbox go there together.

        May be cancelled.

        Raises:
            ExpressionError: an expression failed, or took too much time or memory.
        """
        values: list[Any] = []
        waiting: list[int] = []
        for index, field in enumerate(compiled.fields):
            values.append(_evaluate(field, scope))
            if values[-1] is NEEDS_SANDBOX:
                waiting.append(index)
        if waiting:
            fields = [compiled.fields[index] for index in waiting]
            found = await self._sandbox.evaluate(fields, scope)
            for index, value in zip(waiting, found, strict=True):
                values[index] = value
        return compiled.build(values, room_for_texts())

    async def close(self) -> None:
        """End the worker processes; may be called twice, and before anything was rendered."""
        await self._sandbox.close()


def _evaluate(field: Field, scope: Scope) -> Any:
    quick = field.slot.expression.quick
    if quick is None:
        return NEEDS_SANDBOX
    try:
        return quick(scope)
    except NeedsSandbox:
        return NEEDS_SANDBOX
    except ExpressionError as error:
        raise _located(error, field) from None


def _located(error: ExpressionError, field: Field) -> ExpressionError:
    located = in_field(error, field.source, field.slot.start)
    located.field = dotted(field.path)
    return located
