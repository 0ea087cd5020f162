"""The queue of a server: told, held, worked on; with a broker, what comes in is left to workers."""

import threading
import time

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError
from flowforge_lab.settings import Settings
from tests.redis_server import redis_server

from .conftest import Served, make_folder

HOOK = """\
inputs: {n: {type: integer, default: 0}}
nodes:
  in: {kind: trigger.webhook, config: {answer: with_result, wait: 10s}, next: work}
  work: {kind: action.transform, config: {value: inputs.n + 1}, next: done}
  done: {kind: flow.end, config: {result: nodes.work.value}}
"""


@pytest.fixture(scope="module")
def remote(lab):
    with ff.connect(lab.url) as remote:
        yield remote


@pytest.fixture
def paused(remote):
    remote.queue.pause()
    yield remote
    remote.queue.resume()


@pytest.mark.slow
def test_the_queue_tells_how_it_stands(lab, http):
    lab.start("asks")

    stats = lab.wait_for(lambda: http.get("/api/queue/stats").json())

    assert stats["waiting"] + stats["running"] >= 1
    assert {"state", "ready", "delayed", "running_here", "free_here"} <= stats.keys()
    assert http.get("/api/queue/state").json() == {"state": "running", "has_broker": False}


@pytest.mark.slow
def test_what_comes_in_while_the_queue_is_paused_is_kept_for_later(lab, paused):
    lab.wait_for(lambda: lab.parts.executions.is_queueing)
    id = paused.start("hello")

    assert paused.get(id).status == "queued"
    assert paused.queue.state() == "paused"
    assert paused.queue.process() is None
    with pytest.raises(ConflictError, match="paused"):
        paused.queue.drain()
    paused.queue.resume()
    assert paused.wait(id).result == "hello world"


@pytest.mark.slow
def test_what_is_put_is_run_and_drained(remote):
    id = remote.queue.put("hello", {"name": "Bo"}, priority=3)
    later = remote.queue.put("hello", delay=3600)

    left = remote.queue.drain(timeout=10)

    assert remote.wait(id).result == "hello Bo"
    assert (left.ready, left.running, left.delayed) == (0, 0, 1)
    assert remote.get(later).status == "queued"
    remote.cancel(later)


@pytest.fixture
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def broking(tmp_path, redis):
    with Served(make_folder(tmp_path), queue_url=redis.url) as lab:
        yield lab


@pytest.fixture
def working(broking):
    """Have a worker of the lab work meanwhile."""
    over = threading.Event()
    settings = Settings(
        owner_linger_seconds=0.5, poll_seconds=0.05, queue_url=broking.parts.settings.queue_url
    )
    with ff.open_lab(broking.root, settings=settings) as worker:
        thread = threading.Thread(target=worker.queue.work, kwargs={"until": over.is_set})
        thread.start()
        yield worker
        over.set()
        thread.join(10)


@pytest.mark.slow
def test_with_a_broker_a_server_runs_nothing_of_what_comes_in(broking):
    broking.write("hook", HOOK.replace("with_result", "at_once"))
    hooked = broking.http.post("/api/webhooks/hook", json={"n": 1}).json()["execution_id"]
    started = broking.start("hello")
    time.sleep(0.5)

    with ff.connect(broking.url) as remote:
        assert [remote.get(id).status for id in (hooked, started)] == ["queued", "queued"]
        assert remote.queue.stats().ready == 2
    assert broking.parts.executions._handles == {}


@pytest.mark.slow
def test_a_webhook_answers_with_the_result_of_a_worker(broking, working):
    broking.write("hook", HOOK)

    answers = [broking.http.post("/api/webhooks/hook", json={"n": n}) for n in range(3)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, 1),
        (200, 2),
        (200, 3),
    ]


@pytest.mark.slow
def test_an_answer_to_a_wait_goes_on_in_a_worker(broking, working):
    with ff.connect(broking.url) as remote:
        id = remote.start("asks")
        [wait] = broking.wait_for(lambda: remote.waits.list(id))
        remote.waits.answer(wait.key, {"ok": 5})

        assert remote.wait(id).result == 5
        anew = remote.restart(remote.run("hello").execution_id)
        assert remote.wait(anew).status == "succeeded"
    assert broking.parts.executions._handles == {}
