"""The life of an owner: take the lock, open the journal, say where to call, serve, leave in order."""

import argparse
import contextlib
import errno
import hashlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from .database import SCHEMA, RefusedError, open_database
from .identity import adopt, identify
from .leases import Leases
from .ledger import Ledger
from .library import Library
from .locking import try_lock
from .server import Server

ENDPOINT = "owner.json"
LOCK = "owner.lock"
_LONGEST_SOCKET_PATH = 100


def main(arguments: list[str]) -> int:
    """Run an owner; the first line it prints says whether it serves, as JSON."""
    options = _options(arguments)
    os.umask(0o077)
    if options.detach and hasattr(os, "fork") and os.fork():
        return 0  # whoever started us waits for nothing and keeps no child
    try:
        owner = Owner(Path(options.folder).resolve(), options)
    except (RefusedError, OSError) as error:
        _tell({"error": _kind(error), "message": str(error)})
        return 1
    _tell({"pid": os.getpid()})
    owner.run()
    return 0


def _kind(error: Exception) -> str:
    if isinstance(error, RefusedError):
        return error.kind
    is_full = getattr(error, "errno", 0) in {errno.ENOSPC, errno.EROFS, errno.EDQUOT}
    return "full" if is_full else "unavailable"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="owner", description="Keeps a lab's journal.")
    parser.add_argument("folder")
    parser.add_argument("--linger", type=float, default=30.0)
    parser.add_argument("--grace", type=float, default=2.0)
    parser.add_argument("--comeback", type=float, default=3.0)
    parser.add_argument("--lease", type=float, default=20.0)
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--detach", action="store_true")
    return parser.parse_args(arguments)


def _tell(facts: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
    if "error" not in facts:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)


class Owner:
    """Holds the lock and the socket of one folder."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self._lock = self._take_lock()
        self._inode = folder.stat().st_ino
        leases = Leases(grace=options.grace, comeback=options.comeback, lease=options.lease)
        self._database = open_database(folder)
        ledger = Ledger(self._database, leases, adopt=self._adopt)
        self._socket_path = ""
        self._listener = self._listen()
        self._server = Server(self._listener, ledger, library=Library(folder), leases=leases)
        facts = {"schema": SCHEMA, "folder": [folder.stat().st_dev, self._inode]}
        self._server.facts = facts | identify(self._database, folder)
        self._announce()

    def run(self) -> None:
        """Serve until there is nothing left to do, then leave the folder in order."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            self._server.serve(linger=self._options.linger, is_ours=self._is_ours)
        finally:
            self._leave()

    def _adopt(self) -> dict[str, Any]:
        fresh = adopt(self._database, self._folder)
        self._server.facts |= fresh
        return fresh

    def _take_lock(self) -> int:
        for _ in range(20):
            handle = try_lock(self._folder / LOCK)
            if handle is not None:
                return handle
            time.sleep(0.01)  # noqa: TID251  # standard library only: no Clock here
        message = f"another owner keeps the journal in {self._folder}; this one is not needed"
        msg = "held"
        raise RefusedError(msg, message)

    def _listen(self) -> socket.socket:
        if self._options.tcp or not hasattr(socket, "AF_UNIX"):
            listener = socket.create_server(("127.0.0.1", 0))
        else:
            listener = socket.socket(socket.AF_UNIX)
            self._socket_path = _socket_path(self._folder)
            with contextlib.suppress(FileNotFoundError):
                Path(self._socket_path).unlink()
            listener.bind(self._socket_path)
            listener.listen(128)
            self._socket_inode = Path(self._socket_path).stat().st_ino
        return listener

    def _announce(self) -> None:
        """Write where to call, as one file that appears whole."""
        endpoint: dict[str, Any] = {"pid": os.getpid(), "socket": self._socket_path}
        if not self._socket_path:
            self._server.token = self._server.token or secrets.token_hex(32)
            endpoint |= {"port": self._listener.getsockname()[1], "token": self._server.token}
        self._endpoint = json.dumps(endpoint)
        draft = self._folder / f".{ENDPOINT}.{os.getpid()}"
        try:
            draft.write_text(self._endpoint)
            draft.replace(self._folder / ENDPOINT)
        except OSError as error:  # a disk that gets full while it is written names no file
            with contextlib.suppress(OSError):
                draft.unlink()
            raise OSError(error.errno, error.strerror, str(self._folder / ENDPOINT)) from error

    def _is_ours(self) -> bool:
        """Whether folder, lock and socket are still those we opened; a lost endpoint is written anew."""
        try:
            if self._folder.stat().st_ino != self._inode:
                return False
            if (self._folder / LOCK).stat().st_ino != os.fstat(self._lock).st_ino:
                return False
            if self._socket_path and Path(self._socket_path).stat().st_ino != self._socket_inode:
                return False
        except OSError:
            return False
        with contextlib.suppress(OSError):
            path = self._folder / ENDPOINT
            if not path.exists() or path.read_text() != self._endpoint:
                self._announce()
        return True

    def _leave(self) -> None:
        if self._is_ours():
            with contextlib.suppress(OSError):
                if self._socket_path:
                    Path(self._socket_path).unlink()
                (self._folder / ENDPOINT).unlink()
        threading.Timer(5.0, os._exit, (0,)).start()  # a reader in the middle must not keep us
        with contextlib.suppress(sqlite3.Error):
            self._database.close()
        os._exit(0)


def _socket_path(folder: Path) -> str:
    """Return a path short enough for a socket, in a folder only this user can enter.

    It lies outside the lab, so that copying a lab's folder never meets a socket.
    """
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:24]
    for root in _socket_folders():
        path = str(root / f"{name}.sock")
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH and _is_private(root):
            return path
    msg = "unavailable"
    raise RefusedError(msg, "no private folder for a socket; set XDG_RUNTIME_DIR")


def _socket_folders() -> list[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = f"flowforge-{os.getuid()}"
    folders = [Path(runtime) / "flowforge"] if runtime else []
    return [*folders, Path(tempfile.gettempdir()) / own, Path("/tmp") / own]  # noqa: S108  # 0700, checked


def _is_private(folder: Path) -> bool:
    """Make the folder if need be; whether it is ours alone, and no link to somebody else's."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return False
    return (
        facts.st_uid == os.getuid() and stat.S_ISDIR(facts.st_mode) and not facts.st_mode & 0o077
    )
