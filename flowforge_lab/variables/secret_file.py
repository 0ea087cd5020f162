"""The file of secrets: TOML, readable by its owner alone, replaced whole at each change."""

import json
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flowforge_lab.errors import SettingsError

try:
    import fcntl
except ImportError:  # Windows has no flock; there the last of two writers at once wins
    fcntl = None  # type: ignore[assignment]  # what is missing is asked for by name below

_TOO_OPEN = stat.S_IRWXG | stat.S_IRWXO
_HEADER = "# Written by flowforge. Keep it to yourself: the values are not encrypted.\n"


def read_secrets(path: Path) -> dict[str, str]:
    """Return the secrets in the file, by name; empty if there is no file.

    Raises:
        SettingsError: others may read it, or it is not TOML with a text for each name.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        msg = f"the secrets in {path} cannot be read: {error.strerror}"
        raise SettingsError(msg) from error
    return _parse(content, path)


def _check_mode(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & _TOO_OPEN:
        msg = (
            f"{path} holds secrets and has mode {stat.S_IMODE(mode):04o}, so that others may get at it"
            f"; run: chmod 600 {path}"
        )
        raise SettingsError(msg)


def _parse(content: bytes, path: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's own words may quote the line, and with it a secret.
        place = str(error).rpartition("(")[2].rstrip(")") if "(at " in str(error) else "the start"
        msg = f'{path} is not valid TOML ({place}); write one line a secret: name = "value"'
        raise SettingsError(msg) from None
    for name, value in found.items():
        if not isinstance(value, str):
            msg = f'{path}: the secret {name!r} must be a text in quotes: {name} = "..."'
            raise SettingsError(msg)
    return found


def write_secrets(path: Path, secrets: Mapping[str, str]) -> None:
    """Replace the file by these secrets: whole or not at all, and on disk when this returns.

    To be called `alone`.
    """
    for left_behind in path.parent.glob(f".{path.name}.new-*"):  # by a writer that was killed
        left_behind.unlink(missing_ok=True)
    lines = (f"{name} = {_quoted(value)}\n" for name, value in sorted(secrets.items()))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(_HEADER + "".join(lines))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _quoted(value: str) -> str:
    """Return `value` as a TOML string; JSON has the same escapes but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other process change the file meanwhile; makes its folder, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
