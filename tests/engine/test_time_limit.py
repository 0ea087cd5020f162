"""The time limit of an execution: what counts, over waits, parks and engines that die."""

import asyncio

import pytest

from flowforge_lab.events import VisitParked, VisitSucceeded, fold
from flowforge_lab.spec import Settings

OVER = "execution.timeout"
PARKED = """
settings: {timeout: 600ms}
nodes:
  start: {kind: trigger.manual, next: first}
  first: {kind: test.slow, config: {seconds: 0.3}, next: wait}
  wait: {kind: flow.delay, config: {duration: 1h}, next: second}
  second: {kind: test.slow, config: {seconds: %s}}
"""


def moved_back(bench, execution_id, seconds):
    """Let everything in the journal have happened earlier, and let each delay be over."""
    shift = int(seconds * 1e6)
    stored = bench.journal._executions[execution_id]
    for place, entry in enumerate(stored.entries):
        event = entry.event
        if isinstance(event, VisitParked):
            event = VisitParked(event.visit, event.node, until=1)
        stored.entries[place] = type(entry)(
            execution_id, entry.seq, entry.event_id, entry.at - shift, event
        )


def test_an_execution_has_a_day_where_nothing_is_said():
    assert Settings().timeout == 24 * 3600


@pytest.mark.slow
def test_a_delay_in_memory_is_not_counted(bench):
    text = """
settings: {timeout: 250ms}
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: 500ms}, next: last}
  last: {kind: action.transform, config: {value: "1"}}
"""
    assert bench.run(text).status == "succeeded"


@pytest.mark.slow
def test_the_wait_before_another_attempt_is_not_counted(bench):
    text = """
settings: {timeout: 250ms}
nodes:
  start: {kind: trigger.manual, next: flaky}
  flaky: {kind: test.flaky, retry: {attempts: 2, first: 500ms, jitter: false}}
"""
    assert bench.run(text).status == "succeeded"


def test_a_branch_that_waits_does_not_stop_the_clock_of_one_that_works(bench):
    text = """
settings: {timeout: 150ms}
nodes:
  start: {kind: trigger.manual, next: [wait, slow]}
  wait: {kind: flow.delay, config: {duration: 4s}}
  slow: {kind: test.slow, config: {seconds: 5}}
"""
    outcome = bench.run(text)

    assert outcome.error.type == OVER
    assert outcome.duration < 2


@pytest.mark.slow
def test_a_branch_that_waits_sleeps_from_the_end_of_the_other_one(bench):
    text = """
settings: {timeout: 300ms}
nodes:
  start: {kind: trigger.manual, next: [wait, slow]}
  wait: {kind: flow.delay, config: {duration: 600ms}}
  slow: {kind: test.slow, config: {seconds: 0.1}}
"""
    assert bench.run(text).status == "succeeded"


@pytest.mark.slow
def test_stretches_of_work_are_summed_up_over_a_short_wait(bench):
    text = PARKED.replace("1h", "700ms") % 5
    outcome = bench.run(text)

    assert (outcome.error.type, outcome.duration < 2) == (OVER, True)


@pytest.mark.slow
def test_work_before_a_park_counts_after_it_and_the_park_does_not(bench):
    for seconds, error in ((0.01, None), (5, OVER)):
        text = PARKED % seconds
        parked = bench.run(text)
        moved_back(bench, parked.execution_id, 3600)

        outcome = bench.resume(parked.execution_id, text)

        assert getattr(outcome.error, "type", None) == error


@pytest.mark.slow
def test_work_before_a_crash_counts_after_it_and_the_downtime_does_not(bench):
    for seconds, error in ((0.01, None), (5, OVER)):
        text = (PARKED % seconds).replace("flow.delay, config: {duration: 1h}", "test.bad")
        text = text.replace("next: second}", "on_error: second}")
        whole = bench.run(text)
        stored = bench.journal._executions[whole.execution_id]
        kinds = [type(entry.event) for entry in stored.entries]
        ends = [place for place, kind in enumerate(kinds) if kind is VisitSucceeded]
        stored.entries = stored.entries[: ends[1] + 1]
        stored.head = type(stored.head)("running")
        bench.journal.die()
        moved_back(bench, whole.execution_id, 3600)

        outcome = bench.resume(whole.execution_id, text)

        assert getattr(outcome.error, "type", None) == error


@pytest.mark.slow
def test_the_journal_alone_tells_how_long_it_was_active(bench):
    outcome = bench.run(PARKED.replace("1h", "700ms") % 0.01)

    entries = asyncio.run(bench.journal.read(outcome.execution_id))
    state = fold(entries)

    assert 0.3 <= state.active_seconds(entries[-1].at) < 0.65 < state.waited


@pytest.mark.slow
def test_the_branch_that_always_runs_has_as_much_time_again(bench):
    text = """
settings: {timeout: 250ms, finally: tidy}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.slow, config: {seconds: 0.15}}
  tidy: {kind: test.slow, config: {seconds: 0.15}}
"""
    assert bench.run(text).status == "succeeded"
