"""Which errors are tried again, for how long, and what is never sent twice."""

import re
from pathlib import Path

import pytest

import flowforge_lab
from flowforge_lab.errors import ERROR_TYPES
from flowforge_lab.events import AttemptFailed, VisitFailed
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import compile_workflow, validate
from flowforge_lab.spec import Document

FLAKY = """
nodes:
  start: {{kind: trigger.manual, next: work}}
  work:
    kind: test.flaky
    config: {{failures: 9, {config}}}
    retry: {{first: 1ms, jitter: false, {retry}}}
"""
POST = """
nodes:
  start: {{kind: trigger.manual, next: send}}
  send: {{kind: action.http_request, config: {{method: POST, url: "https://x.test/", {config}}}, {more}}}
"""


def attempts(bench, retry, config=""):
    outcome = bench.run(FLAKY.format(retry=retry, config=config))
    return 1 + len(bench.events(outcome.execution_id, AttemptFailed))


@pytest.mark.parametrize(
    ("retry", "made"),
    [
        ("attempts: 3", 3),
        ("attempts: 3, stop_on: 503", 1),
        ("attempts: 3, stop_on: [5xx]", 1),
        ("attempts: 3, stop_on: [500-502]", 3),
        ("attempts: 3, stop_on: test.*", 1),
        ("attempts: 3, retry_on: [http.*, 429]", 1),
        ("attempts: 3, retry_on: [5xx]", 3),
        ("attempts: 3, retry_on: ['*'], stop_on: [test.broken]", 1),
    ],
)
def test_the_policy_names_errors_by_type_or_status(bench, retry, made):
    assert attempts(bench, retry) == made


def test_a_policy_may_try_again_what_would_not_be_by_itself(bench):
    assert attempts(bench, "attempts: 3", "is_transient: false, status: 404") == 1
    assert attempts(bench, "attempts: 3, retry_on: 404", "is_transient: false, status: 404") == 3


def test_no_attempt_begins_after_the_time_for_all_of_them(bench):
    policy = "attempts: 50, backoff: constant, max_elapsed: 100ms".replace("1ms", "40ms")
    outcome = bench.run(FLAKY.replace("1ms", "40ms").format(retry=policy, config=""))

    failed = bench.events(outcome.execution_id, AttemptFailed)
    assert 1 <= len(failed) <= 2
    assert outcome.duration < 0.5


def test_a_wish_to_wait_longer_than_all_attempts_may_take_ends_them(bench):
    assert attempts(bench, "attempts: 3, max_elapsed: 10s", "retry_after: 60") == 1


def test_waits_grow_as_the_policy_says(bench):
    outcome = bench.run(
        FLAKY.replace("1ms", "20ms").format(retry="attempts: 4, backoff: linear", config="")
    )

    failed = bench.events(outcome.execution_id, AttemptFailed)
    ends = [event.started_at + int(event.duration * 1e6) for event in failed]
    waits = [event.retry_at - end for event, end in zip(failed, ends, strict=True)]
    assert waits == pytest.approx([20_000, 40_000, 60_000], abs=3)


def test_an_expression_that_fails_is_not_tried_again_whatever_the_policy(bench):
    text = FLAKY.format(retry="attempts: 3, retry_on: ['*']", config="").replace(
        "failures: 9", 'failures: "{{ nodes.start.nothing.at_all }}"'
    )
    outcome = bench.run(text)

    [failed] = bench.events(outcome.execution_id, VisitFailed)
    assert (outcome.error.type, failed.attempts) == ("expression", 1)


@pytest.mark.parametrize(
    ("config", "attempts", "on_crash"),
    [
        ("", 1, "fail"),
        ("idempotency_header: ''", 1, "fail"),
        ("idempotency_header: Idempotency-Key", 3, "rerun"),
    ],
)
def test_a_post_is_sent_again_by_itself_only_where_the_author_names_its_key(
    config, attempts, on_crash
):
    workflow = Document.parse(POST.format(config=config, more="")).workflow

    step = compile_workflow(workflow, Registry()).steps["send"]

    assert (step.retry.attempts, step.on_crash) == (attempts, on_crash)


def problems(text):
    found = Document.parse(text)
    return [*found.problems, *validate(found.workflow, Registry())]


def test_warns_of_a_post_without_a_key_that_is_tried_again():
    found = problems(POST.format(config="", more="retry: {attempts: 3}"))

    assert [(one.code, one.severity) for one in found] == [("retry.twice", "warning")]
    assert problems(POST.format(config="", more="retry: {retry_on: [429]}")) == []


def test_a_misspelt_type_is_told_with_the_one_that_was_meant():
    [found] = problems(POST.format(config="", more="retry: {retry_on: [http.timeuot]}"))

    assert (found.field, found.hint) == ("retry.retry_on", "did you mean 'http.timeout'?")


def test_a_type_of_an_own_node_is_taken_as_it_is():
    assert problems(POST.format(config="", more="retry: {retry_on: [crm.busy]}")) == []


def test_what_is_neither_a_type_nor_a_status_is_refused():
    [found] = problems(POST.format(config="", more="retry: {stop_on: [Not a type]}"))

    assert found.severity == "error"
    assert "such as 'http.*' or a status" in found.message


def test_says_when_there_never_is_a_second_attempt():
    [found] = problems(
        POST.format(config="", more="retry: {first: 1h, max_elapsed: 1s, retry_on: [429]}")
    )

    assert found.code == "retry.never"


def test_the_list_of_error_types_holds_every_type_the_product_uses():
    root = Path(flowforge_lab.__file__).parent
    sources = [path.read_text("utf-8") for path in root.rglob("*.py")]
    used = {word for text in sources for word in re.findall(r'\btype="([a-z_]+\.[a-z_]+)"', text)}

    assert used - {"execution.id"} <= set(ERROR_TYPES)


@pytest.mark.parametrize("cause", ["6xx", "500-400", "http 500", "''"])
def test_a_cause_that_nothing_can_have_is_refused(cause):
    text = FLAKY.format(retry=f"retry_on: [{cause}]", config="")

    [problem] = Document.parse(text).problems

    assert problem.field == "retry.retry_on.0"
    assert "expected a type such as 'http.*' or a status" in problem.message


def test_no_time_at_all_is_no_time_limit():
    text = "settings: {timeout: 0s}\n" + FLAKY.format(retry="attempts: 2", config="")

    [problem] = Document.parse(text).problems

    assert "greater than 0" in problem.message
