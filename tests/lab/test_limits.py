"""Rates, circuits and concurrency in a lab on its real store."""

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.cli.following import follow
from flowforge_lab.errors import ConflictError, SettingsError
from flowforge_lab.events import Logged
from flowforge_lab.settings import Settings

APPEND = """\
settings: {{{settings}}}
inputs: {{shop: {{type: string, default: a}}, seconds: {{type: number, default: 0.2}}}}
nodes:
  start: {{kind: trigger.manual, next: work}}
  work: {{kind: test.slow, config: {{seconds: "{{{{ inputs.seconds }}}}"}}}}
"""


def workflow(folder, settings, name="work"):
    path = folder / f"{name}.flow.yaml"
    path.write_text(APPEND.format(settings=settings))
    return path


def written(folder, text):
    (folder / ".flowforge").mkdir(exist_ok=True)
    (folder / ".flowforge" / "flowforge.toml").write_text(text)
    return ff.open_lab(folder, settings=Settings(owner_linger_seconds=0.5, poll_seconds=0.05))


def starts(lab, ids):
    return sorted(
        min(step.started_at for step in lab.steps_of(one) if step.node == "work") / 1e6
        for one in ids
    )


@pytest.mark.slow
def test_a_kind_runs_no_more_often_than_the_lab_says_and_the_wait_is_not_its_time(folder):
    text = """
nodes:
  start: {kind: trigger.manual, next: [a, b, c]}
  a: {kind: test.slow, timeout: 300ms, config: {seconds: 0}}
  b: {kind: test.slow, timeout: 300ms, config: {seconds: 0}}
  c: {kind: test.slow, timeout: 300ms, config: {seconds: 0}}
"""
    (folder / "three.flow.yaml").write_text(text)
    with written(folder, '[limits]\nkinds = {"test.slow" = "1/1200ms"}\n') as lab:
        outcome = lab.run(folder / "three.flow.yaml")

        logs = [entry.event for entry in lab.entries(outcome.execution_id)]
    told = [event.message for event in logs if isinstance(event, Logged)]
    assert outcome.status == "succeeded"
    assert 2.4 <= outcome.duration < 10
    assert any("waits" in line and "test.slow may run 1 times in 1.2 s" in line for line in told)


def test_an_execution_that_waits_for_its_turn_can_be_cancelled(folder):
    path = workflow(folder, "timeout: 1h")
    with written(folder, '[limits]\nkinds = {"test.slow" = "1/h"}\n') as lab:
        lab.run(path, {"seconds": 0})
        second = lab.start(path)
        lab.cancel(second)

        assert lab.wait(second).status == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('kinds = {"action.http_reqest" = "1/s"}', "did you mean 'action.http_request'?"),
        ('kinds = {"test.slow" = "often"}', "expected a rate such as '10/s'"),
        ('hosts = {"x.test" = 5}', "expected rates by name"),
        ('host = {"x.test" = "1/s"}', "did you mean 'hosts'?"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(folder, text, told):
    with pytest.raises(SettingsError, match=told.replace("?", r"\?")):
        written(folder, f"[limits]\n{text}\n")


@pytest.mark.slow
def test_a_workflow_starts_no_more_often_than_it_says(lab, folder):
    path = workflow(folder, "rate: 2/s")
    ids = [lab.start(path, {"seconds": 0}) for _ in range(4)]

    statuses = [lab.get(one).status for one in ids[2:]]
    outcomes = [lab.wait(one).status for one in ids]

    first, second, third, fourth = starts(lab, ids)
    assert statuses == ["queued", "queued"]
    assert outcomes == ["succeeded"] * 4
    assert third - first >= 0.3, (
        "half a second from its turn, and a turn is taken before the start"
    )
    assert fourth - second >= 0.9


@pytest.mark.slow
def test_a_start_that_waits_for_its_time_can_be_cancelled(lab, folder):
    path = workflow(folder, "rate: 1/h")
    lab.run(path, {"seconds": 0})
    late = lab.start(path)

    lab.cancel(late)

    assert lab.wait(late).status == "cancelled"


@pytest.mark.slow
def test_a_start_whose_time_has_come_still_waits_for_its_slot(lab, folder):
    path = workflow(folder, "rate: 1/100ms, concurrency: {limit: 1}")
    ids = [lab.start(path, {"seconds": 0.5}) for _ in range(3)]

    for one in ids:
        lab.wait(one)

    first, second, third = starts(lab, ids)
    assert second - first >= 0.5
    assert third - second >= 0.5


@pytest.mark.slow
def test_a_host_that_fails_is_seen_by_every_process_and_the_retry_waits_for_it(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    source = (
        ff.Workflow(id="ask")
        .with_node("start", "trigger.manual", next="ask")
        .with_node(
            "ask",
            "action.http_request",
            config={"url": f"http://127.0.0.1:{port}/", "allow_private": True},
            retry={"attempts": 4, "first": 0.01, "jitter": False},
        )
    )
    text = "[settings]\nbreaker_failures = 2\nbreaker_seconds = 1.5\n"
    (folder / ".flowforge").mkdir()
    (folder / ".flowforge" / "flowforge.toml").write_text(text)
    with ff.open_lab(folder) as lab, ff.open_lab(folder) as other:
        began = time.monotonic()
        outcome = lab.run(source)
        took = time.monotonic() - began
        [seen] = other.circuits()

    assert outcome.error.type in {"http.connect", "http.circuit_open"}
    assert took >= 1.5
    assert (seen.host, seen.failures) == (f"127.0.0.1:{port}", 3)


@pytest.mark.slow
def test_keys_have_slots_of_their_own(lab, folder):
    path = workflow(folder, 'concurrency: {limit: 1, key: "{{ inputs.shop }}", on_limit: fail}')
    ids = [lab.start(path, {"shop": shop, "seconds": 0.5}) for shop in ("a", "b", "a")]

    outcomes = [lab.wait(one) for one in ids]

    assert [one.status for one in outcomes] == ["succeeded", "succeeded", "failed"]
    assert outcomes[2].error.type == "concurrency.limit"


@pytest.mark.slow
def test_one_more_than_the_limit_is_dropped(lab, folder):
    path = workflow(folder, "concurrency: {on_limit: drop}")
    first = lab.start(path, {"seconds": 0.5})

    with pytest.raises(ConflictError, match="drops one more"):
        lab.start(path)

    assert lab.wait(first).status == "succeeded"


@pytest.mark.slow
def test_the_newest_takes_the_place_of_the_oldest(lab, folder):
    path = workflow(folder, "concurrency: {on_limit: replace}")
    first = lab.start(path, {"seconds": 30})
    second = lab.start(path, {"seconds": 0.1})

    assert lab.wait(second).status == "succeeded"
    assert lab.wait(first).status == "cancelled"


@pytest.mark.slow
def test_of_those_that_wait_the_higher_priority_goes_first(lab, folder):
    path = workflow(folder, "concurrency: {limit: 1}")
    first = lab.start(path, {"seconds": 0.5})
    low = lab.start(path, {"seconds": 0.1}, priority=-5)
    high = lab.start(path, {"seconds": 0.1}, priority=5)

    for one in (first, low, high):
        assert lab.wait(one).status == "succeeded"

    assert starts(lab, [high]) < starts(lab, [low])


@pytest.mark.slow
def test_more_than_the_process_runs_at_once_is_queued_and_picked_up(folder):
    path = workflow(folder, "timeout: 1h")
    settings = Settings(owner_linger_seconds=0.5, poll_seconds=0.05, max_running=2)
    with ff.open_lab(folder, settings=settings) as lab:
        ids = [lab.start(path, {"seconds": 0.3}) for _ in range(6)]
        statuses = {lab.get(one).status for one in ids[2:]}
        most = 0

        def is_over():
            nonlocal most
            most = max(most, len(lab.parts.engine.running))
            return all(lab.get(one).is_finished for one in ids)

        lab.serve(until=is_over)

    assert statuses == {"queued"}
    assert most == 2


@pytest.mark.slow
def test_what_is_queued_here_runs_here_without_a_host(folder):
    path = workflow(folder, "timeout: 1h")
    settings = Settings(owner_linger_seconds=0.5, max_running=3)
    with ff.open_lab(folder, settings=settings) as lab:
        begun = time.monotonic()
        ids = [lab.start(path, {"seconds": 0.3}) for _ in range(12)]
        while not all(lab.get(one).is_finished for one in ids):
            assert time.monotonic() - begun < 20
            time.sleep(0.05)

        assert {lab.get(one).status for one in ids} == {"succeeded"}
        assert _most_at_once(lab, ids) == 3


def _most_at_once(lab, ids):
    steps = [step for one in ids for step in lab.steps_of(one) if step.node == "work"]
    spans = [(step.started_at, step.started_at + step.duration * 1e6) for step in steps]
    return max(sum(a <= begin < b for a, b in spans) for begin, _ in spans)


@pytest.mark.slow
def test_many_starts_at_once_do_not_overfill_the_process(folder):
    path = workflow(folder, "timeout: 1h")
    settings = Settings(owner_linger_seconds=0.5, max_running=3)
    with ff.open_lab(folder, settings=settings) as lab:
        with ThreadPoolExecutor(9) as pool:
            ids = list(pool.map(lambda _: lab.start(path, {"seconds": 0.3}), range(9)))
        for one in ids:
            lab.wait(one)

        assert _most_at_once(lab, ids) == 3


@pytest.mark.slow
def test_waiting_for_what_is_queued_does_not_overfill_the_process(folder):
    path = workflow(folder, "timeout: 1h")
    settings = Settings(owner_linger_seconds=0.5, max_running=1)
    with ff.open_lab(folder, settings=settings) as lab:
        ids = [lab.start(path, {"seconds": 0.5}) for _ in range(2)]
        assert lab.wait(ids[1]).status == "succeeded"
        lab.wait(ids[0])

        assert _most_at_once(lab, ids) == 1


@pytest.mark.slow
def test_cancelling_what_is_queued_needs_no_room(folder):
    path = workflow(folder, "timeout: 1h")
    settings = Settings(owner_linger_seconds=0.5, max_running=1)
    with ff.open_lab(folder, settings=settings) as lab:
        first, second = (lab.start(path, {"seconds": 3}) for _ in range(2))
        lab.cancel(second)

        assert lab.wait(second).status == "cancelled"
        assert lab.get(first).status == "running"


STARTS = """
import sys, flowforge_lab as ff
with ff.open_lab(sys.argv[1]) as lab:
    print(lab.start(sys.argv[2], {"seconds": 20}), flush=True)
    sys.stdin.readline()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on_limit", "status"),
    [("queue", "queued"), ("drop", ""), ("fail", "failed"), ("replace", "queued")],
)
def test_a_limit_holds_over_processes(lab, folder, on_limit, status):
    path = workflow(folder, f"concurrency: {{on_limit: {on_limit}}}")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", STARTS, folder, path]
    with subprocess.Popen(command, env=environment, **pipes) as other:
        first = other.stdout.readline().strip()
        second = ""
        if on_limit == "drop":
            with pytest.raises(ConflictError, match="drops one more"):
                lab.start(path)
        else:
            second = lab.start(path, {"seconds": 0})
        found = lab.get(second).status if second else ""
        last = lab.wait(first).status if on_limit == "replace" else lab.get(first).status
        other.kill()

    assert found == status
    assert last == ("cancelled" if on_limit == "replace" else "running")


def test_who_follows_a_queued_execution_is_told_what_is_before_it(lab, folder, capsys):
    path = workflow(folder, "concurrency: {limit: 1, on_limit: queue}")
    first, second = [lab.start(path, {"seconds": 0.5}) for _ in range(2)]

    outcome, _ = follow(lab, second)

    assert outcome.status == "succeeded"
    assert f"queued behind {first}" in capsys.readouterr().err
