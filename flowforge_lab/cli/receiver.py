"""A small server on this machine that takes what the report posts, so that the demo has a listener."""

import json
import threading
from contextlib import AbstractContextManager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_MAX_BYTES = 10_000_000


class Receiver(AbstractContextManager["Receiver"]):
    """Listens on a free port of 127.0.0.1 while it is open; `received` holds the JSON that was posted."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.received))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/summary"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(received: list[Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name http.server calls
            size = int(self.headers.get("Content-Length") or 0)
            if size > _MAX_BYTES:
                self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            try:
                received.append(json.loads(self.rfile.read(size)))
            except ValueError:
                self.send_error(HTTPStatus.BAD_REQUEST, "expected JSON")
                return
            self._answer(json.dumps({"received": len(received)}).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # as it is called
            """Say nothing: the demo tells what arrived."""

    return Handler
