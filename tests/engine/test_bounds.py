"""How large one execution may grow, and that it never keeps others waiting."""

import asyncio
import time
from functools import partial

import msgspec
import pytest

from flowforge_lab.engine import Limits, Start
from flowforge_lab.engine.bounds import journal_bytes
from flowforge_lab.events import ExecutionFinished, VisitSucceeded, fold

ROUND = """
nodes:
  start: {kind: trigger.manual, next: round}
  round:
    kind: logic.loop
    config: {range: {stop: 10000}}
    next: {body: say}
  say: {kind: action.transform, config: {value: "'TEXT'"}, next: round}
""".replace("TEXT", "x" * 1000)
SMALL = """
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: 1 + 1}}
"""


def test_an_execution_that_writes_too_much_fails_and_says_what_to_do(bench):
    bench.limits = Limits(max_journal_bytes=300_000)

    outcome = bench.run(ROUND)

    assert (outcome.status, outcome.error.type) == ("failed", "execution.too_large")
    assert "at most 300,000" in outcome.error.detail
    entries = bench.entries(outcome.execution_id)
    assert isinstance(entries[-1].event, ExecutionFinished)
    really = sum(len(msgspec.json.encode(entry)) for entry in entries)
    assert 0.5 < journal_bytes(fold(entries)) / really < 2


@pytest.mark.parametrize(("inline", "status"), [(1_000, "succeeded"), (64_000, "failed")])
def test_what_lies_beside_the_journal_does_not_count(bench, inline, status):
    bench.limits = Limits(max_journal_bytes=6_000, inline_bytes=inline)
    text = SMALL.replace("1 + 1}", f"\"'{'x' * 5_000}'\"}}, next: more")

    outcome = bench.run(text + "  more: {kind: action.transform, config: {value: '1'}}\n")

    assert outcome.status == status


def test_log_lines_count(bench):
    bench.limits = Limits(max_journal_bytes=20_000)
    text = SMALL.replace(
        "action.transform, config: {value: 1 + 1}",
        "test.chatter, config: {lines: 300}, next: more",
    )
    outcome = bench.run(text + "  more: {kind: action.transform, config: {value: '1'}}\n")

    assert outcome.error.type == "execution.too_large"


def test_too_many_visits_say_which_setting_allows_more(bench):
    bench.limits = Limits(max_visits=50)

    outcome = bench.run(ROUND)

    assert outcome.error.type == "execution.too_long"
    assert "max_visits" in outcome.error.detail


async def beside(bench, engine):
    plan = bench.plan(ROUND)
    small = bench.plan(SMALL)
    long = (await engine.start(plan, Start())).handle
    longest = 0.0
    count = 0
    while not long.is_done:
        began = time.perf_counter()
        handle = (await engine.start(small, Start())).handle
        assert (await handle.outcome()).status == "succeeded"
        longest = max(longest, time.perf_counter() - began)
        count += 1
    return longest, count, await long.outcome()


@pytest.mark.slow
def test_ten_thousand_steps_do_not_keep_small_executions_waiting(bench):
    longest, count, outcome = asyncio.run(bench.engine_run(partial(beside, bench)))

    assert outcome.status == "succeeded"
    assert count >= 3
    assert longest < 1.0


@pytest.mark.parametrize(
    ("limits", "type"),
    [
        (Limits(max_visits=50), "execution.too_long"),
        (Limits(max_journal_bytes=20_000), "execution.too_large"),
    ],
)
def test_the_branch_that_always_runs_has_an_allowance_of_its_own(bench, limits, type):
    bench.limits = limits
    last = "  last: {kind: action.transform, config: {value: 1 + 1}}\n"

    outcome = bench.run("settings: {finally: last}\n" + ROUND + last)

    assert (outcome.status, outcome.error.type) == ("failed", type)
    assert bench.events(outcome.execution_id, VisitSucceeded)[-1].node == "last"
