"""The same bot against somebody else's emulator: npm `telegram-test-api`."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from tests.lab.telegram import bot_lab, flow, serving

PACKAGE = "telegram-test-api@4.2.1"
RUN = """
const Server = require('telegram-test-api');
const server = new Server({port: Number(process.argv[2]), host: '127.0.0.1', storage: 'RAM', storeTimeout: 600});
server.start().then(() => console.log('up'));
process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
"""
TALK = """
  start: {kind: trigger.command, config: {command: age}, next: ask}
  ask:
    kind: flow.wait_reply
    config: {text: "How old are you?", expects: integer, timeout: 1m}
    next: {received: tell, timeout: tell}
  tell: {kind: message.text, config: {text: "{{ nodes.ask.value }} it is"}}
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """A folder in which the package is installed; `FLOWFORGE_NODE_PEERS` names one that is there."""
    if os.environ.get("FLOWFORGE_NODE_PEERS"):
        return Path(os.environ["FLOWFORGE_NODE_PEERS"])
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("peers")
    install = ["npm", "install", "--no-audit", "--no-fund", PACKAGE]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{PACKAGE} cannot be installed here: {done.stderr[-200:]}")
    return folder


@pytest.fixture
def emulator(modules, tmp_path):
    script = modules / "run.cjs"
    script.write_text(RUN)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        ["node", script.name, str(port)], cwd=modules, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}")
        process.terminate()


def test_a_conversation_is_held_with_the_emulator_too(emulator, tmp_path):
    person = {
        "botToken": "1000:local",
        "from": {"id": 7, "first_name": "A"},
        "chat": {"id": 7, "type": "private", "first_name": "A"},
        "date": int(time.time()),
    }

    def says(text, path="sendMessage"):
        extra = (
            {"entities": [{"offset": 0, "length": len(text), "type": "bot_command"}]}
            if path == "sendCommand"
            else {}
        )
        httpx.post(
            f"{emulator.url}/{path}", json=person | {"text": text} | extra
        ).raise_for_status()

    def sees():
        for _ in range(200):
            found = httpx.post(
                f"{emulator.url}/getUpdates", json={"token": "1000:local", "chatId": 7}
            ).json()["result"]
            if found:
                return [one["message"]["text"] for one in found]
            time.sleep(0.05)
        return []

    with bot_lab(tmp_path, emulator) as lab:
        lab.activate(flow(tmp_path, "age", TALK))
        with serving(lab):
            says("/age", "sendCommand")
            asked = sees()
            says("41")
            told = sees()

    assert (asked, told) == (["How old are you?"], ["41 it is"])
