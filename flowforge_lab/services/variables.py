"""Variables that outlive an execution, as a node of one workflow sees them."""

import re
from datetime import timedelta
from typing import Any

from flowforge_lab.access import DEFAULT, Audit, Projects
from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError, StoreError
from flowforge_lab.store import Variable, VariableTable
from flowforge_lab.values import decode, encode, normalise, parse_duration
from flowforge_lab.variables import VARIABLE_NAME, Scope

from .moments import microseconds

_SCOPES = ("project", "workflow", "user")
_OWNED = {"workflow": "the id of the workflow", "user": "the name of the user"}


def variables_of(table: VariableTable, clock: Clock, *, scope: str, owner: str) -> "LabVariables":
    """Return the variables of an owner, as somebody outside of executions names them.

    Raises:
        ValueError: there is no such scope, or it needs an owner; that of projects is the default one where
            none is named.
    """
    check_owner(scope, owner)
    owners = {name: owner if name == scope else "" for name in ("workflow", "user", "project")}
    return LabVariables(
        table,
        clock,
        workflow_id=owners["workflow"],
        user=owners["user"],
        project=owners["project"],
    )


class VariablesFor:
    """Gives nodes the variables that they may see: of their workflow, its project, and the user."""

    def __init__(self, table: VariableTable, clock: Clock, projects: Projects) -> None:
        self._table = table
        self._clock = clock
        self._projects = projects

    def __call__(self, workflow_id: str, user: str) -> "LabVariables":
        """Return the variables as a workflow sees them that runs for a user."""
        project = self._projects.of(workflow_id)
        owners = {"workflow_id": workflow_id, "user": user, "project": project}
        return LabVariables(self._table, self._clock, **owners)


def check_owner(scope: str, owner: str) -> None:
    """Raise a `ValueError` that says so where there is no such scope, or it needs an owner and has none."""
    if scope not in _SCOPES:
        msg = f"expected one of the scopes {', '.join(_SCOPES)}, found {scope!r}"
        raise ValueError(msg)
    if scope in _OWNED and not owner:
        msg = f"whose? a variable of the scope {scope!r} needs an owner: {_OWNED[scope]}"
        raise ValueError(msg)


class LabVariables:
    """Implements `variables.Variables` for one workflow, user and project.

    The execution's scope is the engine's. The variables of the project `default` are kept without an owner.
    """

    def __init__(  # a table, and who it is asked for
        self,
        table: VariableTable,
        clock: Clock,
        *,
        workflow_id: str,
        user: str,
        project: str = DEFAULT,
    ) -> None:
        self._table = table
        self._clock = clock
        owner = "" if project == DEFAULT else project
        self._owners = {"workflow": workflow_id, "user": user, "project": owner}

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        found = await self._table.find(scope, self._owner(scope), name)
        return None if found is None else decode(found.value)

    async def all(self, scope: Scope) -> dict[str, Any]:
        """Return the values of a scope by name."""
        found = await self._table.all(scope, self._owner(scope))
        values = {variable.name: decode(variable.value) for variable in found}
        return {name: value for name, value in values.items() if value is not None}

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value for `ttl` seconds, or until it is changed; `None` removes it.

        Raises:
            ValueError: nothing can be called so, or live so long.
        """
        await self._table.set(self._variable(scope, name, value, ttl=ttl))

    async def increment(
        self,
        scope: Scope,
        name: str,
        by: Any = 1,
        *,
        ttl: float | None = None,
        unit: str = "",
    ) -> Any:
        """Add a number in one go, whoever else does too, and return the sum.

        Raises:
            ValueError: one of the two is no number, or as for `set`; nothing was changed.
        """
        refuse_name(name)
        place = (scope, self._owner(scope), name)
        form, until = encode(normalise(by)), self._until(ttl)
        try:
            found = await self._table.increment(place, by=form, expires_at=until, unit=unit)
        except StoreError as error:
            if type(error) is not StoreError:  # the store itself is in trouble
                raise
            raise ValueError(str(error)) from error
        return decode(found)

    async def swap(
        self,
        scope: Scope,
        name: str,
        value: Any,
        *,
        expected: Any,
        ttl: float | None = None,
        unit: str = "",
    ) -> bool:
        """Store the value only where the present one equals `expected` (`None`: there is none).

        Raises as `set` does.
        """
        variable = self._variable(scope, name, value, ttl=ttl)
        form = encode(normalise(expected))
        return await self._table.swap(variable, expected=form, unit=unit)

    async def change(
        self, scope: Scope, name: str, value: Any, *, audit: Audit, ttl: float | None = None
    ) -> None:
        """Store the value as `set` does, for a person: the log of changes says so."""
        before = await self.find(scope, name)
        await self.set(scope, name, value, ttl=ttl)
        target = "/".join(filter(None, (scope, self._owner(scope), name)))
        action = "variable.set" if value is not None else "variable.removed"
        await audit.note(action, target, before=encode(before), after=encode(normalise(value)))

    def _variable(self, scope: Scope, name: str, value: Any, *, ttl: float | None) -> Variable:
        form = encode(normalise(value))
        if form is not None:  # what is there already is removed, whatever it is called
            refuse_name(name)
        return Variable(scope, self._owner(scope), name, form, self._until(ttl))

    def _owner(self, scope: Scope) -> str:
        """Return whose variables a scope means.

        Raises:
            NodeError: it is that of the user, and there is none: all who run for nobody would share it.
        """
        owner = self._owners[scope]
        if scope == "user" and not owner:
            raise NodeError(
                "this execution has no user, and so no variables of a user",
                type="variable.no_user",
                detail="start it for one (`--user NAME`, `user=`), or take another scope",
                is_transient=False,
            )
        return owner

    def _until(self, ttl: float | None) -> int | None:
        if ttl is None:
            return None
        try:
            return microseconds(self._clock.now() + timedelta(seconds=parse_duration(ttl)))
        except ValueError as error:
            msg = f"ttl: {error}"
            raise ValueError(msg) from error


def refuse_name(name: str) -> None:
    """Raise a `ValueError` if an expression could not name a variable so."""
    if not re.fullmatch(VARIABLE_NAME, name):
        msg = (
            "a name is letters, digits and underscores, and does not begin with a digit;"
            f" found {name!r}"
        )
        raise ValueError(msg)
