"""A port of its own on which Prometheus finds the metrics of this process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from flowforge_lab.errors import FlowForgeError, SettingsError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_OK, _NOT_FOUND, _FAILED = 200, 404, 503


@contextmanager
def metrics_served(text: Callable[[], str], host: str, port: int) -> Iterator[int]:
    """Answer `GET /metrics` on a port meanwhile (0: any that is free), and give the port.

    Raises:
        SettingsError: the port is taken.
    """
    asked = type("Asked", (_Asked,), {"text": staticmethod(text)})
    try:
        server = ThreadingHTTPServer((host, port), asked)
    except OSError as error:
        msg = f"FLOWFORGE_METRICS_PORT: cannot listen on {host}:{port}: {error.strerror}"
        raise SettingsError(msg) from error
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, args=(0.05,), name="metrics", daemon=True
    )
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Asked(BaseHTTPRequestHandler):
    timeout = 5
    text: Callable[[], str]

    def do_GET(self) -> None:  # the name that http.server looks for
        if self.path.partition("?")[0] != "/metrics":
            self._answer(_NOT_FOUND, "only /metrics is here\n")
            return
        try:
            self._answer(_OK, self.text())
        except FlowForgeError as error:
            self._answer(_FAILED, f"{error}\n")

    def _answer(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name there
        """Write no line for each look."""
