"""The queue: priorities, delays, pauses, what is left of it; and a broker that carries it."""

import asyncio
import threading
import time

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, SettingsError
from flowforge_lab.events import ExecutionResumed
from flowforge_lab.services import QueueStats
from flowforge_lab.settings import Settings
from flowforge_lab.store import Variable
from tests.redis_server import redis_server

FLOW = """\
inputs: {n: {type: integer, default: 0}}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: inputs.n}}
"""


@pytest.fixture
def flow(folder):
    path = folder / "flow.flow.yaml"
    path.write_text(FLOW)
    return path


@pytest.fixture
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def queued(folder, redis):
    settings = Settings(
        owner_linger_seconds=0.5,
        poll_seconds=0.05,
        queue_url=redis.url,
        queue_visibility_seconds=0.5,
    )
    with ff.open_lab(folder, settings=settings) as lab:
        yield lab


def look(lab):
    lab._loop.run_sync(lab.parts.host.look())


def test_the_higher_priority_is_processed_first(lab, flow):
    low = lab.queue.put(flow, priority=1)
    high = lab.queue.put(flow, priority=9)

    done = [lab.queue.process().execution_id for _ in range(2)]

    assert done == [high, low]
    assert lab.queue.process() is None


@pytest.mark.slow
def test_what_is_delayed_is_not_ready_before_its_time(lab, flow):
    lab.queue.put(flow, delay=60)
    soon = lab.queue.put(flow, delay=0.2)
    first = lab.queue.stats()
    time.sleep(0.25)

    assert (first.delayed, first.ready) == (2, 0)
    assert lab.queue.process().execution_id == soon
    assert lab.queue.stats().delayed == 1


@pytest.mark.slow
def test_a_paused_queue_keeps_what_is_due_also_for_a_host(lab, flow, folder, settings):
    lab.queue.put(flow)
    lab.queue.pause()
    look(lab)
    with ff.open_lab(folder, settings=settings) as other:
        assert other.queue.state() == "paused"
        assert other.queue.process() is None
        with pytest.raises(ConflictError, match="paused: 1 executions are ready"):
            other.queue.drain()

    lab.queue.resume()
    look(lab)

    assert lab.queue.drain(timeout=5) == QueueStats("running")
    assert list(lab.audit(action="queue")["action"]) == ["queue.resumed", "queue.paused"]


@pytest.mark.slow
def test_drain_gives_up_after_its_time(lab, flow):
    lab.queue.put(flow)

    with pytest.raises(ConflictError, match=r"not empty after 0\.1 s: 1 executions are ready"):
        lab.queue.drain(timeout=0.1)


def test_failed_executions_and_waits_are_counted(lab, folder):
    path = folder / "bad.flow.yaml"
    path.write_text(
        'nodes:\n  s: {kind: trigger.manual, next: w}\n  w: {kind: action.transform, config: {value: "1 / 0"}}\n'
    )
    wait = folder / "wait.flow.yaml"
    wait.write_text(
        "nodes:\n  s: {kind: trigger.manual, next: w}\n  w: {kind: flow.delay, config: {duration: 1h}}\n"
    )
    lab.run(path)
    lab.queue.put(wait)

    assert lab.queue.process().status == "waiting"
    assert lab.queue.stats() == QueueStats("running", delayed=1, failed=1)


def test_what_waits_for_an_answer_with_a_time_limit_is_waiting_and_not_delayed(lab, folder):
    path = folder / "ask.flow.yaml"
    path.write_text(
        "nodes:\n  s: {kind: trigger.manual, next: w}\n"
        "  w: {kind: flow.wait_webhook, config: {timeout: 1h}}\n"
    )
    lab.queue.put(path)

    assert lab.queue.process().status == "waiting"
    assert lab.queue.stats() == QueueStats("running", waiting=1)


def test_without_a_broker_there_is_nothing_to_work_on(lab):
    with pytest.raises(SettingsError, match="FLOWFORGE_QUEUE_URL"):
        lab.queue.work()


def test_a_worker_takes_no_id_that_is_unknown_over_or_not_due(queued, flow):
    over = queued.run(flow).execution_id
    later = queued.queue.put(flow, delay=60)
    take = queued.parts.worker.take

    taken = [queued._loop.run_sync(take(id)) for id in ("gone", over, later)]

    assert taken == [False, False, False]
    assert queued.queue.stats().delayed == 1


def test_an_id_that_comes_twice_runs_once(queued, flow):
    id = queued.queue.put(flow)
    take = queued.parts.worker.take

    async def twice():
        return await asyncio.gather(take(id), take(id))

    taken = queued._loop.run_sync(twice())
    queued.wait(id)

    assert sorted(taken) == [False, True]
    assert sum(isinstance(entry.event, ExecutionResumed) for entry in queued.entries(id)) == 1


def test_a_worker_drops_what_comes_while_the_queue_is_paused(queued, flow):
    id = queued.queue.put(flow)
    queued.queue.pause()

    assert queued._loop.run_sync(queued.parts.worker.take(id)) is False
    assert queued.queue.stats() == QueueStats("paused", ready=1)


@pytest.mark.slow
def test_a_host_with_a_broker_runs_nothing_itself_and_sends_an_id_once(queued, flow):
    queued.queue.put(flow)
    hand_out = queued.parts.handing.hand_out

    sent = [queued._loop.run_sync(hand_out()) for _ in range(3)]

    assert sent == [1, 0, 0]
    assert queued.queue.stats().ready == 1


@pytest.mark.slow
def test_what_a_broker_lost_is_handed_out_again(queued, flow, redis):
    queued.queue.put(flow)
    look(queued)
    redis.kill()
    redis.start()
    time.sleep(0.6)

    again = queued._loop.run_sync(queued.parts.handing.hand_out())

    assert again == 1


@pytest.mark.slow
def test_a_backlog_that_nobody_works_on_is_not_sent_again(queued, flow):
    queued.queue.put(flow)
    look(queued)
    time.sleep(0.6)

    assert queued._loop.run_sync(queued.parts.handing.hand_out()) == 0


@pytest.mark.slow
def test_a_host_outlives_a_broker_that_is_gone(queued, flow, redis, caplog):
    redis.kill()
    queued.queue.put(flow)
    look(queued)
    look(queued)

    assert [record.message[:23] for record in caplog.records if "handed" in record.message] == [
        "nothing is handed out: "
    ]
    redis.start()
    assert queued._loop.run_sync(queued.parts.handing.hand_out()) == 1


@pytest.mark.slow
def test_of_two_hosts_one_hands_out(queued, flow, folder):
    queued.queue.put(flow)
    look(queued)
    with ff.open_lab(folder, settings=queued.settings) as other:
        assert other._loop.run_sync(other.parts.handing.hand_out()) == 0


def test_what_a_host_starts_is_left_to_workers_and_runs_here_once_it_is_no_host(queued, flow):
    queued.serve(until=iter([False, True]).__next__)
    look(queued)
    left = queued.start(flow)
    queued.parts.host.leave()

    assert queued.get(left).status == "queued"
    assert queued.run(flow).status == "succeeded"


@pytest.mark.slow
def test_a_turn_that_was_taken_before_the_clock_was_set_back_is_free(queued, flow):
    queued.queue.put(flow)
    ahead = queued.parts.clock.stamp() + 3_600_000_000
    dead = Variable("queue", "", "dispatcher", "somebody", ahead)
    queued._loop.run_sync(queued.parts.store.variables.set(dead))

    assert queued._loop.run_sync(queued.parts.handing.hand_out()) == 1


@pytest.mark.slow
def test_what_is_urgent_overtakes_a_long_line(queued, flow):
    lab = queued
    for _ in range(450):
        lab.queue.put(flow, priority=1)
    look(lab)
    urgent = lab.queue.put(flow, priority=9)
    due = lab._loop.run_sync(lab.parts.executions.due(limit=1))

    assert due[0].execution_id == urgent
    assert lab._loop.run_sync(lab.parts.handing.hand_out()) == 1


@pytest.mark.slow
def test_host_and_worker_finish_what_is_queued(queued, flow, folder):
    ids = [queued.queue.put(flow, {"n": n}) for n in range(20)]
    done = threading.Event()
    with ff.open_lab(folder, settings=queued.settings) as worker:
        working = threading.Thread(target=worker.queue.work, kwargs={"until": done.is_set})
        working.start()
        try:
            queued.serve(until=lambda: queued.get(ids[-1]).is_finished)
            queued.queue.drain(timeout=10)
        finally:
            done.set()
            working.join()

    results = [queued.wait(id).result["work"]["value"] for id in ids]

    assert results == list(range(20))


@pytest.mark.parametrize("url", ["http://x", "redis:/x", "localhost:6379", "ftp://h"])
def test_an_address_of_a_queue_that_cannot_be_is_refused(url):
    with pytest.raises(ValueError, match="expected an address such as 'redis://host:6379/0'"):
        Settings(queue_url=url)


def test_rabbitmq_is_spoken_to_with_confirmed_and_durable_messages():
    from flowforge_lab.clients.broker import _made

    made = _made("amqp://guest:secret@127.0.0.1:1/%2F?heartbeat=30")

    assert made.confirm_delivery
    assert made.middleware == []
    assert made.parameters.port == 1
