"""Questions to the journal, asked by a few threads."""

import asyncio
import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from flowforge_lab.errors import StoreUnavailableError

from .doorway import Doorway, store_error
from .owner.wire import READ
from .wire import ask

T = TypeVar("T")
_THREADS = 4
_ASK_AGAIN = 6


class Reader(ABC):
    """Asks by name; a subclass says whom."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="flowforge-reader")

    async def fetch(self, name: str, params: dict[str, Any], *, kind: type[T]) -> T:
        """Return the answer as `kind`, asked off the loop."""
        return await self.run(lambda: self.ask(name, params, kind=kind))

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def ask(self, name: str, params: dict[str, Any], *, kind: type[T]) -> T:
        """Return the answer as `kind`; blocks this thread.

        Raises:
            StoreError: the owner refused, or could not be reached.
        """
        answer = self._answer(msgspec.json.encode((name, params)))
        if answer[:1] == b"1":
            refusal = msgspec.json.decode(answer[1:])
            raise store_error(refusal["error"], refusal["message"])
        return msgspec.json.decode(answer[1:], type=kind)

    def close(self) -> None:
        """Ask nothing more; a question under way ends first."""
        self._pool.shutdown(wait=True)

    @abstractmethod
    def _answer(self, body: bytes) -> bytes:
        """Return the answer to an encoded (name, params): `0` and JSON, or `1` and why it was refused."""


class OwnerReader(Reader):
    """Asks the owner, each thread in a conversation of its own.

    Every question may be asked again, so a dying owner is not noticed.
    """

    def __init__(self, doorway: Doorway, session: str) -> None:
        super().__init__()
        self._doorway = doorway
        self._session = session
        self._local = threading.local()
        self._sockets: set[socket.socket] = set()
        self._is_closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End all conversations, and begin none again; a question of the pool ends first."""
        super().close()
        with self._lock:
            self._is_closed = True
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def _answer(self, body: bytes) -> bytes:
        for _ in range(_ASK_AGAIN):
            try:
                return ask(self._connect(), READ, body)
            except OSError:
                self._hang_up()
        msg = f"the owner went away {_ASK_AGAIN} times over the same question"
        raise StoreUnavailableError(msg)

    def _connect(self) -> socket.socket:
        sock: socket.socket | None = getattr(self._local, "socket", None)
        if sock is None:
            sock, _facts = self._doorway.connect(self._session, is_holder=False)
            with self._lock:
                if self._is_closed:  # asked by a thread outside the pool, beside `close`
                    sock.close()
                    msg = "the lab was closed meanwhile"
                    raise StoreUnavailableError(msg)
                self._sockets.add(sock)
            self._local.socket = sock
        return sock

    def _hang_up(self) -> None:
        sock: socket.socket | None = getattr(self._local, "socket", None)
        self._local.socket = None
        if sock is None:
            return
        with self._lock:
            self._sockets.discard(sock)
        with contextlib.suppress(OSError):
            sock.close()
