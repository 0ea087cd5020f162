"""How JupyterLab is started for a lab: nothing asked of the network, a token of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

from flowforge_lab.errors import NotFoundError, SettingsError

from .serving import BESIDE_KEY

FIRST_NOTEBOOK = "notebooks/01-first-workflow.ipynb"
_FIRST_PORT = 8888
_PORTS = 100
_UP_SECONDS = 120
_LOOK_SECONDS = 0.2


class JupyterServer:
    """The command line, environment and address of JupyterLab on a lab.

    Raises:
        NotFoundError: JupyterLab is not installed; the text says how to install it.
        SettingsError: the port is taken.
    """

    def __init__(self, root: Path, port: int = 0) -> None:
        if find_spec("jupyterlab") is None:
            msg = f'JupyterLab is not installed: {sys.executable} -m pip install "flowforge-lab[lab]"'
            raise NotFoundError(msg)
        self._root = root
        self._port = _free_port(port)
        self._token = secrets.token_hex(24)

    @property
    def command(self) -> list[str]:
        """The command line; the token is not on it, since every user of the machine could read it.

        The server ends when its stdin is closed.
        """
        return [
            sys.executable,
            "-m",
            "flowforge_lab.cli.leash",
            "jupyterlab",
            "--no-browser",
            "-y",
            f"--ServerApp.root_dir={self._root}",
            f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.jpserver_extensions=ipyflow=False",  # its kernel is enough
            "--ServerApp.allow_external_kernels=True",  # so that kernels that failed can be looked into
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
            "--Application.log_level=WARN",
            *(("--allow-root",) if _is_root() else ()),
        ]

    def environment_with(self, facts: Path, key: str) -> dict[str, str]:
        """Return the environment of the server, beside which the host runs that `facts` and `key` lead to."""
        return {
            **os.environ,
            "JUPYTER_TOKEN": self._token,
            "FLOWFORGE_LAB": str(self._root),
            "FLOWFORGE_BESIDE_FACTS": str(facts),
            BESIDE_KEY: key,
        }

    @property
    def url(self) -> str:
        """The address to open: the first notebook, or the lab's folder where it has none."""
        page = f"/tree/{FIRST_NOTEBOOK}" if (self._root / FIRST_NOTEBOOK).is_file() else ""
        return f"http://127.0.0.1:{self._port}/lab{page}?token={self._token}"

    def wait_until_up(self, process: subprocess.Popen[bytes]) -> bool:
        """Return whether the server answers; false if its process ended or took too long."""
        for _ in range(int(_UP_SECONDS / _LOOK_SECONDS)):
            if process.poll() is not None:
                return False
            if self._answers():
                return True
            time.sleep(_LOOK_SECONDS)  # noqa: TID251  # waits for another process, no engine is here
        return False

    def _answers(self) -> bool:
        """Return whether it is up; another server that was quicker to take the port refuses the token."""
        address = f"http://127.0.0.1:{self._port}/api/status"
        asked = Request(address, headers={"Authorization": f"token {self._token}"})
        try:
            with _direct.open(asked, timeout=2) as answer:
                return bool(answer.status)
        except OSError:
            return False

    @property
    def is_crowded_out(self) -> bool:
        """Whether somebody else has its port by now."""
        return not _is_free(self._port)


def _is_root() -> bool:
    """Return whether this is root, as in many containers; JupyterLab then wants to be told to start."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


_direct = build_opener(ProxyHandler({}))  # our own machine is not asked through a proxy


def _free_port(wanted: int) -> int:
    ports = [wanted] if wanted else range(_FIRST_PORT, _FIRST_PORT + _PORTS)
    for port in ports:
        if _is_free(port):
            return port
    what = f"port {wanted} is taken" if wanted else f"no free port from {_FIRST_PORT} up"
    msg = f"{what}; name another with --port"
    raise SettingsError(msg)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
