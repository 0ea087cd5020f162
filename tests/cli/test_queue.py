"""`flowforge queue` and `flowforge worker`."""

import signal
import time

import pytest

from flowforge_lab import open_lab
from flowforge_lab.settings import Settings
from tests.redis_server import redis_server


@pytest.fixture
def redis(tmp_path_factory, monkeypatch):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        monkeypatch.setenv("FLOWFORGE_QUEUE_URL", server.url)
        monkeypatch.setenv("FLOWFORGE_QUEUE_VISIBILITY_SECONDS", "1")
        yield server


SOON = 15  # a second or two where nothing else runs


def put(folder, source, count=1, **settings):
    with open_lab(folder, settings=Settings(owner_linger_seconds=0.5, **settings)) as lab:
        return [lab.queue.put(source) for _ in range(count)]


def wait_until(holds, seconds=60):
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@pytest.mark.slow
def test_a_queue_is_paused_processed_and_counted(flowforge, folder):
    [id] = put(folder, folder / "hello.flow.yaml")

    assert flowforge("queue", "pause", "--json").json == {"state": "paused"}
    assert flowforge("queue", "process").out == "nothing is due\n"
    assert flowforge("queue", "resume").out == "running\n"
    assert flowforge("queue", "stats", "--json").json["ready"] == 1
    assert flowforge("queue", "process", "--json").json == {
        "execution_id": id,
        "status": "succeeded",
    }
    assert flowforge("queue", "drain", "--json").json["ready"] == 0
    assert flowforge("queue", "state").out == "running\n"
    assert "ready" in flowforge("queue", "stats").out


@pytest.mark.slow
def test_a_queue_that_does_not_empty_in_time_is_a_conflict(flowforge, folder):
    put(folder, folder / "hello.flow.yaml")

    answer = flowforge("queue", "drain", "--timeout", "0.1", "--json")

    assert answer.code == 4
    assert "1 executions are ready" in answer.error["message"]


def test_a_worker_without_a_broker_says_what_to_set(flowforge, folder):
    flowforge("init")

    answer = flowforge("worker", "--json")

    assert answer.code == 2
    assert "FLOWFORGE_QUEUE_URL" in answer.error["message"]


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_what_a_worker_ran_when_it_was_stopped_goes_on_in_another(
    process, folder, redis, slow_workflow
):
    ids = put(folder, slow_workflow(5), count=5, queue_url=redis.url)
    process("serve")
    first = process("worker")
    with open_lab(folder, settings=Settings(owner_linger_seconds=0.5)) as lab:
        wait_until(lambda: lab.queue.stats().running == 5)
        first.send_signal(signal.SIGTERM)
        first.wait(SOON)
        second = process("worker")
        wait_until(lambda: all(lab.get(id).is_finished for id in ids), 40)
        second.send_signal(signal.SIGTERM)

        assert {lab.get(id).status for id in ids} == {"succeeded"}
    assert first.returncode == 0
    assert first.communicate()[1] == ""


@pytest.mark.slow
def test_a_worker_stops_in_time_while_its_broker_is_gone(process, folder, redis):
    put(folder, folder / "hello.flow.yaml", queue_url=redis.url)
    worker = process("worker")
    assert worker.stdout.readline().startswith("working for")
    time.sleep(0.5)
    redis.kill()
    time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    worker.wait(SOON)

    assert worker.communicate()[1] == ""
