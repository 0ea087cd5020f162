"""API tokens of a lab: made once, shown once, kept as digests in a file that only its owner may read."""

import hashlib
import hmac
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.spec import did_you_mean

from .moments import microseconds

if sys.platform != "win32":
    import fcntl

FILE = "tokens.json"
Role = Literal["viewer", "operator", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
_PREFIX = "fft"
_FRESH_SECONDS = 0.5
"""For so long what the file held is taken for what it holds."""


class Token(msgspec.Struct, frozen=True):
    """What is known of a token; times are microseconds since 1970, UTC. The token itself is not."""

    id: str
    name: str
    role: Role
    digest: str
    created_at: int
    expires_at: int | None = None


class Tokens:
    """The tokens of a lab, kept in `folder`: its `.flowforge`, or what its machines share.

    A change by another process counts within a second.
    """

    file_name = FILE

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._kept: dict[str, Token] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._fresh_until = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether there is no token at all; one that is over counts as one."""
        return not self._read()

    def all(self) -> list[Token]:
        """Return every token, the oldest first."""
        return sorted(self._read().values(), key=lambda one: one.created_at)

    def find(self, text: str) -> Token | None:
        """Return what is known of a token that somebody shows; `None` if it is not one, or is over."""
        parts = text.split("_", 2)
        if len(parts) != len(("prefix", "id", "secret")) or parts[0] != _PREFIX:
            return None
        token = self._read().get(parts[1])
        if token is None or not hmac.compare_digest(token.digest, _digest(text)):
            return None
        return token if self._is_valid(token) else None

    def is_valid(self, id: str) -> bool:
        """Whether a token that was shown before is there still, and not over."""
        token = self._read().get(id)
        return token is not None and self._is_valid(token)

    def _is_valid(self, token: Token) -> bool:
        return token.expires_at is None or token.expires_at > self._clock.stamp()

    def create(self, name: str, role: Role = "admin", *, days: float | None = None) -> str:
        """Make a token and return it; nobody can read it again.

        Raises:
            ValueError: `role` is none, or the name is empty or too long.
            SettingsError: the file cannot be written.
        """
        if role not in ROLES or not 0 < len(name) <= 100:  # noqa: PLR2004  # a name, not a story
            msg = f"a token needs a name and one of the roles {', '.join(ROLES)}"
            raise ValueError(msg)
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{id}_{secret}"
        now = self._clock.now()
        expires = None if days is None else microseconds(now + timedelta(days=days))
        token = Token(id, name, role, _digest(text), microseconds(now), expires)
        with self._alone():
            self._write({**self._look(), id: token})
        return text

    def revoke(self, id: str) -> Token:
        """Take a token away, by its id or by its name, and return what it was.

        Raises:
            NotFoundError: there is none, or several have that name.
        """
        with self._alone():
            kept = self._look()
            found = [token for token in kept.values() if id in {token.id, token.name}]
            if len(found) != 1:
                what = "several tokens are called" if found else "there is no token"
                near = did_you_mean(id, [*kept, *(token.name for token in kept.values())])
                raise NotFoundError(f"{what} {id!r}" + (f"; {near}" if near and not found else ""))
            self._write({key: one for key, one in kept.items() if one is not found[0]})
        return found[0]

    def _read(self) -> dict[str, Token]:
        if self._clock.monotonic() < self._fresh_until:
            return self._kept
        kept = self._look()
        self._fresh_until = self._clock.monotonic() + _FRESH_SECONDS
        return kept

    def _look(self) -> dict[str, Token]:
        """Return what the file holds now."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._kept = None, {}
            return self._kept
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            if os.name == "posix" and status.st_mode & 0o077:
                msg = f"{self._path} can be read by others; run `chmod 600 {self._path}`"
                raise SettingsError(msg)
            self._kept = self._load()
            self._stamp = stamp
        return self._kept

    def _load(self) -> dict[str, Token]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=list[Token])
        except (OSError, msgspec.MsgspecError) as error:
            msg = f"cannot read {self._path}: {error}"
            raise SettingsError(msg) from error
        return {token.id: token for token in found}

    def _write(self, kept: dict[str, Token]) -> None:
        text = json.dumps([msgspec.structs.asdict(token) for token in kept.values()], indent=1)
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{FILE}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
            self._fresh_until = 0.0
        except OSError as error:
            msg = f"cannot write {self._path}: {error.strerror}"
            raise SettingsError(msg) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing tokens meanwhile: two changes at once are both kept."""
        if sys.platform == "win32":
            yield
            return
        try:
            handle = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            msg = f"cannot write {self._path}: {error.strerror}"
            raise SettingsError(msg) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # 256 random bits need no slow hash
