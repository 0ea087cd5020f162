"""How a client reaches the owner of a folder: by the address it left, or by starting one."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

import msgspec

from flowforge_lab.errors import (
    LeaseLostError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
    StoreVersionError,
)

from .owner.locking import try_lock
from .owner.wire import HELLO, PROTOCOL, RETIRE
from .wire import ask

_START_SECONDS = 15.0
_ERRORS: dict[str, type[StoreError]] = {
    "lease": LeaseLostError,
    "full": StoreFullError,
    "version": StoreVersionError,
    "unavailable": StoreUnavailableError,
}


class Terms(msgspec.Struct, frozen=True):
    """How an owner that we start behaves; lengths in seconds.

    It ends `linger` after its last client; a client that vanished has `grace` to come back, everybody
    has `comeback` after a restart; a lease lasts `lease` from its last renewal.
    """

    linger: float = 30.0
    grace: float = 2.0
    comeback: float = 3.0
    lease: float = 20.0
    is_tcp: bool = False


class OwnerFacts(msgspec.Struct, frozen=True):
    """What an owner says of itself and its lab when greeted."""

    protocol: int
    pid: int
    schema: int
    folder: tuple[int, int]
    lab_id: str
    is_copy: bool


class _NoOwnerError(Exception):
    """Nobody answers at the address, or somebody who keeps another folder."""


def store_error(kind: str, message: str) -> StoreError:
    """Return our error for the owner's word."""
    return _ERRORS.get(kind, StoreError)(message)


class Doorway:
    """Opens conversations with the owner of `folder`; may be used by several threads."""

    def __init__(self, folder: Path, terms: Terms) -> None:
        self._folder = folder
        self._terms = terms
        self._pause = threading.Event()

    def connect(
        self, session: str, *, is_holder: bool, patience: float = _START_SECONDS
    ) -> tuple[socket.socket, OwnerFacts]:
        """Return a greeted socket and what the owner said; starts an owner where none answers.

        Raises:
            StoreUnavailableError: no owner could be reached or started in time.
            StoreVersionError: the owner in charge, or the journal, is of another version.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                return self._greet(session, is_holder=is_holder)
            except _NoOwnerError as error:
                if time.monotonic() > deadline:
                    msg = f"no owner of {self._folder} answers: {error}"
                    raise StoreUnavailableError(msg) from error
            self._start_owner(is_urgent=time.monotonic() > deadline - patience / 2)

    def retire(self, session: str) -> OwnerFacts | None:
        """Ask the owner to go and return what it said of the lab; `None` if others still need it."""
        sock, facts = self.connect(session, is_holder=False)
        with sock:
            is_retired = json.loads(ask(sock, RETIRE, b""))["is_retired"]
        return facts if is_retired else None

    def _greet(self, session: str, *, is_holder: bool) -> tuple[socket.socket, OwnerFacts]:
        try:
            endpoint = json.loads((self._folder / "owner.json").read_bytes())
            sock = _dial(endpoint)
        except (OSError, ValueError) as error:
            raise _NoOwnerError(str(error)) from error
        hello = {
            "session": session,
            "is_holder": is_holder,
            "protocol": PROTOCOL,
            "token": endpoint.get("token", ""),
        }
        try:
            facts = msgspec.json.decode(
                ask(sock, HELLO, msgspec.json.encode(hello)), type=OwnerFacts
            )
            self._check(sock, facts)
        except (OSError, msgspec.DecodeError) as error:
            sock.close()
            raise _NoOwnerError(str(error)) from error
        except BaseException:
            sock.close()
            raise
        return sock, facts

    def _check(self, sock: socket.socket, facts: OwnerFacts) -> None:
        here = self._folder.stat()
        if facts.folder != (here.st_dev, here.st_ino):
            msg = "the address is that of another folder's owner"
            raise _NoOwnerError(msg)
        if facts.protocol > PROTOCOL:
            msg = (
                f"the lab in {self._folder} is in use by a newer version of flowforge-lab"
                f" (process {facts.pid}): upgrade this one"
            )
            raise StoreVersionError(msg)
        if facts.protocol < PROTOCOL:
            self._ask_to_retire(sock, facts)

    def _ask_to_retire(self, sock: socket.socket, facts: OwnerFacts) -> None:
        if json.loads(ask(sock, RETIRE, b""))["is_retired"]:
            msg = "an older owner has just gone"
            raise _NoOwnerError(msg)
        msg = (
            f"the lab in {self._folder} is in use by an older version of flowforge-lab"
            f" (owner: process {facts.pid}): close the notebooks and servers that use it"
        )
        raise StoreVersionError(msg)

    def _start_owner(self, *, is_urgent: bool) -> None:
        """Start an owner, unless another client is just doing so."""
        try:
            lock = try_lock(self._folder / "spawn.lock")
        except OSError as error:
            msg = f"the lab's folder {self._folder} cannot be written: {error.strerror}"
            raise StoreUnavailableError(msg) from error
        if lock is None and not is_urgent:
            self._pause.wait(0.01)
            return
        try:
            self._spawn()
        finally:
            if lock is not None:
                os.close(lock)

    def _spawn(self) -> None:
        said = _read_line(_command(self._folder, self._terms), self._folder)
        answer: dict[str, Any] = json.loads(said) if said else {}
        if "pid" in answer:
            return
        if answer.get("error") in {None, "held"}:
            self._pause.wait(0.02)
            return
        raise store_error(answer["error"], answer["message"])


def _command(folder: Path, terms: Terms) -> list[str]:
    owner = str(Path(__file__).parent / "owner")
    options = [
        f"--{name}={getattr(terms, name)}" for name in ("linger", "grace", "comeback", "lease")
    ]
    if terms.is_tcp:
        options.append("--tcp")
    return [sys.executable, "-I", "-S", owner, str(folder), "--detach", *options]


def _read_line(command: list[str], folder: Path) -> bytes:
    """Run the command, which detaches itself, and return the one line it prints."""
    try:
        with _log(folder) as log:
            done = subprocess.run(  # noqa: S603  # our own file, by our own interpreter
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                cwd="/",
                timeout=_START_SECONDS,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"the owner of {folder} could not be started: {error}"
        raise StoreUnavailableError(msg) from error
    return done.stdout


def _log(folder: Path) -> IO[bytes]:
    try:
        return (folder / "owner.log").open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _dial(endpoint: dict[str, Any]) -> socket.socket:
    if endpoint.get("socket"):
        sock = socket.socket(socket.AF_UNIX)
        address: Any = endpoint["socket"]
    else:
        sock = socket.socket(socket.AF_INET)
        address = ("127.0.0.1", endpoint["port"])
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock
