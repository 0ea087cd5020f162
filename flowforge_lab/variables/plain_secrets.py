"""The file in which older versions kept secrets as they are."""

import os
import re
import stat
import tomllib
from pathlib import Path

from flowforge_lab.errors import SettingsError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_plain(path: Path) -> dict[str, str]:
    """Return what the file holds; nothing where there is no file.

    Raises:
        SettingsError: it cannot be read, or others than its owner may read it.
    """
    try:
        with path.open("rb") as file:
            _refuse_open_door(path, os.fstat(file.fileno()).st_mode)
            kept = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(_unreadable(path, error)) from None
    for name, value in kept.items():
        if not isinstance(value, str):
            msg = f"{path}: {name}: expected text, found {type(value).__name__}"
            raise SettingsError(msg)
    return kept


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
