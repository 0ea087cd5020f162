"""Secrets in the key ring of the operating system."""

import json
from pathlib import Path

from flowforge_lab.errors import SettingsError, StoreUnavailableError

from .whole_files import alone_in

SERVICE = "flowforge-lab"
_INDEX = "names of all secrets"  # no secret can be called so: a key ring cannot list what is in it


class KeyRing:
    """Implements `Keeper` by the library `keyring`; `folder` is the lab's `.flowforge`.

    All labs of a user share what is in it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import keyring
        except ImportError as error:
            msg = "secrets_kept = 'keyring' needs the library keyring: pip install flowforge-lab[keyring]"
            raise SettingsError(msg) from error
        self._library = keyring
        self._folder = folder

    def find(self, name: str) -> str | None:
        """Return a value, or `None` where there is none."""
        try:
            return self._library.get_password(SERVICE, name)
        except self._library.errors.KeyringError as error:
            raise _out_of_reach(error) from error

    def names(self) -> list[str]:
        """Return the names of what was set by us."""
        return sorted(json.loads(self.find(_INDEX) or "[]"))

    def set(self, name: str, value: str) -> None:
        """Keep a value, and its name."""
        try:
            with alone_in(self._folder):
                self._library.set_password(SERVICE, name, value)
                self._note([*self.names(), name])
        except self._library.errors.KeyringError as error:
            raise _out_of_reach(error) from error

    def remove(self, name: str) -> None:
        """Take a value away, and its name."""
        try:
            with alone_in(self._folder):
                self._note([known for known in self.names() if known != name])
                if self.find(name) is not None:
                    self._library.delete_password(SERVICE, name)
        except self._library.errors.KeyringError as error:
            raise _out_of_reach(error) from error

    def _note(self, names: list[str]) -> None:
        self._library.set_password(SERVICE, _INDEX, json.dumps(sorted(set(names))))


def _out_of_reach(error: Exception) -> StoreUnavailableError:
    msg = f"the key ring cannot be used: {str(error) or type(error).__name__}"
    return StoreUnavailableError(msg)
