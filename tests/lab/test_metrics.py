"""What Prometheus and logs are told of a lab."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowforge_lab.lab import JsonLines, metrics_served

FLAKY = """\
id: flaky
nodes:
  start: {kind: trigger.manual, next: try}
  try: {kind: test.flaky, config: {failures: 1}, retry: {attempts: 2, first: 0.01}, next: done}
  done: {kind: flow.end, config: {result: 1}}
"""
FAILS = """\
id: fails
nodes:
  start: {kind: trigger.manual, next: try}
  try: {kind: test.flaky, config: {failures: 9, is_transient: false}}
"""
MEASURES = """\
id: measures
nodes:
  start: {kind: trigger.manual, next: measure}
  measure: {kind: test.measure, config: {name: rows_loaded, value: VALUE, labels: LABELS, measure: MEASURE}}
"""


def run(lab, text):
    path = lab.root / "one.flow.yaml"
    path.write_text(text)
    return lab.run(path)


def measure(lab, value=5, labels="{table: flights}", kind="counter"):
    text = MEASURES.replace("VALUE", str(value)).replace("LABELS", labels)
    return run(lab, text.replace("MEASURE", kind))


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def told(lab):
    lab.prometheus()  # counted from here on
    return lambda: samples(lab.prometheus())


@pytest.mark.slow
def test_executions_steps_and_retries_are_counted_as_they_end(lab, told):
    run(lab, FLAKY)
    run(lab, FAILS)

    found = told()
    assert found["flowforge_executions_started_total", "flaky", "start"] == 1
    assert found["flowforge_executions_finished_total", "flaky", "succeeded"] == 1
    assert found["flowforge_executions_finished_total", "failed", "fails"] == 1
    assert found["flowforge_steps_finished_total", "flaky", "succeeded", "test.flaky"] == 1
    assert found["flowforge_retries_total", "flaky", "test.broken"] == 1
    assert found["flowforge_execution_duration_seconds_count", "flaky"] == 1
    assert found["flowforge_journal_append_seconds_count",] > 4
    assert found["flowforge_dead_letters",] == 1


@pytest.mark.slow
def test_what_stands_in_the_journal_is_told_with_zeros_where_there_is_nothing(told):
    found = told()

    assert found["flowforge_executions", "queued"] == 0
    assert found["flowforge_queue_oldest_seconds",] == 0


@pytest.mark.slow
def test_a_lab_nobody_asks_for_metrics_counts_nothing(lab):
    run(lab, FLAKY)

    found = samples(lab.prometheus())
    assert ("flowforge_executions_finished_total", "flaky", "succeeded") not in found


@pytest.mark.slow
def test_the_past_is_counted_from_the_history(lab):
    run(lab, FLAKY)
    now = datetime.now(UTC)

    found = samples(lab.prometheus(since=now - timedelta(hours=1)))
    later = samples(lab.prometheus(since=now + timedelta(hours=1)))

    assert found["flowforge_executions_finished_total", "flaky", "succeeded"] == 1
    assert found["flowforge_steps_finished_total", "flaky", "succeeded", "test.flaky"] == 1
    assert ("flowforge_executions_finished_total", "flaky", "succeeded") not in later


@pytest.mark.slow
def test_a_node_measures_what_it_likes_and_the_history_has_it_too(lab, told):
    measure(lab, 5)
    measure(lab, 2.5)

    found = told()
    assert found["flowforge_custom_rows_loaded_total", "flights", "measure", "measures"] == 7.5
    rows = lab.rows("select name, value, labels->>'$.table' as t from custom_metrics order by 2")
    assert rows == [
        {"name": "rows_loaded", "value": 2.5, "t": "flights"},
        {"name": "rows_loaded", "value": 5.0, "t": "flights"},
    ]


@pytest.mark.slow
def test_a_gauge_says_how_it_stands_now(lab, told):
    measure(lab, 5, kind="gauge")
    measure(lab, -2, kind="gauge")

    assert told()["flowforge_custom_rows_loaded", "flights", "measure", "measures"] == -2


@pytest.mark.slow
def test_a_metric_that_comes_with_other_labels_does_not_break_the_rest(lab, told):
    measure(lab, 5)
    measure(lab, 7, labels="{other: label}")
    measure(lab, 7, kind="gauge")
    measure(lab, 1, labels="{workflow: taken, le: kept}")

    assert told()["flowforge_custom_rows_loaded_total", "flights", "measure", "measures"] == 5


@pytest.mark.parametrize(
    ("value", "labels"), [("-1", "{}"), ("1", "{Table: x}"), ("1", "{'a-b': x}"), (".inf", "{}")]
)
def test_what_cannot_be_a_metric_fails_the_step_with_the_reason(lab, value, labels):
    outcome = measure(lab, value, labels)

    assert outcome.status == "failed"
    assert "expected a n" in str(outcome.error)


@pytest.mark.slow
def test_the_port_answers_with_the_metrics_and_with_nothing_else(lab):
    with metrics_served(lab.prometheus, "127.0.0.1", 0) as port:
        found, nothing = (
            httpx.get(f"http://127.0.0.1:{port}{path}") for path in ("/metrics", "/secrets")
        )

    assert samples(found.text)["flowforge_executions", "running"] == 0
    assert nothing.status_code == 404


def test_a_log_line_in_json_has_what_was_given_with_it():
    record = logging.makeLogRecord(
        {"msg": "it %s", "args": ("broke",), "levelname": "WARNING", "execution_id": "e1"}
    )

    told = json.loads(JsonLines().format(record))

    assert (told["message"], told["level"], told["execution_id"]) == ("it broke", "warning", "e1")


@pytest.mark.slow
def test_the_dashboard_asks_for_metrics_that_there_are(lab, told):
    run(lab, FLAKY)
    text = (Path(__file__).parents[2] / "examples/deploy/grafana-dashboard.json").read_text()

    asked = {
        name
        for panel in json.loads(text)["panels"]
        for target in panel["targets"]
        for name in re.findall(r"flowforge_\w+", target["expr"])
    }

    assert len(asked) > 8
    assert asked <= {name for name, *_ in told()}
