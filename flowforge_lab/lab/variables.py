"""The variables of a lab that outlive executions, as a notebook asks for them and changes them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.services import LabVariables, variables_of
from flowforge_lab.values import decode
from flowforge_lab.variables import Scope

from .loop import LoopThread
from .parts import Parts

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd


_LASTING = ("project", "workflow", "user")  # others are the lab's own


class VariableCalls:
    """The calls of a lab about variables. `owner` is the workflow's id, the user's name, or a project."""

    parts: Parts
    _loop: LoopThread

    def variables(self, scope: Scope = "project", owner: str = "") -> dict[str, Any]:
        """Return the variables of a scope by name; for the scope `execution` the owner is its id."""
        if scope == "execution":
            return self._loop.run_sync(self._of_execution(owner))
        return self._loop.run_sync(self._kept_variables(scope, owner).all(scope))

    async def _of_execution(self, execution_id: str) -> dict[str, Any]:
        head = await self.parts.executions.get(execution_id)
        state = await self.parts.executions.state(head.id)
        now = self.parts.clock.stamp()
        return {
            name: decode(form)
            for name, (form, until) in sorted(state.variables.items())
            if form is not None and (until is None or until > now)
        }

    def variable_frame(self, scope: str = "", owner: str = "") -> "pd.DataFrame":
        """Return the variables of all scopes and owners that outlive executions, or of some, as a frame.

        The columns are scope, owner, name, value and expires_at (UTC).
        """
        import pandas as pd

        found = self._loop.run_sync(self.parts.store.variables.every(scope, owner))
        rows = [
            (one.scope, one.owner, one.name, decode(one.value), _moment(one.expires_at))
            for one in found
            if one.value is not None and one.scope in _LASTING
        ]
        columns = ["scope", "owner", "name", "value", "expires_at"]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)  # 15 stays 15 beside 2.5
        frame["expires_at"] = pd.to_datetime(frame["expires_at"], utc=True)
        return frame

    def set_variable(
        self,
        name: str,
        value: Any,
        *,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> None:
        """Keep a value for `ttl` seconds, or until it is changed; `None` removes it.

        Raises:
            ValueError: nothing can be called so, or live so long, or there is no such scope.
        """
        kept = self._kept_variables(scope, owner)
        changed = kept.change(scope, name, value, audit=self.parts.access.audit, ttl=ttl)
        self._loop.run_sync(changed)

    def increment_variable(
        self,
        name: str,
        by: Any = 1,
        *,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> Any:
        """Add a number in one go, whoever else does too, and return the sum; `ttl` is for a new variable.

        Raises:
            ValueError: the variable, or `by`, is no number, or as for `set_variable`; nothing was changed.
        """
        kept = self._kept_variables(scope, owner)
        return self._loop.run_sync(kept.increment(scope, name, by, ttl=ttl))

    def swap_variable(
        self,
        name: str,
        value: Any,
        *,
        expected: Any,
        scope: Scope = "project",
        owner: str = "",
        ttl: float | None = None,
    ) -> bool:
        """Keep a value only where the present one equals `expected` (`None`: there is none).

        Raises as `set_variable` does.
        """
        kept = self._kept_variables(scope, owner)
        return self._loop.run_sync(kept.swap(scope, name, value, expected=expected, ttl=ttl))

    def _kept_variables(self, scope: Scope, owner: str) -> LabVariables:
        if scope == "execution":
            msg = "the variables of an execution are its own: its steps set them"
            raise ValueError(msg)
        if scope == "project" and owner:
            self.parts.access.projects.refuse_unknown(owner)
        table = self.parts.store.variables
        return variables_of(table, self.parts.clock, scope=scope, owner=owner)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at / 1e6, UTC)
