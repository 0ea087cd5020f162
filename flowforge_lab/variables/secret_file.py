"""A lab's own secrets, each encrypted under its name, in one file that shows nothing but the names."""

import json
import logging
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from flowforge_lab.errors import (
    FlowForgeError,
    SettingsError,
    StoreUnavailableError,
    StoreVersionError,
)

from .locks import Lock, first_lock, forget_older, key_file, new_lock, open_lock
from .plain_secrets import read_plain
from .whole_files import alone_in, replace

logger = logging.getLogger(__name__)
FILE = "secrets.json"
PLAIN_FILE = "secrets.toml"
_FORMAT = 1


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file; the values are Fernet tokens."""

    format: int
    lock: Lock
    secrets: dict[str, str]


class SecretFile:
    """Implements `Keeper` by the file in `folder`, read anew each time.

    `secrets.toml`, in which older versions kept them as they are, is taken in and deleted; where that cannot
    be done, it is read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._plain = folder / PLAIN_FILE
        self._has_warned = False

    def __repr__(self) -> str:
        return f"SecretFile({self._path})"

    def find(self, name: str) -> str | None:
        """Return a value, or `None` where there is no such secret."""
        plain = self._take_in()
        if name in plain:
            return plain[name]
        kept = self._read()
        if kept is None or name not in kept.secrets:
            return None
        return self._opened(name, kept.secrets[name], _fernet(open_lock(kept.lock)))

    def names(self) -> list[str]:
        """Return the names of the secrets; no key is needed for that."""
        plain = self._take_in()
        kept = self._read()
        return sorted({*plain, *(kept.secrets if kept else ())})

    def set(self, name: str, value: str) -> None:
        """Keep a secret; the lock stays as it is."""
        with alone_in(self._folder):
            self._change({name: value}, without="")

    def remove(self, name: str) -> None:
        """Take a secret away, if it is there."""
        with alone_in(self._folder):
            self._change({}, without=name)

    def rotate(self, *, forgets: bool = False) -> Lock:
        """Encrypt everything with a new key: of the passphrase if one is set, else in the key file.

        With `forgets` the key file keeps only the new one: a copy of the lab made before cannot be opened
        any more, nor can other labs of this key file that were not rotated.
        """
        with alone_in(self._folder):
            self._swallow()
            kept = self._read()
            self._refuse_key_beside()
            older = [] if kept is None else [_fernet(open_lock(kept.lock))]
            lock, key = new_lock()
            ring = MultiFernet([_fernet(key), *older])
            tokens = {} if kept is None else kept.secrets
            self._write(lock, {name: self._rotated(ring, token) for name, token in tokens.items()})
        if forgets and lock.kind == "key file":
            forget_older()
        return lock

    def _take_in(self) -> dict[str, str]:
        """Encrypt what an older version or a hand wrote down; return it where that cannot be done."""
        if not self._plain.exists():
            return {}
        plain = read_plain(self._plain)
        if not os.access(self._folder, os.W_OK):
            return plain
        try:
            with alone_in(self._folder):
                self._swallow()
        except FlowForgeError as error:
            if not self._has_warned:
                logger.warning("secrets stay unencrypted in %s: %s", self._plain, error)
            self._has_warned = True
            return plain
        return {}

    def _swallow(self) -> None:
        """Do so; the folder is locked."""
        plain = read_plain(self._plain)  # read again: another process may have been quicker
        if plain:
            self._seal(plain, without="")
        self._plain.unlink(missing_ok=True)

    def _change(self, values: Mapping[str, str], *, without: str) -> None:
        self._swallow()
        self._seal(values, without=without)

    def _seal(self, values: Mapping[str, str], *, without: str) -> None:
        kept = self._read()
        if kept is None:
            self._refuse_key_beside()
            lock, key = first_lock()
        else:
            lock, key = kept.lock, open_lock(kept.lock)
        fernet = _fernet(key)
        tokens = {} if kept is None else dict(kept.secrets)
        tokens |= {name: _sealed(name, value, fernet) for name, value in values.items()}
        tokens.pop(without, None)
        self._write(lock, tokens)

    def _refuse_key_beside(self) -> None:
        if key_file().absolute().is_relative_to(self._folder.absolute()):
            msg = f"the key file {key_file()} lies in the lab itself: whoever copies the lab has it too"
            raise SettingsError(msg)

    def _read(self) -> _Kept | None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            msg = f"cannot read {self._path}: {error.strerror}"
            raise StoreUnavailableError(msg) from error
        try:
            kept = msgspec.json.decode(content, type=_Kept)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from None
        if kept.format > _FORMAT:
            msg = f"{self._path} was written by a newer version: upgrade flowforge-lab"
            raise StoreVersionError(msg)
        return kept

    def _write(self, lock: Lock, tokens: Mapping[str, str]) -> None:
        kept = _Kept(_FORMAT, lock, dict(sorted(tokens.items())))
        replace(self._path, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")

    def _opened(self, name: str, token: str, fernet: Fernet) -> str:
        try:
            found, value = json.loads(fernet.decrypt(token))
        except (InvalidToken, ValueError, TypeError):
            msg = f"secret {name!r} cannot be decrypted"
            raise self._damaged(msg) from None
        if found != name:
            msg = f"what stands under {name!r} is another secret"
            raise self._damaged(msg)
        return str(value)

    def _rotated(self, ring: MultiFernet, token: str) -> str:
        with suppress(InvalidToken):
            return ring.rotate(token.encode()).decode()
        raise self._damaged("one of the secrets cannot be decrypted")

    def _damaged(self, why: str) -> StoreUnavailableError:
        msg = f"{self._path} is damaged ({why}); bring it back from a copy, or delete it and set them anew"
        return StoreUnavailableError(msg)


def _fernet(key: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(key))


def _sealed(name: str, value: str, fernet: Fernet) -> str:
    """Return the token of a value, bound to its name: it cannot be put under another one."""
    return fernet.encrypt(json.dumps([name, value]).encode()).decode()
