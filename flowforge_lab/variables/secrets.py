"""Secrets of a lab: from the environment first, else from a file that only its owner may read."""

import os
import re
import stat
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.spec import did_you_mean

if sys.platform != "win32":
    import fcntl

FILE = "secrets.toml"
PREFIX = "FLOWFORGE_SECRET_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Secrets:
    """The secrets of the lab whose `.flowforge` is `folder`; read anew each time, shown nowhere.

    A name is letters, digits and underscores; its case does not matter in the environment.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._given: frozenset[str] = frozenset()

    @property
    def given(self) -> frozenset[str]:
        """The values handed out so far: what must be redacted wherever it could show up."""
        return self._given

    def __repr__(self) -> str:
        return f"Secrets({self._path})"

    def get(self, name: str) -> str:
        """Return the value of a secret.

        Raises:
            NotFoundError: neither the environment nor the file has it; the text says how to set it.
            SettingsError: the file cannot be read, or others than its owner may read it.
        """
        value = os.environ.get(_variable(name))
        if value is None:
            kept = self._read()
            if name not in kept:
                raise NotFoundError(_missing(name, [*kept, *_names_told()]))
            value = kept[name]
        self._given |= {value}
        return value

    def names(self) -> list[str]:
        """Return the names of all secrets, sorted; those only in the environment are in lower case."""
        kept = self._read()
        variables = {_variable(name) for name in kept}
        told = (name for name in _names_told() if _variable(name) not in variables)
        return sorted([*kept, *told])

    def set(self, name: str, value: str) -> None:
        """Keep a secret in the file, which is made where it is missing; the folder has to exist.

        Raises:
            ValueError: `name` cannot be the name of a secret, or `value` is empty.
            SettingsError: the file cannot be read or written; it is as it was.
        """
        if not _NAME.fullmatch(name):
            msg = f"the name of a secret is letters, digits and underscores, found {name!r}"
            raise ValueError(msg)
        if not value or any("\ud800" <= char <= "\udfff" for char in value):
            msg = f"secret {name!r}: expected text that is not empty and can be written as UTF-8"
            raise ValueError(msg)
        with _alone_in(self._path.parent):
            self._write({**self._read(), name: value})

    def remove(self, name: str) -> None:
        """Take a secret out of the file; one in the environment stays.

        Raises:
            NotFoundError: the file has no such secret.
            SettingsError: the file cannot be read or written; it is as it was.
        """
        with _alone_in(self._path.parent):
            kept = self._read()
            if name not in kept:
                raise NotFoundError(_missing(name, kept))
            self._write({key: value for key, value in kept.items() if key != name})

    def _read(self) -> dict[str, str]:
        """Return what the file holds; nothing where there is no file."""
        try:
            with self._path.open("rb") as file:
                _refuse_open_door(self._path, os.fstat(file.fileno()).st_mode)
                kept = tomllib.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(_unreadable(self._path, error)) from None
        for name, value in kept.items():
            if not isinstance(value, str):
                msg = f"{self._path}: {name}: expected text, found {type(value).__name__}"
                raise SettingsError(msg)
        return kept

    def _write(self, kept: Mapping[str, str]) -> None:
        """Put a new file in the place of the old one, in one step; nobody else can ever read it."""
        text = "".join(f"{name} = {_quoted(value)}\n" for name, value in sorted(kept.items()))
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{FILE}.")
        except OSError as error:
            msg = f"cannot write {self._path}: {error.strerror}"
            raise SettingsError(msg) from error
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except OSError as error:
            msg = f"cannot write {self._path}: {error.strerror}; it is as it was"
            raise SettingsError(msg) from error
        finally:
            with suppress(OSError):
                Path(name).unlink(missing_ok=True)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for foreign code: without the variables that hold secrets."""
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX)}


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from changing secrets meanwhile: two changes at once are both kept."""
    if sys.platform == "win32":
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        msg = f"cannot write {folder / FILE}: {error.strerror}"
        raise SettingsError(msg) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _names_told() -> list[str]:
    return [key.removeprefix(PREFIX).lower() for key in os.environ if key.startswith(PREFIX)]


def _missing(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, known)
    ways = f"set it with `flowforge secrets set {name}` or {_variable(name)}"
    return f"there is no secret {name!r}; {near + ' Else ' if near else ''}{ways}"


def _refuse_open_door(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & _OTHERS:
        msg = (
            f"{path} has mode {stat.S_IMODE(mode):04o}: others than its owner could read it; "
            f"run `chmod 600 {path}`"
        )
        raise SettingsError(msg)


def _unreadable(path: Path, error: Exception) -> str:
    """Return what is wrong without the line itself, which may hold a secret."""
    if isinstance(error, OSError):
        return f"cannot read {path}: {error.strerror}"
    place = re.search(r"\(at .*\)$", str(error))
    return f"cannot read {path}: it is not TOML{f' {place.group()}' if place else ''}"


def _quoted(value: str) -> str:
    """Return a TOML basic string."""
    return f'"{"".join(_ESCAPES.get(char) or _safe(char) for char in value)}"'


def _safe(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"
