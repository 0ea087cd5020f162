"""The keys to a lab's secrets: from a passphrase, or from a file that lies outside the lab."""

import hashlib
import os
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from flowforge_lab.errors import SettingsError

from .whole_files import alone_in, replace

PASSPHRASE = "FLOWFORGE_SECRETS_PASSPHRASE"  # noqa: S105  # the name of a variable
OLD_PASSPHRASE = "FLOWFORGE_SECRETS_OLD_PASSPHRASE"  # noqa: S105  # the name of a variable
KEY_FILE = "FLOWFORGE_SECRETS_KEY_FILE"
_KEY_BYTES = 32
_SALT_BYTES = 16
_SHORTEST_PASSPHRASE = 8
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Lock(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What opens a file of secrets: the key with this `id`, which says nothing of the key itself.

    The numbers are those of Argon2id (RFC 9106, second choice); bounded, since they are read from a file.
    """

    kind: Literal["passphrase", "key file"]
    id: str
    salt: str = ""
    passes: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    lanes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    memory_kib: Annotated[int, msgspec.Meta(ge=1024, le=1_048_576)] = 65_536


def open_lock(lock: Lock) -> bytes:
    """Return the key to a lock.

    Raises:
        SettingsError: it is not at hand; the text says what is missing or wrong.
    """
    if lock.kind == "key file":
        return _from_file(lock)
    given = [text for name in (PASSPHRASE, OLD_PASSPHRASE) if (text := os.environ.get(name))]
    for passphrase in given:
        key = derive(passphrase, lock)
        if id_of(key) == lock.id:
            return key
    if given:
        msg = (
            f"the passphrase in {PASSPHRASE} is wrong: these secrets were locked with another one"
        )
        raise SettingsError(msg)
    msg = f"the secrets are locked with a passphrase; set {PASSPHRASE}"
    raise SettingsError(msg)


def new_lock() -> tuple[Lock, bytes]:
    """Return a lock nobody used before and its key: of the passphrase if one is set, else of the key file.

    Raises:
        SettingsError: the passphrase is too short, or the key file cannot be written.
    """
    passphrase = os.environ.get(PASSPHRASE)
    if not passphrase:
        key = _add_to_file()
        return Lock("key file", id_of(key)), key
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        msg = f"{PASSPHRASE} is too short: expected {_SHORTEST_PASSPHRASE} characters or more"
        raise SettingsError(msg)
    bare = Lock("passphrase", "", salt=_text(os.urandom(_SALT_BYTES)))
    key = derive(passphrase, bare)
    return msgspec.structs.replace(bare, id=id_of(key)), key


def first_lock() -> tuple[Lock, bytes]:
    """Return the lock for a file that has none: as `new_lock`, but with the key that is in use already."""
    path = key_file()
    if os.environ.get(PASSPHRASE) or not path.exists():
        return new_lock()
    keys = _read(path)
    return (Lock("key file", id_of(keys[0])), keys[0]) if keys else new_lock()


def forget_older() -> None:
    """Leave only the newest key in the key file; what is locked with an older one is lost."""
    path = key_file()
    with alone_in(path.parent):
        if path.exists():
            _write(path, _read(path)[:1])


def key_file() -> Path:
    """Return where keys are kept: as set, else among this user's own configuration."""
    told = os.environ.get(KEY_FILE)
    if told:
        return Path(told).expanduser()
    of_user = os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME")
    try:
        base = Path(of_user) if of_user else Path.home() / ".config"
    except RuntimeError as error:
        msg = f"this user has no home to keep a key in; set {KEY_FILE} or {PASSPHRASE}"
        raise SettingsError(msg) from error
    return base / "flowforge" / "secrets.key"


def id_of(key: bytes) -> str:
    """Return the name of a key, from which it cannot be found."""
    return hashlib.sha256(b"flowforge key\0" + key).hexdigest()[:16]


def derive(passphrase: str, lock: Lock) -> bytes:
    """Return the key that a passphrase gives with the salt of a lock; it takes a tenth of a second, once."""
    return _derived(passphrase, lock.salt, (lock.passes, lock.lanes, lock.memory_kib))


@lru_cache(maxsize=8)
def _derived(passphrase: str, salt: str, cost: tuple[int, int, int]) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    passes, lanes, memory = cost
    try:
        recipe = Argon2id(
            salt=urlsafe_b64decode(salt),
            length=_KEY_BYTES,
            iterations=passes,
            lanes=lanes,
            memory_cost=memory,
        )
        return recipe.derive(passphrase.encode("utf-8", "surrogateescape"))
    except UnsupportedAlgorithm as error:
        msg = f"this machine's OpenSSL has no Argon2id; use a key file instead of {PASSPHRASE}"
        raise SettingsError(msg) from error


def _from_file(lock: Lock) -> bytes:
    path = key_file()
    if not path.exists():
        msg = (
            f"the key to the secrets is lost: there is no {path}. Bring it back, or name it in {KEY_FILE};"
            " without it the secrets have to be set anew (delete secrets.json first)"
        )
        raise SettingsError(msg)
    for key in _read(path):
        if id_of(key) == lock.id:
            return key
    msg = (
        f"{path} has no key {lock.id}, with which these secrets were locked;"
        f" name the right key file in {KEY_FILE}"
    )
    raise SettingsError(msg)


def _add_to_file() -> bytes:
    """Put a new key in front of those that are there, and return it."""
    path = key_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make {path.parent} for the key: {error.strerror}; set {KEY_FILE}"
        raise SettingsError(msg) from error
    key = os.urandom(_KEY_BYTES)
    with alone_in(path.parent):
        older = _read(path) if path.exists() else []
        _write(path, [key, *older])
    return key


def _read(path: Path) -> list[bytes]:
    """Return the keys in the file, the newest first."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().split()
    except OSError as error:
        msg = f"cannot read the key file {path}: {error.strerror}"
        raise SettingsError(msg) from error
    if os.name == "posix" and mode & _OTHERS:
        msg = f"{path} can be read by others than its owner; run `chmod 600 {path}`"
        raise SettingsError(msg)
    try:
        keys = [urlsafe_b64decode(line) for line in lines]
    except NotBase64:
        keys = [b""]
    if any(len(key) != _KEY_BYTES for key in keys):
        msg = f"{path} is damaged: expected keys of {_KEY_BYTES} bytes in base64, one a line"
        raise SettingsError(msg) from None
    return keys


def _write(path: Path, keys: list[bytes]) -> None:
    replace(path, "".join(f"{_text(key)}\n" for key in keys).encode())


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()
