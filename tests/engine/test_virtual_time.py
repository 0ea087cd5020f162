"""Days of waiting, to the second: delays, backoff, time limits, open hours and the life of variables."""

from datetime import UTC, datetime

import pytest

from flowforge_lab.events import AttemptStarted
from flowforge_lab.testing import VirtualClock

DAY = 86_400


@pytest.fixture
def clock():
    return VirtualClock(datetime(2026, 1, 2, 18, 30, tzinfo=UTC))  # a Friday


def test_a_delay_of_three_days_takes_three_days(bench, clock):
    text = "nodes: {start: {kind: trigger.manual, next: nap}, nap: {kind: flow.delay, config: {duration: 3d}}}"

    outcome = bench.run_by(clock, text)

    assert (outcome.status, outcome.duration) == ("succeeded", 3 * DAY)


def test_backoff_doubles_up_to_its_cap(bench, clock):
    text = """
nodes:
  start: {kind: trigger.manual, next: work}
  work:
    kind: test.flaky
    config: {failures: 5}
    retry: {attempts: 6, backoff: exponential, first: 10s, longest: 60s, jitter: false}
"""
    outcome = bench.run_by(clock, text)

    started = [
        entry.at / 1e6
        for entry in bench.entries(outcome.execution_id)
        if isinstance(entry.event, AttemptStarted)
    ]
    begun = clock.now().timestamp() - outcome.duration
    waits = [b - a for a, b in zip([begun, *started], started, strict=False)]
    assert waits == pytest.approx([10, 20, 40, 60, 60], abs=1e-3)


@pytest.mark.slow
def test_waits_do_not_use_up_the_time_limit(bench, clock):
    text = """
settings: {timeout: 1h}
nodes:
  start: {kind: trigger.manual, next: nap}
  nap: {kind: flow.delay, config: {duration: 1d}}
"""
    assert bench.run_by(clock, text).status == "succeeded"
    assert clock.monotonic() >= DAY


def test_open_hours_begin_on_monday(bench, clock):
    text = """
nodes:
  start: {kind: trigger.manual, next: nap}
  nap:
    kind: flow.delay
    config: {duration: 1h, business_hours: {days: mon-fri, opens: "09:00", closes: "17:00", timezone: UTC}}
"""
    bench.run_by(clock, text)

    assert clock.now() == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_a_variable_is_gone_when_its_time_is_over(bench, clock):
    text = """
nodes:
  start: {kind: trigger.manual, next: keep}
  keep: {kind: action.set_variable, config: {name: code, value: 7, ttl: 1h}, next: [early, late]}
  early: {kind: flow.delay, config: {duration: 59m}, next: read_early}
  late: {kind: flow.delay, config: {duration: 61m}, next: read_late}
  read_early: {kind: action.transform, config: {value: "default(vars.execution.code, 'gone')"}}
  read_late: {kind: action.transform, config: {value: "default(vars.execution.code, 'gone')"}}
"""
    result = bench.run_by(clock, text).result

    assert result == {"read_early": {"value": 7}, "read_late": {"value": "gone"}}


def test_a_join_gives_up_after_its_hour(bench, clock):
    text = """
nodes:
  start: {kind: trigger.manual, next: [quick, slow]}
  quick: {kind: action.transform, config: {value: 1}, next: meet}
  slow: {kind: flow.delay, config: {duration: 5h}, next: meet}
  meet: {kind: logic.join, config: {timeout: 1h, cancel_rest: true}, next: {timeout: told}}
  told: {kind: flow.end, config: {result: "nodes.meet.arrived"}}
"""
    outcome = bench.run_by(clock, text)

    assert (outcome.result, outcome.duration) == (["quick"], 3600)
