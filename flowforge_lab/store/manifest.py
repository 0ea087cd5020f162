"""What an archive has to hold: each file's name and SHA-256, written last and asked for first."""

import hashlib
import json
from pathlib import Path
from typing import BinaryIO

from flowforge_lab.errors import StoreUnavailableError

NAME = "manifest.json"


class Counted:
    """A file that is read once, with the SHA-256 of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; none at the end."""
        part = self._file.read(size)
        self._hash.update(part)
        return part

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was read so far, as hex."""
        return self._hash.hexdigest()


def prove(folder: Path, archive: Path) -> None:
    """Check that every file named in the manifest is in `folder` as it was, and take the manifest away.

    Raises:
        StoreUnavailableError: there is no manifest, or a file is missing or altered.
    """
    manifest = folder / NAME
    try:
        digests = dict(json.loads(manifest.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        msg = f"{archive} is damaged or cut off: the list of its files, which comes last, cannot be read"
        raise StoreUnavailableError(msg) from error
    bad = [name for name, digest in digests.items() if _digest_of(folder / name) != digest]
    if bad:
        others = f" and {len(bad) - 1} more" if bad[1:] else ""
        msg = f"{archive} is damaged: {bad[0]}{others} is missing or not as it was; nothing was restored"
        raise StoreUnavailableError(msg)
    manifest.unlink()


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
