"""The lab's own secret, from which it works out addresses that nobody can guess."""

import os
import secrets
import stat
from pathlib import Path

from flowforge_lab.errors import SettingsError

FILE = "waits.key"
_BYTES = 32


def read_key(folder: Path) -> bytes:
    """Return the secret of the lab in `folder` (`.flowforge`, or what its machines share), made if need be.

    A folder that cannot be written has one for this process only: nothing runs there.

    Raises:
        SettingsError: others than its owner may read it, or it is not whole.
    """
    path = folder / FILE
    if not path.exists() and not os.access(folder, os.W_OK):
        return secrets.token_bytes(_BYTES)
    if not path.exists():
        _make(path)
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"{path} can be read by others than its owner; run `chmod 600 {path}`"
        raise SettingsError(msg)
    key = path.read_bytes()
    if len(key) != _BYTES:
        msg = f"{path} is not whole: expected {_BYTES} bytes, found {len(key)}; delete it"
        raise SettingsError(msg)
    return key


def _make(path: Path) -> None:
    """Make the file in one step; of two processes that do so at once the first one's stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            os.link(draft, path)
    except FileExistsError:
        return
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise SettingsError(msg) from error
    finally:
        draft.unlink(missing_ok=True)
