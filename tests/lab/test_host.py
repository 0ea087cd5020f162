"""The live host: fires that were missed, executions that were left, a lab that is a copy."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

import flowforge_lab as ff
from flowforge_lab.services import microseconds

TICK = """\
nodes:
  tick: {{kind: trigger.schedule, config: {{cron: "0 * * * *", missed: {policy}}}, next: work}}
  work: {{kind: action.transform, config: {{value: trigger.is_catch_up}}}}
"""
DELAY = """\
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: 6s}, next: work}
  work: {kind: action.transform, config: {value: "'woken'"}}
"""


def looked(lab, times=1):
    for _ in range(times):
        lab._loop.run_sync(lab.parts.host.look())
    return [lab.wait(head.id) for head in lab.heads(limit=100)]


def set_back(lab, hours):
    [schedule] = lab.schedules()
    then = lab.parts.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(
        hours=hours
    )
    work = lab.parts.store.schedules.put(
        schedule.workflow_id, schedule.node, schedule.spec, next_at=microseconds(then)
    )
    lab._loop.run_sync(work)


@pytest.mark.parametrize(("policy", "fires"), [("none", 0), ("last", 1), ("all", 4)])
def test_missed_fires_follow_the_policy(lab, folder, policy, fires):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(policy=policy))
    lab.activate(path)
    set_back(lab, hours=4)
    if lab.parts.clock.now().minute == 0:
        pytest.skip("at the full hour the latest fire is not missed but due")

    outcomes = looked(lab, times=2)

    assert len(outcomes) in {fires, fires + (policy == "all")}
    assert all(outcome.result["work"]["value"] for outcome in outcomes)
    assert lab.schedules()[0].next_at > microseconds(lab.parts.clock.now())


def test_a_fire_whose_host_died_before_moving_on_happens_once(lab, folder):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(policy="last"))
    lab.activate(path)
    set_back(lab, hours=2)
    looked(lab)
    set_back(lab, hours=2)

    assert len(looked(lab)) == 1


def test_after_a_downtime_a_line_of_seconds_fires_once_and_not_its_whole_last_minute(lab, folder):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(policy="none").replace("0 * * * *", "*/2 * * * * *"))
    lab.activate(path)
    set_back(lab, hours=1)

    [outcome] = looked(lab)

    assert outcome.result["work"]["value"] is False


def test_an_inactive_workflow_does_not_fire(lab, folder):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(policy="all"))
    lab.activate(path)
    set_back(lab, hours=2)
    lab.deactivate("tick")

    assert looked(lab) == []


@pytest.mark.slow
def test_a_parked_execution_is_woken_by_the_host_of_another_process(lab, folder, settings):
    path = folder / "wait.flow.yaml"
    path.write_text(DELAY)
    execution_id = lab.start(path)
    while lab.get(execution_id).status != "waiting":
        assert not lab.get(execution_id).is_finished
    lab.close()

    with ff.open_lab(folder, settings=settings) as other:
        other.serve(until=lambda: other.get(execution_id).is_finished)

        assert other.wait(execution_id).result["work"]["value"] == "woken"


@pytest.mark.slow
@pytest.mark.in_folder
def test_one_that_only_a_newer_version_can_read_does_not_stop_the_rest(
    lab, folder, settings, caplog
):
    path = folder / "wait.flow.yaml"
    path.write_text(DELAY)
    first, newer, last = [lab.start(path) for _ in range(3)]
    while {head.status for head in lab.heads()} != {"waiting"}:
        pass
    lab.close()
    with closing(sqlite3.connect(folder / ".flowforge" / "journal.db")) as journal, journal:
        unknown = """update events set payload = '{"type": "teleported"}' where execution_id = ?"""
        journal.execute(unknown, [newer])

    with ff.open_lab(folder, settings=settings) as other:
        other.serve(until=lambda: other.get(first).is_finished and other.get(last).is_finished)

        assert [other.wait(id).status for id in (first, last)] == ["succeeded"] * 2
        assert not other.get(newer).is_finished
        assert "upgrade flowforge-lab" in caplog.text


@pytest.mark.slow
@pytest.mark.in_folder
def test_a_copied_lab_fires_nothing(lab, folder, settings, tmp_path_factory):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(policy="all"))
    lab.activate(path)
    set_back(lab, hours=2)
    backup = tmp_path_factory.mktemp("copy") / "lab"
    lab.close()
    shutil.copytree(
        folder, backup, symlinks=True, ignore=shutil.ignore_patterns("*.sock", "sock*")
    )

    with ff.open_lab(backup, settings=settings) as copy:
        assert copy.parts.store.is_copy
        assert looked(copy) == []
