"""How calls of the Bot API come in over HTTP: as JSON, as a form, or for a file."""

import contextlib
import json
import socket
import sys
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl

from .checks import Part, Written


class Answering(Protocol):
    """What stands behind the door."""

    def answer(self, path: str, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer to a call."""

    def file(self, path: str) -> bytes | None:
        """Return the content of a file at its path, if there is one."""


class Listener(ThreadingHTTPServer):
    """Listens on a port of 127.0.0.1, by default a free one."""

    request_queue_size = 128

    def __init__(self, behind: Answering, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Door)
        self.behind = behind
        self._open: set[Any] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a bot that hung up; tell all else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection, and remember it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on everybody, and wait until their threads have ended."""
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            params = _params(self.headers.get("Content-Type", ""), body)
        except ValueError as error:
            self._write(400, {"ok": False, "error_code": 400, "description": str(error)})
            return
        self._write(*self.server.behind.answer(self.path, params))

    def do_GET(self) -> None:
        if not self.path.startswith("/file/"):
            self._write(*self.server.behind.answer(self.path, {}))
            return
        content = self.server.behind.file(self.path)
        self._send(404 if content is None else 200, content or b"", "application/octet-stream")

    def _write(self, status: int, answer: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, content: bytes, type: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # the bot has gone
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _params(content_type: str, body: bytes) -> dict[str, Any]:
    """Return the parameters of a call; what comes in a form is text that is still to be read.

    Raises:
        ValueError: the body is not what its type says.
    """
    if not body:
        return {}
    if content_type.startswith("application/json"):
        found = json.loads(body)
        if not isinstance(found, dict):
            raise ValueError("Bad Request: expected an object")
        return found
    if content_type.startswith("application/x-www-form-urlencoded"):
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        return {name: Written(text) for name, text in pairs}
    if not content_type.startswith("multipart/form-data"):
        msg = f"Bad Request: unsupported content type {content_type!r}"
        raise ValueError(msg)
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    return _attached(dict(_field(part) for part in message.iter_parts()))


def _field(part: Any) -> tuple[str, Any]:
    name = str(part.get_param("name", header="content-disposition"))
    content: bytes = part.get_payload(decode=True)
    if part.get_filename():
        return name, Part(part.get_filename(), content)
    return name, Written(content.decode())


def _attached(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters whose `attach://<name>` is the file of that name."""
    used = {
        name: text.removeprefix("attach://")
        for name, text in params.items()
        if isinstance(text, str) and text.startswith("attach://")
    }
    files = {name: params.get(other, params[name]) for name, other in used.items()}
    return {name: value for name, value in params.items() if name not in used.values()} | files
