"""Secrets in a rendered config: a stand-in until the very last moment."""

from collections.abc import Callable
from typing import Any


class SecretRef(str):
    """The text `{{ secrets.<name> }}`, which stands where a secret will be.

    It is journaled and shown as that text. `fill_secrets` puts the value there.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name of the secret."""
        return self.strip("{} ").removeprefix("secrets.")


def fill_secrets(value: Any, get: Callable[[str], str]) -> Any:
    """Return a rendered value with each `SecretRef` in it replaced by `get(name)`."""
    if isinstance(value, SecretRef):
        return get(value.name)
    if type(value) is dict:
        return {key: fill_secrets(item, get) for key, item in value.items()}
    if type(value) is list:
        return [fill_secrets(item, get) for item in value]
    return value
