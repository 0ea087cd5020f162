"""A pause lets nothing new start, and loses nothing, wherever it comes."""

import asyncio
import json

import pytest

from flowforge_lab.engine import Start
from flowforge_lab.events import (
    AttemptStarted,
    ExecutionContinued,
    ExecutionPaused,
    VisitStarted,
    VisitSucceeded,
    fold,
)

CHAIN = """
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: test.slow, config: {seconds: 0.15}, next: two}
  two: {kind: action.transform, config: {value: "'two'"}}
"""
RETRY = """
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: test.flaky, config: {failures: 1}, retry: {attempts: 2, first: 80ms, jitter: false}}
"""
DELAY = """
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: 80ms}, next: two}
  two: {kind: action.transform, config: {value: "'two'"}}
"""
LOOP = """
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "list(range(6))", parallel: 3}, next: {body: work, done: after}}
  work: {kind: test.slow, config: {seconds: 0.05}, next: also}
  also: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.results"}}
"""
JOIN = """
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "'a'"}, next: meet}
  b: {kind: test.slow, config: {seconds: 0.05}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: "sorted(nodes.meet.arrived)"}}
"""
LAST = """
settings: {finally: clean}
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: action.transform, config: {value: 1}}
  clean: {kind: test.slow, config: {seconds: 0.05}, next: done}
  done: {kind: action.transform, config: {value: "execution.status"}}
"""
ALL = {"chain": CHAIN, "retry": RETRY, "delay": DELAY, "loop": LOOP, "join": JOIN, "last": LAST}


async def started(engine, plan, **start):
    return (await engine.start(plan, Start(**start))).handle


def pause_when(bench, text, seconds=0.02, kind="pause"):
    """Run a workflow, leave a signal some time after its start, and return what became of it."""

    async def work(engine):
        handle = await started(engine, bench.plan(text))
        await asyncio.sleep(seconds)
        await bench.journal.signal(handle.execution_id, kind)
        engine.poke()
        return await handle.outcome()

    return asyncio.run(bench.engine_run(work))


def signal(bench, outcome, kind, **payload):
    text = json.dumps(payload) if payload else ""
    return asyncio.run(bench.journal.signal(outcome.execution_id, kind, text))


def go_on(bench, outcome, text, **payload):
    signal(bench, outcome, "continue", **payload)
    return bench.resume(outcome.execution_id, text)


def head(bench, outcome):
    return asyncio.run(bench.journal.find_head(outcome.execution_id))


def nodes(bench, outcome):
    return [event.node for event in bench.events(outcome.execution_id, VisitStarted)]


@pytest.mark.slow
@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.06])
def test_a_paused_execution_comes_to_the_same_end_as_one_that_was_not(bench, text, seconds):
    expected = bench.run(text)

    outcome = pause_when(bench, text, seconds)
    while outcome.status == "paused":
        outcome = go_on(bench, outcome, text)

    assert (outcome.status, outcome.result) == (expected.status, expected.result)
    assert sorted(nodes(bench, outcome)) == sorted(nodes(bench, expected))


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_nothing_starts_between_a_pause_and_the_continuation(bench, text):
    outcome = pause_when(bench, text)
    assert outcome.status == "paused"
    outcome = go_on(bench, outcome, text)

    events = bench.events(outcome.execution_id)
    kinds = [type(event) for event in events]
    between = kinds[kinds.index(ExecutionPaused) : kinds.index(ExecutionContinued)]
    assert outcome.status == "succeeded"
    assert VisitStarted not in between
    assert AttemptStarted not in between


def test_what_runs_when_the_pause_comes_runs_to_its_end(bench):
    outcome = pause_when(bench, CHAIN)

    [succeeded] = [
        e for e in bench.events(outcome.execution_id, VisitSucceeded) if e.node == "one"
    ]
    assert succeeded.port == "out"
    assert nodes(bench, outcome) == ["start", "one"]


@pytest.mark.parametrize("text", [RETRY, DELAY])
def test_a_timer_wakes_nothing_that_is_paused(bench, text):
    outcome = pause_when(bench, text)

    found = head(bench, outcome)
    assert (found.status, found.wake_at) == ("paused", None)
    assert bench.resume(outcome.execution_id, text).status == "paused"


def test_pausing_twice_and_going_on_twice_is_as_once(bench):
    outcome = pause_when(bench, CHAIN)
    signal(bench, outcome, "pause")
    assert bench.resume(outcome.execution_id, CHAIN).status == "paused"
    signal(bench, outcome, "continue")
    outcome = go_on(bench, outcome, CHAIN)

    assert outcome.status == "succeeded"
    assert len(bench.events(outcome.execution_id, ExecutionPaused)) == 1
    assert len(bench.events(outcome.execution_id, ExecutionContinued)) == 1


@pytest.mark.parametrize("order", [("pause", "cancel"), ("cancel", "pause")])
@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_of_a_pause_and_a_cancel_at_once_the_cancel_wins(bench, text, order):
    async def work(engine):
        handle = await started(engine, bench.plan(text))
        await asyncio.sleep(0.02)
        for kind in order:
            await bench.journal.signal(handle.execution_id, kind)
        engine.poke()
        return await handle.outcome()

    outcome = asyncio.run(bench.engine_run(work))

    assert outcome.status == "cancelled"


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_what_is_paused_can_be_cancelled(bench, text):
    outcome = pause_when(bench, text)

    signal(bench, outcome, "cancel")
    outcome = bench.resume(outcome.execution_id, text)

    assert outcome.status == "cancelled"


def test_a_cancel_in_a_pause_still_runs_the_last_branch(bench):
    text = CHAIN.replace("nodes:", "settings: {finally: clean}\nnodes:", 1) + (
        "  clean: {kind: action.transform, config: {value: execution.status}}\n"
    )
    outcome = pause_when(bench, text)

    signal(bench, outcome, "cancel")
    outcome = bench.resume(outcome.execution_id, text)

    assert outcome.status == "cancelled"
    assert nodes(bench, outcome)[-1] == "clean"


def test_a_pause_before_the_first_step_lets_not_even_the_trigger_start(bench):
    bench.limits = type(bench.limits)(max_running=0)

    async def work(engine):
        return await engine.start(bench.plan(CHAIN), Start())

    outcome = asyncio.run(bench.engine_run(work))
    signal(bench, outcome, "pause")
    paused = bench.resume(outcome.execution_id, CHAIN)

    assert (outcome.status, paused.status) == ("queued", "paused")
    assert nodes(bench, outcome) == []
    assert go_on(bench, outcome, CHAIN).status == "succeeded"


def test_what_is_parked_for_days_is_paused_and_parks_again_for_the_rest(bench):
    text = DELAY.replace("80ms", "3d")
    outcome = bench.run(text)
    assert outcome.status == "waiting"

    signal(bench, outcome, "pause")
    assert bench.resume(outcome.execution_id, text).status == "paused"
    assert head(bench, outcome).wake_at is None
    again = go_on(bench, outcome, text)

    assert (again.status, again.wake_at) == ("waiting", outcome.wake_at)


def test_a_delay_that_came_due_in_the_pause_is_over_at_once(bench):
    outcome = pause_when(bench, DELAY)
    bench.wait_for(
        type(
            "Due",
            (),
            {"wake_at": fold(bench.entries(outcome.execution_id)).open_visits()[0].wake_at},
        )
    )

    assert go_on(bench, outcome, DELAY).status == "succeeded"


def test_a_crash_in_a_pause_leaves_it_paused_and_runs_nothing_again(bench):
    outcome = pause_when(bench, CHAIN)
    entries = bench.entries(outcome.execution_id)
    paused = next(e.seq for e in entries if isinstance(e.event, ExecutionPaused))
    bench.journal.cut(outcome.execution_id, paused)

    assert bench.resume(outcome.execution_id, CHAIN).status == "paused"
    assert bench.events(outcome.execution_id, AttemptStarted) == []
    assert go_on(bench, outcome, CHAIN).status == "succeeded"


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_a_pause_and_its_end_in_one_breath_lose_nothing(bench, text):
    async def work(engine):
        handle = await started(engine, bench.plan(text))
        for _ in range(20):
            await bench.journal.signal(handle.execution_id, "pause")
            engine.poke()
            await asyncio.sleep(0.001)
            await bench.journal.signal(handle.execution_id, "continue")
            engine.poke()
        return await handle.outcome()

    outcome = asyncio.run(bench.engine_run(work))
    while outcome.status == "paused":
        assert head(bench, outcome).wake_at == 0, "somebody is called to take what is left"
        outcome = bench.resume(outcome.execution_id, text)

    assert outcome.status == "succeeded"
