"""Errors, retries, time limits, cancelling."""

import asyncio

import pytest

from flowforge_lab.engine import Limits, Start
from flowforge_lab.events import AttemptFailed, Logged, VisitCancelled, VisitFailed, VisitSucceeded

FLAKY = """
nodes:
  start: {{kind: trigger.manual, next: work}}
  work:
    kind: test.flaky
    config: {config}
    {settings}
    next: good
  good: {{kind: action.transform, config: {{value: "default(nodes.work.value, 'none')"}}}}
  bad: {{kind: action.transform, config: {{value: input.error}}}}
"""


def flaky(config="{}", settings="on_error: bad"):
    return FLAKY.format(config=config, settings=settings)


def test_an_unhandled_error_fails_the_execution_and_tells_where(bench):
    outcome = bench.run(
        flaky("{failures: 9}", "on_error: []")
        .replace("  bad:", "  bad2:")
        .replace("bad2: {kind: action.transform, config: {value: input.error}}", "")
    )

    assert outcome.status == "failed"
    assert (outcome.error.type, outcome.error.node) == ("test.broken", "work")


def test_the_error_port_carries_the_structured_error(bench):
    outcome = bench.run(flaky("{failures: 9}"))

    assert outcome.status == "succeeded"
    assert outcome.handled_errors == 1
    error = outcome.result["bad"]["value"]
    assert (error["type"], error["status"], error["node"]) == ("test.broken", 503, "work")


def test_retries_with_growing_waits_until_it_succeeds(bench):
    policy = "retry: {attempts: 3, first: 20ms, jitter: false}\n    on_error: bad"
    outcome = bench.run(flaky("{failures: 2}", policy))

    failed = bench.events(outcome.execution_id, AttemptFailed)
    assert outcome.result["good"]["value"] == 3
    assert [event.attempt for event in failed] == [1, 2]


def test_does_not_retry_what_another_attempt_cannot_mend(bench):
    policy = "retry: {attempts: 5, first: 10ms}\n    on_error: bad"
    outcome = bench.run(flaky("{failures: 9, is_transient: false}", policy))

    assert bench.events(outcome.execution_id, AttemptFailed) == []
    assert outcome.result["bad"]["value"]["attempt"] == 1


def test_waits_as_long_as_the_other_side_asks(bench):
    policy = "retry: {attempts: 2, first: 1ms}\n    on_error: bad"
    outcome = bench.run(flaky("{failures: 1, retry_after: 0.2}", policy))

    assert outcome.duration >= 0.2


def test_goes_on_with_a_value_instead_of_an_error(bench):
    outcome = bench.run(flaky("{failures: 9}", "continue_with: {value: 42}").split("  bad:")[0])

    assert outcome.result["good"]["value"] == 42
    [failed] = bench.events(outcome.execution_id, VisitFailed)
    assert failed.handled == "value"


def test_a_failure_cancels_the_siblings(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: [slow, work]}
  slow: {kind: test.slow, config: {seconds: 5}}
  work: {kind: test.flaky, config: {failures: 9}}
"""

    outcome = bench.run(text)

    assert outcome.status == "failed"
    [cancelled] = bench.events(outcome.execution_id, VisitCancelled)
    assert cancelled.node == "slow"
    assert [event.message for event in bench.events(outcome.execution_id, Logged)] == ["stopped"]


def test_an_attempt_over_its_time_fails_with_a_timeout(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: 5}, timeout: 50ms}
"""

    outcome = bench.run(text)

    assert outcome.error.type == "timeout"
    assert outcome.duration < 2


def test_an_execution_over_its_time_fails(bench):
    text = """
settings: {timeout: 100ms}
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: 5}}
"""

    outcome = bench.run(text)

    assert outcome.error.type == "execution.timeout"


def test_a_cancelled_execution_stops_its_nodes_and_says_so(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: 5}}
"""

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        await asyncio.sleep(0.05)
        handle.cancel(by="test", reason="enough")
        return await handle.outcome()

    outcome = asyncio.run(bench.engine_run(work))

    assert outcome.status == "cancelled"
    assert [event.node for event in bench.events(outcome.execution_id, VisitCancelled)] == ["slow"]


def test_another_client_can_cancel_by_a_signal(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: 5}}
"""

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        await bench.journal.another().signal(handle.execution_id, "cancel")
        return await handle.outcome()

    assert asyncio.run(bench.engine_run(work)).status == "cancelled"


def test_a_node_that_returns_nonsense_fails_with_a_clear_error(bench):
    outcome = bench.run("nodes: {start: {kind: trigger.manual, next: bad}, bad: {kind: test.bad}}")

    assert outcome.error.type == "outputs.invalid"
    assert "expected its Outputs" in outcome.error.title


def test_a_rendered_value_of_the_wrong_type_names_the_field(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: slow}
  slow: {kind: test.slow, config: {seconds: "{{ 'abc' }}"}}
"""

    outcome = bench.run(text)

    assert outcome.error.type == "config.invalid"
    assert "seconds" in outcome.error.detail


def test_a_flood_of_log_lines_is_cut_and_counted(bench):
    bench.limits = Limits(max_log_bytes=2_000)
    text = """
nodes:
  start: {kind: trigger.manual, next: talk}
  talk: {kind: test.chatter, config: {lines: 5000}}
"""

    outcome = bench.run(text)

    lines = [event.message for event in bench.events(outcome.execution_id, Logged)]
    assert outcome.status == "succeeded"
    assert len(lines) < 30
    assert "more log lines were dropped" in lines[-1]


def test_a_payload_over_the_limit_fails_its_node(bench):
    bench.limits = Limits(inline_bytes=1000, max_payload_bytes=50_000)
    text = """
nodes:
  start: {kind: trigger.manual, next: big}
  big: {kind: action.transform, config: {value: "'x' * 60000"}}
"""

    assert bench.run(text).error.type == "payload.too_large"


def test_a_big_payload_goes_beside_the_journal_and_comes_back(bench):
    bench.limits = Limits(inline_bytes=1000)
    text = """
nodes:
  start: {kind: trigger.manual, next: big}
  big: {kind: action.transform, config: {value: "'x' * 5000"}, next: use}
  use: {kind: action.transform, config: {value: "len(nodes.big.value)"}}
"""

    outcome = bench.run(text)

    assert outcome.result["use"]["value"] == 5000
    assert all(len(str(event)) < 2000 for event in bench.events(outcome.execution_id))


def test_a_secret_reaches_the_node_and_no_event(bench, tmp_path):
    target = tmp_path / "seen"
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: use}}
  use: {{kind: test.secret, config: {{token: "{{{{ secrets.token }}}}", path: "{target}"}}}}
"""

    outcome = bench.run(text)

    assert target.read_text() == "s3cret-value"
    assert "s3cret-value" not in str(bench.events(outcome.execution_id))


@pytest.mark.parametrize("value", ["1 / 0", "[][1]", "{}['x']", "int('x')"])
def test_an_expression_that_raises_fails_its_node(bench, value):
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: action.transform, config: {{value: "{value}"}}}}
"""

    assert bench.run(text).error.type == "expression"


@pytest.mark.parametrize("way", ["SystemExit", "KeyboardInterrupt"])
def test_a_node_that_wants_to_end_the_program_only_fails(bench, way):
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: out}}
  out: {{kind: test.leave, config: {{by: {way}}}}}
"""

    outcome = bench.run(text)

    assert (outcome.error.type, outcome.error.node) == ("node.raised", "out")
    assert outcome.error.title == f"{way}: 3"


def test_the_end_of_a_visit_says_when_its_last_attempt_began(bench):
    text = """
nodes:
  start: {kind: trigger.manual, next: flaky}
  flaky: {kind: test.flaky, retry: {attempts: 2, first: 50ms, jitter: false}}
"""
    outcome = bench.run(text)

    once, twice = bench.events(outcome.execution_id, VisitSucceeded)
    assert once.last_attempt_at == 0
    assert twice.last_attempt_at >= twice.started_at + 50_000
