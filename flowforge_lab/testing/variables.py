"""Variables that live as long as the test does."""

from typing import Any

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.variables import Scope


class MemoryVariables:
    """Variables of one process, by scope and name, with their time to live."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._values: dict[tuple[Scope, str], tuple[Any, float | None]] = {}

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none or its time is over."""
        value, ends_at = self._values.get((scope, name), (None, None))
        return value if ends_at is None or self._clock.monotonic() < ends_at else None

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Keep the value for `ttl` seconds, or until it is changed; `None` removes it."""
        ends_at = None if ttl is None else self._clock.monotonic() + ttl
        self._values[scope, name] = (value, ends_at)
