"""Variables that outlive an execution, as a node of one workflow sees them."""

from datetime import timedelta
from typing import Any

from flowforge_lab.clock import Clock
from flowforge_lab.store import Variable, VariableTable
from flowforge_lab.values import decode, encode, normalise
from flowforge_lab.variables import Scope

from .moments import microseconds


class LabVariables:
    """Implements `variables.Variables` for one workflow and user; the execution's scope is the engine's."""

    def __init__(self, table: VariableTable, clock: Clock, *, workflow_id: str, user: str) -> None:
        self._table = table
        self._clock = clock
        self._owners = {"workflow": workflow_id, "user": user, "project": ""}

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        found = await self._table.find(scope, self._owners[scope], name)
        return None if found is None else decode(found.value)

    async def all(self, scope: Scope) -> dict[str, Any]:
        """Return the values of a scope by name."""
        found = await self._table.all(scope, self._owners[scope])
        return {variable.name: decode(variable.value) for variable in found}

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value for `ttl` seconds, or until it is changed; `None` removes it."""
        until = None
        if ttl is not None:
            until = microseconds(self._clock.now() + timedelta(seconds=ttl))
        form = encode(normalise(value))
        await self._table.set(Variable(scope, self._owners[scope], name, form, until))
