"""What a lab makes of processes that die: real processes, killed for real."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.events import fold
from tests.patience import wait_for

CHAIN = """\
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: test.append, config: {{path: "{path}", text: one}}, next: two}}
  two: {{kind: test.append, config: {{path: "{path}", text: two, kill: true}}, next: three}}
  three: {{kind: test.append, config: {{path: "{path}", text: three}}}}
"""
LIMITED = """\
settings: {{timeout: 1500ms}}
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: test.slow, config: {{seconds: 0.8}}, next: two}}
  two: {{kind: test.append, config: {{path: "{path}", text: two, kill: true}}, next: three}}
  three: {{kind: test.slow, config: {{seconds: 30}}}}
"""
ONE_AT_A_TIME = """\
settings: {{concurrency: {{limit: 1, on_limit: queue}}}}
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: test.append, config: {{path: "{path}", text: one, kill: true}}, next: two}}
  two: {{kind: test.append, config: {{path: "{path}", text: two}}}}
"""
RUN = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).run(sys.argv[2])"
TICK = 'nodes:\n  tick: {kind: trigger.schedule, config: {cron: "* * * * * *"}, next: w}\n  w: {kind: test.append, config: {path: "%s"}}\n'
SERVE = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).serve()"


def python(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=Path.cwd())


@pytest.mark.slow
def test_a_killed_process_leaves_an_execution_that_another_finishes(folder, settings):
    lines = folder / "lines"
    path = folder / "chain.flow.yaml"
    path.write_text(CHAIN.format(path=lines))
    dead = python(RUN, folder, path)

    assert dead.wait(30) == -signal.SIGKILL
    with ff.open_lab(folder, settings=settings) as lab:
        wait_for(lab.due)
        [due] = lab.due()
        assert due.reason == "orphaned"
        assert lab.wait(due.execution_id).status == "succeeded"

    said = [line.split() for line in lines.read_text().splitlines()]
    assert [text for _, text in said] == ["one", "two", "two", "three"]
    assert said[1][0] == said[2][0], "the repeated step has the same idempotency key"


@pytest.mark.slow
def test_the_time_limit_sums_up_the_work_of_the_killed_process_and_of_the_next(folder, settings):
    path = folder / "chain.flow.yaml"
    path.write_text(LIMITED.format(path=folder / "lines"))
    dead = python(RUN, folder, path)

    assert dead.wait(30) == -signal.SIGKILL
    time.sleep(1)
    with ff.open_lab(folder, settings=settings) as lab:
        wait_for(lab.due)
        outcome = lab.wait(lab.due()[0].execution_id)
        entries = lab.entries(outcome.execution_id)

    active = fold(entries).active_seconds(entries[-1].at)
    assert outcome.error.type == "execution.timeout"
    assert 1.5 <= active < 2.5 < active + 1 <= outcome.duration


@pytest.mark.slow
def test_two_hosts_fire_each_second_once(folder, settings):
    lines = folder / "lines"
    path = folder / "tick.flow.yaml"
    path.write_text(TICK % lines)
    with ff.open_lab(folder, settings=settings) as lab:
        lab.activate(path)
        hosts = [python(SERVE, folder) for _ in range(2)]
        try:
            wait_for(lambda: lines.exists() and len(lines.read_text().splitlines()) >= 4)
            hosts[0].kill()
            seen = len(lines.read_text().splitlines())
            wait_for(lambda: len(lines.read_text().splitlines()) >= seen + 2)
        finally:
            for host in hosts:
                host.kill()
                host.wait(10)
        lab.deactivate("tick")

        keys = [head.key for head in lab.heads(limit=100)]

    assert len(keys) == len(set(keys)) >= 6


@pytest.mark.slow
def test_what_a_killed_process_left_in_the_slot_does_not_keep_the_next_one_waiting(
    folder, settings
):
    lines = folder / "lines"
    path = folder / "chain.flow.yaml"
    path.write_text(ONE_AT_A_TIME.format(path=lines))
    dead = python(RUN, folder, path)

    assert dead.wait(30) == -signal.SIGKILL
    path.write_text(path.read_text().replace(", kill: true", ""))
    with ff.open_lab(folder, settings=settings) as lab:
        outcome = lab.run(path)
        first = min(lab.heads(), key=lambda head: head.id)

    said = [line.split()[1] for line in lines.read_text().splitlines()]
    assert (outcome.status, first.status) == ("succeeded", "succeeded")
    assert said == ["one", "one", "two", "one", "two"]


@pytest.mark.slow
def test_doctor_names_what_a_killed_process_left(folder, settings):
    path = folder / "chain.flow.yaml"
    path.write_text(ONE_AT_A_TIME.format(path=folder / "lines"))

    assert python(RUN, folder, path).wait(30) == -signal.SIGKILL
    with ff.open_lab(folder, settings=settings) as lab:
        [head] = lab.heads()
        [found] = [one for one in lab.doctor() if one.check == "executions"]

    assert found.level == "warning"
    assert f"flowforge resume {head.id}" in found.remedy
