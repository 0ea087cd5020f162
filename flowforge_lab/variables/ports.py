"""What a node may ask about variables."""

from typing import Any, Literal, Protocol

Scope = Literal["execution", "workflow", "user", "project"]


class Variables(Protocol):
    """Values that outlive a step, as `normalise` gives them; one whose time to live is over is not there."""

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none."""

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value for `ttl` seconds, or until it is changed. `None` removes it."""
