"""Serves all clients: gathers what they write into one commit at a time, and lets a thread read."""

import json
import os
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from .leases import Leases
from .ledger import Ledger
from .library import Library, answer_to
from .wire import GOODBYE, HELLO, PROTOCOL, READ, RETIRE, WRITE, Connection

_TICK = 0.25
_CHECK_EVERY = 0.5
_FORGET_EVERY = 600.0
Answer = tuple[Connection, bytes]


class Server:
    """One thread that writes, one that reads; `facts` is what a hello is answered with."""

    def __init__(
        self, listener: socket.socket, ledger: Ledger, *, library: Library, leases: Leases
    ) -> None:
        self._listener = listener
        self._ledger = ledger
        self._library = library
        self._leases = leases
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._questions: queue.SimpleQueue[tuple[Connection, str, dict[str, Any]]] = (
            queue.SimpleQueue()
        )
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._batch: list[tuple[Connection, list[Any]]] = []
        self._is_retired = False
        self._forgotten_at = time.monotonic()
        self.facts: dict[str, Any] = {}
        self.token = ""

    def serve(self, *, linger: float, is_ours: Callable[[], bool]) -> None:
        """Serve until idle for `linger` seconds, asked to retire, or the folder is not ours any more."""
        self._listener.settimeout(0)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._wake_reader.settimeout(0)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._wake_reader)
        threading.Thread(target=self._read_forever, daemon=True, name="library").start()
        idle_since = checked_at = time.monotonic()
        while not self._is_retired:
            self._turn()
            now = time.monotonic()
            if self._connections:
                idle_since = now
            if now - idle_since > linger:
                return
            if now - checked_at > _CHECK_EVERY:
                checked_at = now
                if not is_ours():
                    return
                self._tidy(now)

    def _turn(self) -> None:
        for key, events in self._selector.select(_TICK):
            if key.data is None:
                self._accept()
            elif key.data is self._wake_reader:
                self._wake_reader.recv(4096)
            else:
                self._attend(key.data, events)
        self._leases.tick(time.monotonic())
        self._send_answers()
        if self._batch:
            self._commit()

    def _tidy(self, now: float) -> None:
        if now - self._forgotten_at > _FORGET_EVERY:
            self._forgotten_at = now
            self._ledger.forget_old_units()

    def _accept(self) -> None:
        try:
            sock, _address = self._listener.accept()
        except OSError:
            return
        connection = Connection(sock)
        if not connection.is_same_user():
            sock.close()
            return
        self._connections.add(connection)
        self._selector.register(sock, selectors.EVENT_READ, connection)

    def _attend(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE and not connection.flush():
            self._drop(connection)
            return
        if events & selectors.EVENT_READ:
            is_alive = connection.receive()
            try:
                for kind, body in connection.frames():
                    self._handle(connection, kind, body)
            except (ValueError, TypeError, KeyError, IndexError):
                is_alive = False
            if not is_alive:
                self._drop(connection)
                return
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        wanted = selectors.EVENT_READ
        if connection.has_more_to_send:
            wanted |= selectors.EVENT_WRITE
        if self._selector.get_key(connection.socket).events != wanted:
            self._selector.modify(connection.socket, wanted, connection)

    def _drop(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()
        if connection.is_holder:
            self._leases.leave(connection.session, is_orderly=connection.is_orderly)

    def _handle(self, connection: Connection, kind: int, body: Any) -> None:
        if kind == HELLO:
            self._welcome(connection, body)
        elif not connection.is_welcome:
            msg = "a hello comes first"
            raise ValueError(msg)
        elif kind == WRITE:
            self._batch.append((connection, body))
        elif kind == READ:
            self._questions.put((connection, body[0], body[1]))
        elif kind == GOODBYE:
            connection.is_orderly = True
            self._send(connection, b"null")
        elif kind == RETIRE:
            self._retire(connection)

    def _welcome(self, connection: Connection, body: dict[str, Any]) -> None:
        if body.get("token", "") != self.token:
            msg = "wrong token"
            raise ValueError(msg)
        connection.is_welcome = True
        connection.session = body["session"]
        if body.get("is_holder"):
            connection.is_holder = True
            self._leases.join(connection.session)
        hello = {"protocol": PROTOCOL, "pid": os.getpid(), **self.facts}
        self._send(connection, json.dumps(hello).encode())

    def _retire(self, connection: Connection) -> None:
        others = {other.session for other in self._connections} - {connection.session, ""}
        self._is_retired = not others
        self._send(connection, json.dumps({"is_retired": not others}).encode())

    def _commit(self) -> None:
        batch, self._batch = self._batch, []
        results = self._ledger.commit([(who.session, units) for who, units in batch])
        for (who, _units), result in zip(batch, results, strict=True):
            self._send(who, json.dumps(result).encode())

    def _send(self, connection: Connection, body: bytes) -> None:
        if connection not in self._connections:
            return
        if connection.send(body):
            self._watch(connection)
        else:
            self._drop(connection)

    def _send_answers(self) -> None:
        while True:
            try:
                connection, body = self._answers.get_nowait()
            except queue.Empty:
                return
            self._send(connection, body)

    def _read_forever(self) -> None:
        while True:
            connection, name, params = self._questions.get()
            self._answers.put((connection, answer_to(self._library, name, params)))
            self._wake_writer.send(b"x")
