"""Variables that outlive an execution, by scope and owner, each with its time to live."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ValueTooLargeError

from .reading import Reader
from .records import Variable
from .units import once_unit
from .writing import Writer


class VariableTable:
    """Values in journal form, as `values.encode` gives them; an expired one is not there."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def find(self, scope: str, owner: str, name: str) -> Variable | None:
        """Return the variable, if it is there."""
        params = {"scope": scope, "owner": owner, "name": name, "now": self._now()}
        rows = await self._reader.fetch("find_variable", params, kind=list[list[Any]])
        return _variable(rows[0]) if rows else None

    async def all(self, scope: str, owner: str) -> list[Variable]:
        """Return the variables of one owner, by name."""
        params = {"scope": scope, "owner": owner, "now": self._now()}
        rows = await self._reader.fetch("list_variables", params, kind=list[list[Any]])
        return [_variable(row) for row in rows]

    async def set(self, variable: Variable) -> None:
        """Store the value; the last one to set it wins. The value `None` removes it."""
        if variable.value is None:
            await self.remove(variable.scope, variable.owner, variable.name)
            return
        with _named(variable):
            await self._writer.do("set_variable", **_params(variable))

    async def every(self, scope: str = "", owner: str = "") -> list[Variable]:
        """Return the variables of all scopes and owners, or of one, in that order, then by name."""
        params = {"scope": scope, "owner": owner, "now": self._now()}
        rows = await self._reader.fetch("every_variable", params, kind=list[list[Any]])
        return [_variable(row) for row in rows]

    async def swap(self, variable: Variable, *, expected: Any, unit: str = "") -> bool:
        """Store the value only where the stored one equals `expected` (`None`: there is none).

        The same `unit` within the hour is done once and gives its answer again.
        """
        params = _params(variable) | {"expected": _text(expected), "now": self._now()}
        with _named(variable):
            found = await self._writer.submit(once_unit("do", "swap_variable", params, unit=unit))
        return bool(found)

    async def increment(
        self,
        place: tuple[str, str, str],
        *,
        by: Any = 1,
        expires_at: int | None = None,
        unit: str = "",
    ) -> Any:
        """Add a number to the stored one in one go, whoever else does too, and return the sum.

        Whole numbers and decimals are added exactly; where one side is a decimal the sum is one. A
        variable that is not there counts as 0 and gets `expires_at`; one that is keeps its own. `place` is
        scope, owner and name; the same `unit` within the hour is done once and gives its answer again.

        Raises:
            StoreError: one of the two is no number; nothing was changed.
        """
        scope, owner, name = place
        params = {"scope": scope, "owner": owner, "name": name, "expires_at": expires_at}
        params |= {"by": _text(by), "now": self._now()}
        found = await self._writer.submit(once_unit("increment", params, unit=unit))
        return msgspec.json.decode(found)

    async def remove(self, scope: str, owner: str, name: str) -> bool:
        """Remove a variable; false if there was none."""
        return bool(await self._writer.do("remove_variable", scope=scope, owner=owner, name=name))

    async def expire(self) -> int:
        """Delete what is past its time and return how many that were."""
        return len(await self._writer.do("expire_variables", now=self._now()))

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1_000_000)


@contextmanager
def _named(variable: Variable) -> Iterator[None]:
    """Say which variable it is whose value is too large."""
    try:
        yield
    except ValueTooLargeError as error:
        msg = f"the variable {variable.name!r} is too large: {error}"
        raise ValueTooLargeError(msg) from error


def _params(variable: Variable) -> dict[str, Any]:
    return {
        "scope": variable.scope,
        "owner": variable.owner,
        "name": variable.name,
        "value": _text(variable.value),
        "expires_at": variable.expires_at,
    }


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _variable(row: list[Any]) -> Variable:
    scope, owner, name, value, expires_at = row
    return Variable(scope, owner, name, msgspec.json.decode(value), expires_at)
