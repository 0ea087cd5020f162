"""What a node may ask about variables."""

from typing import Any, Literal, Protocol

Scope = Literal["execution", "workflow", "user", "project"]
VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""How a variable may be called, so that expressions can name it."""


class Variables(Protocol):
    """Values that outlive a step, as `normalise` gives them; one whose time to live is over is not there.

    A `unit` names one change: seen again within the hour it changes nothing and gives the first answer
    again. What a node changes has a unit without its doing.
    """

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none."""

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        """Store the value for `ttl` seconds, or until it is changed. `None` removes it."""

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

        A variable that is not there counts as 0 and lives for `ttl` seconds; one that is there keeps its
        time to live.

        Raises:
            ValueError: one of the two is no number; nothing was changed.
        """

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
        """Store the value only where the present one equals `expected` (`None`: there is none)."""


class Keeper(Protocol):
    """Where the secrets of a lab are kept, beside the environment.

    Every method raises `SettingsError` where what unlocks them is missing or wrong, and `StoreError`
    where they are damaged or out of reach; nothing is changed then.
    """

    def find(self, name: str) -> str | None:
        """Return the value of a secret, or `None` where there is none of that name."""

    def names(self) -> list[str]:
        """Return the names of all, sorted."""

    def set(self, name: str, value: str) -> None:
        """Keep a secret under a name, in the place of the one before."""

    def remove(self, name: str) -> None:
        """Take a secret away; nothing happens where there is none."""
