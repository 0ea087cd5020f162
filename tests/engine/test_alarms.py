"""Who is told of a failing execution hears of it before the journal shows its end, and after any crash."""

import asyncio

import pytest

from flowforge_lab.errors import StoreError
from flowforge_lab.events import ExecutionFinished

BAD = """
id: bad
settings: {on_error: tell%s}
nodes:
  start: {kind: trigger.manual, next: broken}
  broken: {kind: action.transform, config: {value: "1 // 0"}}
  tidy: {kind: action.transform, config: {value: "execution.status"}}
"""
ALONE = BAD.replace("  tidy:", "  # tidy:")


def test_tells_of_a_failed_execution(bench):
    outcome = bench.run(ALONE % "", user="zoe")

    [failure] = bench.alarms
    assert (failure.execution_id, failure.workflow_id) == (outcome.execution_id, "bad")
    assert (failure.error.node, failure.on_error, failure.user) == ("broken", "tell", "zoe")


def test_does_not_tell_of_one_that_ended_well_or_was_cancelled(bench):
    bench.run("nodes: {start: {kind: trigger.manual}}")
    parked = bench.run(
        "nodes: {start: {kind: trigger.manual, next: w}, w: {kind: flow.delay, config: {duration: 1h}}}"
    )
    asyncio.run(bench.journal.signal(parked.execution_id, "cancel"))
    bench.calls.texts["workflow"] = (
        "nodes: {start: {kind: trigger.manual, next: w}, w: {kind: flow.delay, config: {duration: 1h}}}"
    )
    bench.calls.finish(parked.execution_id)

    assert bench.alarms == []


@pytest.mark.parametrize("text", [ALONE % "", BAD % ", finally: tidy"])
def test_tells_again_after_a_crash_before_the_end_and_not_after_it(bench, text):
    whole = bench.run(text)
    count = len(bench.entries(whole.execution_id))

    for keep in range(1, count):
        cut = bench.run(text)
        bench.journal.cut(cut.execution_id, keep)
        bench.alarms.clear()
        bench.resume(cut.execution_id, text)
        assert [failure.execution_id for failure in bench.alarms] == [cut.execution_id]

    assert bench.resume(whole.execution_id, text) is None


def test_what_failed_is_on_disk_before_anybody_is_told(bench):
    seen = []

    async def alarm(failure):
        seen.append(
            [
                type(entry.event).__name__
                for entry in await bench.journal.read(failure.execution_id)
            ]
        )

    bench.alarm = alarm
    bench.run(ALONE % "")

    assert seen[0][-1] == "VisitFailed"


def test_where_the_alarm_cannot_be_kept_the_execution_is_left_for_later(bench):
    async def broken(failure):
        raise StoreError("no space left")

    bench.alarm, alarm = broken, bench.alarm
    with pytest.raises(StoreError):
        bench.run(ALONE % "")
    [head] = asyncio.run(bench.journal.list_heads())
    assert not bench.events(head.id, ExecutionFinished)

    bench.alarm = alarm
    bench.journal.die()

    assert bench.resume(head.id, ALONE % "").status == "failed"
    assert len(bench.alarms) == 1


def test_one_that_was_refused_is_told_of(bench):
    text = (ALONE % ", concurrency: {limit: 1, on_limit: fail}").replace(
        'action.transform, config: {value: "1 // 0"}', "flow.delay, config: {duration: 1h}"
    )
    bench.run(text)

    async def start(engine):
        return await engine.start(bench.plan(text))

    refused = asyncio.run(bench.engine_run(start))

    assert refused.status == "refused"
    assert [failure.error.type for failure in bench.alarms] == ["concurrency.limit"]
