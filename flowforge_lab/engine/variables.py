"""Variables as a step sees them: those of the execution live in its events, the rest outside."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flowforge_lab.events import VariableSet, Visit
from flowforge_lab.values import decode, encode, normalise
from flowforge_lab.variables import Scope, Variables, add

from .chronicle import Chronicle, microseconds


class ExecutionVariables:
    """The variables of one execution, and those outside of it; `clean` hides secrets in a value."""

    def __init__(
        self,
        chronicle: Chronicle,
        outer: Variables,
        now: Callable[[], datetime],
        *,
        clean: Callable[[Any], Any],
    ) -> None:
        self._chronicle = chronicle
        self.outer = outer
        self._now = now
        self.clean = clean

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        return await self.outer.find(scope, name) if scope != "execution" else self.own(name)

    def own(self, name: str) -> Any:
        """Return the value of a variable of the execution, or `None`."""
        form, expires_at = self._chronicle.state.variables.get(name, (None, None))
        if expires_at is not None and expires_at <= microseconds(self._now()):
            return None
        return decode(form)

    def put(
        self, name: str, value: Any, *, ttl: float | None, visit: int = 0, change: int = 0
    ) -> None:
        """Store a value of the execution: that is an event."""
        until = None if ttl is None else microseconds(self._now() + timedelta(seconds=ttl))
        self.put_until(name, value, until=until, visit=visit, change=change)

    def put_until(
        self, name: str, value: Any, *, until: int | None, visit: int, change: int
    ) -> None:
        """Store a value of the execution that lives until a time (microseconds, UTC)."""
        form = encode(normalise(value))
        self._chronicle.note(VariableSet(name, form, visit, until, change))

    def ends_at(self, name: str) -> int | None:
        """Return until when a variable of the execution lives, `None` where it has no end."""
        return self._chronicle.state.variables.get(name, (None, None))[1]


class AttemptVariables:
    """Implements `variables.Variables` for one attempt.

    What it adds or swaps is counted, so that the same visit, called again after a crash or an error, does
    none of it twice. `key` gives the idempotency key of the visit.
    """

    def __init__(
        self, variables: ExecutionVariables, visit: Visit, *, key: Callable[[], str]
    ) -> None:
        self._variables = variables
        self._visit = visit
        self._key = key
        self._changes = 0

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        return await self._variables.find(scope, name)

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value, without the secrets in it."""
        value = self._variables.clean(value)
        if scope == "execution":
            self._variables.put(name, value, ttl=ttl)
        else:
            await self._variables.outer.set(scope, name, value, ttl=ttl)

    async def increment(
        self,
        scope: Scope,
        name: str,
        by: Any = 1,
        *,
        ttl: float | None = None,
        unit: str = "",
    ) -> Any:
        """Add a number in one go and return the sum."""
        unit = unit or self._next_unit()
        if scope != "execution":
            return await self._variables.outer.increment(scope, name, by, ttl=ttl, unit=unit)
        if self._changes in self._visit.changes:
            return decode(self._visit.changes[self._changes])
        before = self._variables.own(name)
        total = add(0 if before is None else before, by)
        facts = {"visit": self._visit.number, "change": self._changes}
        if before is None:
            self._variables.put(name, total, ttl=ttl, **facts)
        else:
            until = self._variables.ends_at(name)
            self._variables.put_until(name, total, until=until, **facts)
        return total

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
        """Store the value only where the present one equals `expected`."""
        unit = unit or self._next_unit()
        value, expected = self._variables.clean((value, expected))
        if scope != "execution":
            return await self._variables.outer.swap(
                scope, name, value, expected=expected, ttl=ttl, unit=unit
            )
        if self._changes in self._visit.changes:
            return True
        if not _same(self._variables.own(name), expected):
            return False
        visit, change = self._visit.number, self._changes
        self._variables.put(name, value, ttl=ttl, visit=visit, change=change)
        return True

    def _next_unit(self) -> str:
        """Return the name of the next change of this visit, the same in every attempt."""
        self._changes += 1
        return f"{self._key()}#{self._changes}"


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one in the journal: 1 is neither `true` nor 1.0."""
    texts = (json.dumps(encode(normalise(value)), sort_keys=True) for value in (one, other))
    return next(texts) == next(texts)
