"""The same webhook with Node-RED, which keeps nothing: called by `wrk` on the same machine."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

from .figures import Figure
from .webhook_figures import SECONDS, WARM_SECONDS, press

INSTALL_SECONDS = 300
START_SECONDS = 60
FLOW = [
    {"id": "flow", "type": "tab", "label": "hook"},
    {
        "id": "hook",
        "type": "http in",
        "z": "flow",
        "url": "/hook",
        "method": "post",
        "wires": [["change"]],
    },
    {
        "id": "change",
        "type": "function",
        "z": "flow",
        "func": "msg.payload = {total: msg.payload.amount * 2, who: msg.payload.name}; return msg;",
        "outputs": 1,
        "wires": [["check"]],
    },
    {
        "id": "check",
        "type": "switch",
        "z": "flow",
        "property": "payload.total",
        "propertyType": "msg",
        "rules": [{"t": "gt", "v": "10", "vt": "num"}, {"t": "else"}],
        "outputs": 2,
        "wires": [["keep"], ["keep"]],
    },
    {
        "id": "keep",
        "type": "change",
        "z": "flow",
        "rules": [{"t": "set", "p": "total", "pt": "global", "to": "payload.total", "tot": "msg"}],
        "wires": [["end"]],
    },
    {"id": "end", "type": "http response", "z": "flow", "statusCode": "200", "wires": []},
]


def measure(folder: Path) -> list[Figure]:
    """Return what Node-RED does of the webhook; raises `OSError` where there is no npm or no `wrk`."""
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not here"
        raise FileNotFoundError(msg)
    subprocess.run(
        [
            npm,
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            "node-red",
        ],
        check=True,
        capture_output=True,
        timeout=INSTALL_SECONDS,
    )
    (folder / "flows.json").write_text(json.dumps(FLOW))
    with _running(folder) as url:
        press(url, folder, WARM_SECONDS)
        seen = press(url, folder, SECONDS)
    about = json.loads((folder / "node_modules" / "node-red" / "package.json").read_text())
    name = f"Node-RED {about['version']}: the same webhook, nothing kept"
    return [
        Figure(name, seen.per_second, "/s"),
        Figure("... p99", seen.p99_ms, "ms"),
    ]


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    port = free_port()
    (folder / "settings.js").write_text(
        f"module.exports = {{uiHost: '127.0.0.1', uiPort: {port}, flowFile: 'flows.json',"
        " telemetry: {enabled: false}, logging: {console: {level: 'error'}}}"
    )
    command = ["node", "node_modules/node-red/red.js", "-u", ".", "-s", "settings.js"]
    environment = {**os.environ, "NO_UPDATE_NOTIFIER": "1"}
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/hook"
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str) -> None:
    request = urllib.request.Request(
        url, b'{"amount": 21, "name": "Ann"}', {"Content-Type": "application/json"}
    )
    ends_at = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()
            break
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.2)
