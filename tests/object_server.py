"""A local server that speaks S3's protocol, in a process of its own, which tests may stop and start again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx

_SERVE = """
import logging, sys
from moto.server import create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").disabled = True
make_server("127.0.0.1", int(sys.argv[1]), create_backend_app("s3"), threaded=True).serve_forever()
"""


class ObjectServer:
    """Holds its objects in memory: `freeze` keeps them and answers nobody, `thaw` goes on."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._buckets = 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _SERVE, str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends_at = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < ends_at, "the object server did not come up"
            time.sleep(0.1)

    def _answers(self):
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(self.url).status_code == 200
        return False

    def new_bucket(self):
        """Return the name of an empty bucket."""
        self._buckets += 1
        name = f"lab-{self._buckets}"
        httpx.put(f"{self.url}/{name}").raise_for_status()
        return name

    def kill(self):
        self._process.kill()
        self._process.wait()

    def freeze(self):
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self._process.pid, signal.SIGCONT)
