"""Secrets of a lab: from the environment first, else from whoever keeps them."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.spec import did_you_mean

from .ports import Keeper

PREFIX = "FLOWFORGE_SECRET_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYS_TO_ALL = ("FLOWFORGE_SECRETS_", "FLOWFORGE_VAULT_TOKEN", "VAULT_TOKEN")


Noted = Callable[[str, str], None]
"""Told what was done, and to which secret."""


class Secrets:
    """The secrets of the lab whose `.flowforge` is `folder`; read anew each time, shown nowhere.

    A name is letters, digits and underscores; its case does not matter in the environment. Without a
    `keeper` they lie encrypted in a file of the folder. `noted` is told of each change.
    """

    def __init__(
        self, folder: Path, keeper: Keeper | None = None, *, noted: Noted | None = None
    ) -> None:
        self._folder = folder
        self._noted = noted or _unnoted
        self._own: Keeper | None = keeper
        self._given: frozenset[str] = frozenset()

    @property
    def given(self) -> frozenset[str]:
        """The values handed out so far: what must be redacted wherever it could show up."""
        return self._given

    def __repr__(self) -> str:
        return f"Secrets({self._folder})"

    @property
    def _keeper(self) -> Keeper:
        if self._own is None:
            from .secret_file import SecretFile  # brings cryptography, which many labs never need

            self._own = SecretFile(self._folder)
        return self._own

    def get(self, name: str) -> str:
        """Return the value of a secret.

        Raises:
            NotFoundError: neither the environment nor the keeper has it; the text says how to set it.
            SettingsError: what unlocks it is missing or wrong.
            StoreError: the keeper is damaged or out of reach.
        """
        value = os.environ.get(_variable(name))
        if value is None:
            value = self._keeper.find(name)
        if value is None:
            raise NotFoundError(_missing(name, [*self._keeper.names(), *_names_told()]))
        self._given |= {value}
        return value

    def names(self) -> list[str]:
        """Return the names of all secrets, sorted; those only in the environment are in lower case."""
        kept = self._keeper.names()
        variables = {_variable(name) for name in kept}
        told = (name for name in _names_told() if _variable(name) not in variables)
        return sorted([*kept, *told])

    def set(self, name: str, value: str) -> None:
        """Keep a secret; the lab's folder has to exist.

        Raises:
            ValueError: `name` cannot be the name of a secret, or `value` is empty.
            SettingsError: what unlocks the others is missing or wrong; nothing was changed.
            StoreError: it cannot be read or written; nothing was changed.
        """
        if not _NAME.fullmatch(name):
            msg = f"the name of a secret is letters, digits and underscores, found {name!r}"
            raise ValueError(msg)
        if not value or any("\ud800" <= char <= "\udfff" for char in value):
            msg = f"secret {name!r}: expected text that is not empty and can be written as UTF-8"
            raise ValueError(msg)
        self._keeper.set(name, value)
        self._noted("secret.set", name)

    def remove(self, name: str) -> None:
        """Take a secret away from its keeper; one in the environment stays.

        Raises:
            NotFoundError: the keeper has no such secret.
            SettingsError, StoreError: as for `set`.
        """
        kept = self._keeper.names()
        if name not in kept:
            raise NotFoundError(_missing(name, kept))
        self._keeper.remove(name)
        self._noted("secret.removed", name)

    def rotate(self, *, forgets: bool = False) -> str:
        """Encrypt all secrets of the lab's file with a new key, and return what locks them now.

        It is the passphrase if one is set, else a new key in the key file; with `forgets` the older keys
        are taken out of that file.

        Raises:
            SettingsError: they are kept elsewhere, or the present key is not at hand.
            StoreError: they cannot be read or written; nothing was changed.
        """
        from .secret_file import SecretFile

        keeper = self._keeper
        if not isinstance(keeper, SecretFile):
            msg = "these secrets are not in the lab's file: rotate the key where they are kept"
            raise SettingsError(msg)
        kind = keeper.rotate(forgets=forgets).kind
        self._noted("secret.rotated", kind)
        return kind


def _unnoted(_action: str, _name: str) -> None:
    """Tell nobody."""


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for foreign code: without the variables that hold or unlock secrets."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith((PREFIX, *_KEYS_TO_ALL))
    }


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _names_told() -> list[str]:
    return [key.removeprefix(PREFIX).lower() for key in os.environ if key.startswith(PREFIX)]


def _missing(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, known)
    ways = f"set it with `flowforge secrets set {name}` or {_variable(name)}"
    return f"there is no secret {name!r}; {near + ' Else ' if near else ''}{ways}"
