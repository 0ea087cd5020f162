"""A lab that is served on a free port, on a loop of its own thread, with a client for it."""

import asyncio
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from flowforge_lab.api import Access, Server, listen, terms_of
from flowforge_lab.lab import FOLDER, Parts
from flowforge_lab.settings import Settings
from tests.conftest import labs_in_database

HELLO = """\
inputs: {name: {type: string, default: world}}
nodes:
  start: {kind: trigger.manual, next: greet}
  greet: {kind: action.transform, config: {value: "'hello ' + inputs.name"}, next: done}
  done: {kind: flow.end, config: {result: nodes.greet.value}}
"""
FAILS = """\
nodes:
  start: {kind: trigger.manual, next: stop}
  stop: {kind: flow.end, config: {status: failed, message: no luck}}
"""
ASKS = """\
nodes:
  start: {kind: trigger.manual, next: ask}
  ask:
    kind: flow.wait_webhook
    config: {expects: {type: object, required: [ok]}, response: thank you}
    next: {received: done}
  done: {kind: flow.end, config: {result: nodes.ask.answer.ok}}
"""


class Served:
    """A lab, its server and a client; `run` runs a coroutine where they live."""

    def __init__(self, root, host="127.0.0.1", **settings):
        self.root = root
        self._host = host
        self._settings = Settings(owner_linger_seconds=0.5, poll_seconds=0.05, **settings)
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        self._loop.run_until_complete(self._serve())
        for task in asyncio.all_tasks(
            self._loop
        ):  # what libraries leave behind, as asyncio.run does
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _serve(self):
        async with Parts(self.root, self._settings) as self.parts:
            self.listener = listen(self._host)
            self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
            terms = terms_of(self._settings, self._host)
            access = Access(self.parts.access, self.parts.clock, terms)
            self.server = Server(self.parts, access, self.listener)
            self._loop.call_later(0.05, self._is_up.set)
            await self.server.run()

    def __enter__(self):
        self._thread.start()
        assert self._is_up.wait(10)
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False)
        return self

    def __exit__(self, *_error):
        self.http.close()
        self._loop.call_soon_threadsafe(self.server.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def write(self, id, text, *, is_active=True):
        (self.root / f"{id}.flow.yaml").write_text(text)
        self._written_at = datetime.now(UTC).isoformat()
        if is_active:
            answer = self.http.post(f"/api/workflows/{id}/activate")
            assert answer.status_code == 200, answer.text

    def total(self):
        """How many executions there are since a workflow was written last."""
        asked = {"since": self._written_at}
        return self.http.get("/api/executions", params=asked).json()["total"]

    def start(self, id, **fields):
        begun = self.http.post("/api/executions", json={"workflow_id": id, **fields})
        assert begun.status_code in {200, 201}, begun.text
        return begun.json()["execution_id"]

    def wait_for(self, is_so, seconds=10):
        ends_at = time.monotonic() + seconds
        while not (found := is_so()):
            assert time.monotonic() < ends_at, "it did not come to that"
            time.sleep(0.02)
        return found


def make_folder(path):
    (path / FOLDER).mkdir(mode=0o700)
    (path / "nodes").symlink_to(Path(__file__).parents[1] / "kinds")
    for name, text in (("hello", HELLO), ("fails", FAILS), ("asks", ASKS)):
        (path / f"{name}.flow.yaml").write_text(text)
    return path


@pytest.fixture(scope="module", autouse=True)
def keeper_of_shared_labs(request):
    with labs_in_database(request):
        yield


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One lab for all tests of a file: to start one takes half a second."""
    with Served(make_folder(tmp_path_factory.mktemp("lab"))) as lab:
        lab.http.get("/api/executions")  # DuckDB takes a second to load
        yield lab


@pytest.fixture
def http(lab):
    return lab.http
