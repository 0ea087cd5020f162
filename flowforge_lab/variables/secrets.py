"""Secrets by name: from the environment first, then from the lab's own file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.spec import did_you_mean

from .secret_file import alone, read_secrets, write_secrets

PREFIX = "FLOWFORGE_SECRET_"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_Stamp = tuple[int, int, int, int] | None


class Secrets:
    """The secrets of one lab. `folder` is its `.flowforge` folder; changes by others are seen at once.

    The environment variable of `api_token` is `FLOWFORGE_SECRET_API_TOKEN`; an empty one does not count.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._path = folder / "secrets.toml"
        self._environment = os.environ if environment is None else environment
        self._read_at: _Stamp = None
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str:
        """Return the value.

        Raises:
            NotFoundError: there is no such secret; the text says how to set it.
            SettingsError: the file of secrets cannot be used.
        """
        value = self._environment.get(PREFIX + name.upper()) or self._stored().get(name)
        if value is not None:
            return value
        near = did_you_mean(name, self.names())
        hint = f"{near} If not, " if near else ""
        how = f"flowforge secrets set {name} (or the variable {PREFIX}{name.upper()})"
        msg = f"no secret {name!r}; {hint}set it: {how}"
        raise NotFoundError(msg)

    def names(self) -> list[str]:
        """Return the names of all secrets, sorted."""
        return sorted({*self._given(), *self._stored()})

    def set(self, name: str, value: str) -> None:
        """Keep a secret in the file; one in the environment still goes first.

        Raises:
            SettingsError: the name or the value cannot be kept, or the file cannot be used.
        """
        _check(name, value)
        with alone(self._path):
            write_secrets(self._path, {**read_secrets(self._path), name: value})

    def remove(self, name: str) -> None:
        """Take a secret out of the file.

        Raises:
            NotFoundError: the file has no such secret.
        """
        with alone(self._path):
            stored = read_secrets(self._path)
            if name not in stored:
                where = "only in the environment" if name in self._given() else "not there"
                msg = f"the secret {name!r} is {where}: nothing to remove"
                raise NotFoundError(msg)
            del stored[name]
            write_secrets(self._path, stored)

    def values(self) -> frozenset[str]:
        """Return all values that are known, to be redacted wherever something is shown or kept."""
        return frozenset({*self._given().values(), *self._stored().values()})

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self.names())})"

    def _given(self) -> dict[str, str]:
        return {
            key.removeprefix(PREFIX).lower(): value
            for key, value in self._environment.items()
            if key.startswith(PREFIX) and value
        }

    def _stored(self) -> dict[str, str]:
        stamp = _stamp(self._path)
        if stamp != self._read_at:
            self._kept = read_secrets(self._path)
            self._read_at = stamp
        return self._kept


def _stamp(path: Path) -> _Stamp:
    """Return what changes whenever the file does, its mode included; `None` if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size, found.st_ctime_ns


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name):
        msg = (
            f"a secret's name is made of a-z, 0-9 and _, and starts with a letter; found {name!r}"
        )
        raise SettingsError(msg)
    if not value:
        msg = f"the value of the secret {name!r} is empty; to take it away: flowforge secrets remove {name}"
        raise SettingsError(msg)
    try:
        value.encode()
    except UnicodeEncodeError:
        msg = f"the value of the secret {name!r} is not valid text"
        raise SettingsError(msg) from None
