"""The one thread of a client that writes: everything queued meanwhile goes out as one batch."""

import asyncio
import concurrent.futures
import contextlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from flowforge_lab.errors import StoreError, StoreUnavailableError, ValueTooLargeError

from .doorway import Doorway, store_error
from .owner.wire import GOODBYE, WRITE
from .units import once_unit
from .wire import ask

Settled = Callable[[Any], None]
Waiting = asyncio.Future[Any] | concurrent.futures.Future[Any]
Item = tuple[bytes, Waiting, asyncio.AbstractEventLoop | None]
_MAX_UNITS = 4096
_MAX_BATCH_BYTES = 4_000_000
_MAX_UNIT_BYTES = 64_000_000
_SEND_AGAIN = 6


class Writer:
    """Sends units in the order they came; each is acknowledged once it is on disk.

    When the owner dies, whatever had no answer is sent again to the next one: every unit can be
    told from its own repetition there.
    """

    def __init__(self, doorway: Doorway, session: str) -> None:
        self._doorway = doorway
        self._session = session
        self._socket: socket.socket | None = None
        self._socket, self.facts = doorway.connect(session, is_holder=True)
        self._items: deque[Item] = deque()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._is_asleep = False
        self._is_closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="flowforge-writer")
        self._thread.start()

    def submit(self, unit: bytes) -> "asyncio.Future[Any]":
        """Queue an encoded unit behind the others; the future belongs to the running loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._enqueue((unit, future, loop))
        return future

    async def do(self, statement: str, /, **params: Any) -> list[Any]:
        """Run one of the owner's named statements once and return its rows."""
        rows: list[Any] = await self.submit(once_unit("do", statement, params))
        return rows

    def do_from_thread(self, statement: str, /, **params: Any) -> list[Any]:
        """Run one of the owner's named statements once; blocks this thread."""
        rows: list[Any] = self.submit_from_thread(once_unit("do", statement, params)).result()
        return rows

    async def adopt(self) -> None:
        """Make this folder the lab's home, under a new id."""
        found = await self.submit(once_unit("adopt"))
        self.facts = msgspec.structs.replace(self.facts, **found)

    def submit_from_thread(self, unit: bytes) -> "concurrent.futures.Future[Any]":
        """Queue an encoded unit from where no loop runs."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._enqueue((unit, future, None))
        return future

    def close(self) -> None:
        """Send what is queued, give all leases back and end the thread; may be called twice."""
        with self._lock:
            if self._is_closing:
                return
            self._is_closing = True
        self._wake()
        self._thread.join()
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()

    def _enqueue(self, item: Item) -> None:
        if len(item[0]) > _MAX_UNIT_BYTES:
            msg = (
                f"{len(item[0]):,} bytes are too many to be kept in one piece, at most "
                f"{_MAX_UNIT_BYTES:,} may be; put large values into a file or a data frame, and keep its name"
            )
            raise ValueTooLargeError(msg)
        if self._is_closing:
            msg_0 = "the store is closed"
            raise StoreUnavailableError(msg_0)
        self._items.append(item)
        if self._is_asleep:
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_writer.send(b"x")

    def _run(self) -> None:
        while True:
            batch = self._take()
            if batch:
                self._settle(batch, self._write(batch))
            elif self._is_closing:
                break
            else:
                self._rest()
        self._say_goodbye()

    def _take(self) -> list[Item]:
        batch: list[Item] = []
        size = 0
        while self._items and len(batch) < _MAX_UNITS and size < _MAX_BATCH_BYTES:
            item = self._items.popleft()
            batch.append(item)
            size += len(item[0])
        return batch

    def _rest(self) -> None:
        """Sleep until there is something to write, or the owner is gone: then come back at once."""
        self._is_asleep = True
        if self._items or self._is_closing:
            self._is_asleep = False
            return
        ready = [key.fileobj for key, _ in self._selector.select()]
        self._is_asleep = False
        if self._wake_reader in ready:
            self._wake_reader.recv(4096)
        else:
            self._hang_up()
            with contextlib.suppress(StoreError):
                self._connect()

    def _write(self, batch: list[Item]) -> list[Any]:
        body = b"[" + b",".join(item[0] for item in batch) + b"]"
        for _ in range(_SEND_AGAIN):
            try:
                answer = ask(self._connect(), WRITE, body)
                return list(msgspec.json.decode(answer))
            except StoreError as error:
                return [error] * len(batch)
            except OSError:
                self._hang_up()
        msg = f"the owner went away {_SEND_AGAIN} times over the same entries"
        return [StoreUnavailableError(msg)] * len(batch)

    def _connect(self) -> socket.socket:
        if self._socket is None:
            self._socket, self.facts = self._doorway.connect(self._session, is_holder=True)
            self._selector.register(self._socket, selectors.EVENT_READ)
        return self._socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
        self._socket = None

    def _say_goodbye(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                ask(self._socket, GOODBYE, b"")
        self._hang_up()

    @staticmethod
    def _settle(batch: list[Item], results: list[Any]) -> None:
        """Resolve the futures: one wake-up per loop, not per unit."""
        by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[Waiting, Any]]] = {}
        for (_unit, future, loop), result in zip(batch, results, strict=True):
            by_loop.setdefault(loop, []).append((future, result))
        for loop, done in by_loop.items():
            if loop is None:
                _resolve(done)
            else:
                with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                    loop.call_soon_threadsafe(_resolve, done)


def _resolve(done: list[tuple[Waiting, Any]]) -> None:
    for future, result in done:
        if future.done():
            continue
        if result is None:
            future.set_result(None)
        elif isinstance(result, list):
            future.set_result(result[0])
        elif isinstance(result, StoreError):
            future.set_exception(type(result)(*result.args))
        else:
            future.set_exception(store_error(result["error"], result["message"]))
