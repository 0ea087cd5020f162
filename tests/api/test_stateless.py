"""A server without a memory, under a plain ASGI server: whatever a request starts is done when it is answered."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flowforge_lab.access import Gatehouse
from flowforge_lab.api import Stateless
from flowforge_lab.clock import SystemClock
from flowforge_lab.lab import FOLDER

from .conftest import make_folder

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
NAPS = """\
settings: {durability: step}
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: 2s}, next: done}
  done: {kind: flow.end, config: {result: "'awake'"}}
"""
TICKS = """\
nodes:
  tick: {kind: trigger.schedule, config: {cron: "* * * * * *"}, next: done}
  done: {kind: flow.end, config: {result: "'ticked'"}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_OWNER_LINGER_SECONDS", "0.5")
    folder = make_folder(tmp_path)
    (folder / "naps.flow.yaml").write_text(NAPS)
    (folder / "ticks.flow.yaml").write_text(TICKS)
    return folder


@pytest.fixture
def token(folder):
    gate = Gatehouse(folder / FOLDER, SystemClock(), lambda value: value)
    return gate.tokens.create("caller")


@pytest.fixture
def ask(folder, token):
    """Ask an app of the folder; no server, no loop, nothing is there between two requests."""

    def ask(method, path, **sent):
        async def once():
            before = asyncio.all_tasks()
            transport = httpx.ASGITransport(Stateless(folder))
            shown = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://lab", headers=shown
            ) as client:
                answer = await client.request(method, path, **sent)
            assert asyncio.all_tasks() == before, "something runs on behind the answer"
            return answer

        return asyncio.run(once())

    return ask


def test_what_a_request_starts_is_over_when_it_is_answered(ask):
    begun = ask("POST", "/api/executions", json={"workflow_id": "hello"})
    found = ask("GET", f"/api/executions/{begun.json()['execution_id']}").json()

    assert begun.status_code == 201
    assert (found["status"], found["result"]) == ("succeeded", "hello world")


def test_everybody_has_to_say_who_they_are(folder):
    async def once():
        transport = httpx.ASGITransport(Stateless(folder))
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.post("/api/queue/process")

    assert asyncio.run(once()).status_code == 401


def test_live_events_are_for_servers_that_stay(ask):
    answer = ask("GET", "/api/workflows/hello/stream")

    assert (answer.status_code, answer.json()["code"]) == (501, "server.stateless")


def test_schedules_fire_by_calls_and_each_time_once(ask):
    ask("POST", "/api/workflows/ticks/activate")
    time.sleep(1.2)
    ask("POST", "/api/queue/process")
    found = ask("GET", "/api/executions", params={"workflowId": "ticks"}).json()

    assert found["total"] >= 1
    assert {one["status"] for one in found["items"]} == {"succeeded"}
    times = [one["started_at"] for one in found["items"]]
    assert len(set(times)) == len(times)


def test_a_wait_that_is_over_goes_on_with_the_next_call(ask, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_STATELESS_SECONDS", "0.3")
    begun = ask("POST", "/api/executions", json={"workflow_id": "naps"}).json()
    id = begun["execution_id"]
    before = ask("GET", f"/api/executions/{id}").json()["status"]
    time.sleep(2)
    monkeypatch.setenv("FLOWFORGE_STATELESS_SECONDS", "10")
    ends_at = time.monotonic() + 20
    while ask("GET", f"/api/executions/{id}").json()["status"] != "succeeded":
        ask("POST", "/api/queue/process")
        assert time.monotonic() < ends_at

    assert before in {"running", "waiting"}
    assert ask("GET", f"/api/executions/{id}").json()["result"] == "awake"


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_plain_server_runs_it_from_the_present_folder(folder, token, unused_port):
    command = [sys.executable, "-m", "uvicorn", "flowforge_lab.api:stateless_app"]
    child = subprocess.Popen(
        [*command, "--port", str(unused_port), "--log-level", "error"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    shown = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{unused_port}", headers=shown) as client:
        ends_at = time.monotonic() + 20
        while True:
            try:
                live = client.get("/health/live", timeout=10)
                break
            except httpx.TransportError:
                assert time.monotonic() < ends_at
                time.sleep(0.1)
        sent = {"workflow_id": "hello", "inputs": {"name": "you"}, "wait": 10}
        begun = client.post("/api/executions", json=sent, timeout=20)
    child.send_signal(signal.SIGTERM)

    assert live.status_code == 200
    assert begun.json()["result"] == "hello you"
    assert child.wait(10) in {0, -signal.SIGTERM}


def test_assistants_are_sent_to_a_server_that_stays(folder, token):
    async def ask():
        transport = httpx.ASGITransport(Stateless(folder))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.post("/mcp", json={}, headers=headers)

    answer = asyncio.run(ask())

    assert (answer.status_code, answer.json()["code"]) == (503, "mcp.unavailable")
