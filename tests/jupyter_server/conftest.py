"""A real Jupyter server with our addresses, at a base URL of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
BASE = "/x/y/"
TOKEN = "a-token-of-jupyter"
OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.jpserver_extensions={'flowforge_lab.jupyter_server': True, 'ipyflow': False}",
    f"--ServerApp.base_url={BASE}",
    f"--IdentityProvider.token={TOKEN}",
]


class JupyterServer:
    """A Jupyter server on a folder, and callers of it: `known` shows its token, `stranger` nothing."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self._log = log
        with log.open("wb") as told:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyter_server"),
                    *OPTIONS,
                    f"--ServerApp.root_dir={folder}",
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(log.parent)},
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.url = f"http://127.0.0.1:{self._port()}{BASE}"
        self.stranger = httpx.Client(base_url=self.url, timeout=60)
        headers = {"Authorization": f"token {TOKEN}"}
        self.known = httpx.Client(base_url=self.url, timeout=60, headers=headers)

    def _port(self) -> str:
        deadline = time.monotonic() + 60
        while not (found := re.search(rf"http://127\.0\.0\.1:(\d+){BASE}", self._log.read_text())):
            assert time.monotonic() < deadline, self._log.read_text()
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        return found[1]

    def signed_in(self) -> httpx.Client:
        """Return a caller with the cookie of a browser that is signed in, and without its XSRF token."""
        client = httpx.Client(base_url=self.url, timeout=60)
        client.get("tree", params={"token": TOKEN})
        client.get("api/contents", params={"token": TOKEN})
        return client

    def close(self) -> None:
        self.stranger.close()
        self.known.close()
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "hello.flow.yaml").write_text("nodes: {start: {kind: trigger.manual}}\n")
    server = JupyterServer(folder, tmp_path_factory.mktemp("log") / "jupyter.log")
    yield server
    server.close()
