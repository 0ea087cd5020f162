"""What the tests of importers share: the documents of other products, and a service that they call."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flowforge_lab.importers import read_foreign

DOCUMENTS = Path(__file__).parent / "documents"
NAMES = sorted(path.name for path in DOCUMENTS.iterdir())


def text_of(name, port=8000):
    return (DOCUMENTS / name).read_text("utf-8").replace("PORT", str(port))


def imported(name):
    return read_foreign(text_of(name), stem=name.partition(".")[0])


def lines_of(found):
    return {line.name: line for line in found.lines}


@contextmanager
def service(answers):
    """Serve JSON answers by path, and give the port and what was sent."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            told.append((self.path, self.rfile.read(length), dict(self.headers)))
            body = json.dumps(answers[self.path.partition("?")[0]]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name is the library's

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield server.server_address[1], told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
