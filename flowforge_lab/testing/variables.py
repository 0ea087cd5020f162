"""Variables that live as long as the test does."""

from typing import Any

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.variables import Scope, add


class MemoryVariables:
    """Variables of one process, by scope and name, with their time to live."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._values: dict[tuple[Scope, str], tuple[Any, float | None]] = {}
        self._done: dict[str, Any] = {}

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        value, ends_at = self._values.get((scope, name), (None, None))
        return value if ends_at is None or self._clock.monotonic() < ends_at else None

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Keep the value for `ttl` seconds, or until it is changed; `None` removes it."""
        ends_at = None if ttl is None else self._clock.monotonic() + ttl
        self._values[scope, name] = (value, ends_at)

    async def increment(
        self,
        scope: Scope,
        name: str,
        by: Any = 1,
        *,
        ttl: float | None = None,
        unit: str = "",
    ) -> Any:
        """Add a number in one go and return the sum; the same unit again gives the first answer."""
        if unit and unit in self._done:
            return self._done[unit]
        before = await self.find(scope, name)
        total = self._done[unit] = add(0 if before is None else before, by)
        if before is None:
            await self.set(scope, name, total, ttl=ttl)
        else:
            self._values[scope, name] = (total, self._values[scope, name][1])
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
        """Keep the value only where the present one equals `expected`."""
        if unit and unit in self._done:
            return True
        is_as_expected: bool = await self.find(scope, name) == expected
        if is_as_expected:
            self._done[unit] = True
            await self.set(scope, name, value, ttl=ttl)
        return is_as_expected
