"""How the engine takes a wish for another version, when it comes at the worst moment."""

import asyncio
import json

import pytest

from flowforge_lab.engine import Start
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import ExecutionMigrated, MigrationRefused

WAIT = """\
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: 300ms}, next: after}
  after: {kind: action.transform, config: {value: %d}}
"""


@pytest.fixture
def parked(bench):
    """An execution that waits, and what it takes to resume it."""
    bench.limits = bench.short_waits(0.01)
    outcome = bench.run(WAIT % 1)
    assert outcome.status == "waiting"
    return outcome


def wish(bench, execution_id, digest):
    return asyncio.run(
        bench.journal.signal(execution_id, "migrate", json.dumps({"digest": digest}))
    )


def resume(bench, execution_id, *texts):
    plans = {plan.digest: plan for plan in map(bench.plan, texts)}

    async def plan_of(digest):
        if digest not in plans:
            msg = f"no version {digest}"
            raise NotFoundError(msg)
        return plans[digest]

    async def work(engine):
        handle = await engine.resume(execution_id, plan_of)
        return await handle.outcome()

    return asyncio.run(bench.engine_run(work))


@pytest.mark.slow
def test_it_goes_on_in_the_new_version_and_says_so(bench, parked):
    new = bench.plan(WAIT % 2).digest
    wish(bench, parked.execution_id, new)
    bench.wait_for(parked)

    outcome = resume(bench, parked.execution_id, WAIT % 1, WAIT % 2)

    assert outcome.result == {"after": {"value": 2}}
    assert bench.entries(parked.execution_id)[-1].event.digest == new
    assert asyncio.run(bench.journal.find_head(parked.execution_id)).digest == new


@pytest.mark.slow
def test_a_wish_is_taken_once(bench, parked):
    wish(bench, parked.execution_id, bench.plan(WAIT % 2).digest)
    resume(bench, parked.execution_id, WAIT % 1, WAIT % 2)
    bench.wait_for(parked)
    resume(bench, parked.execution_id, WAIT % 1, WAIT % 2)

    assert len(bench.events(parked.execution_id, ExecutionMigrated)) == 1


@pytest.mark.slow
def test_of_several_wishes_the_last_one_holds(bench, parked):
    for value in (2, 3):
        wish(bench, parked.execution_id, bench.plan(WAIT % value).digest)
    bench.wait_for(parked)

    outcome = resume(bench, parked.execution_id, WAIT % 1, WAIT % 2, WAIT % 3)

    assert outcome.result == {"after": {"value": 3}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (
            WAIT.replace("wait:", "nap:").replace("next: wait", "next: nap") % 2,
            "it stands at 'wait', which is gone",
        ),
        (WAIT % 9, "no version"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told_and_the_old_version_goes_on(
    bench, parked, new, reason
):
    known = [WAIT % 1] if "% 9" in reason or reason == "no version" else [WAIT % 1, new]
    wish(bench, parked.execution_id, bench.plan(new).digest)
    bench.wait_for(parked)

    outcome = resume(bench, parked.execution_id, *known)

    [refused] = bench.events(parked.execution_id, MigrationRefused)
    assert refused.reasons[0].startswith(reason)
    assert outcome.result == {"after": {"value": 1}}


@pytest.mark.slow
def test_a_version_whose_node_types_are_gone_can_be_left(bench, parked):
    wish(bench, parked.execution_id, bench.plan(WAIT % 2).digest)
    bench.wait_for(parked)

    outcome = resume(bench, parked.execution_id, WAIT % 2)

    assert outcome.result == {"after": {"value": 2}}


@pytest.mark.slow
def test_a_running_execution_keeps_its_version_until_it_is_resumed(bench):
    slow = WAIT.replace("300ms", "400ms")

    async def work(engine):
        started = await engine.start(bench.plan(slow % 1), Start())
        payload = json.dumps({"digest": bench.plan(slow % 2).digest})
        await bench.journal.signal(started.execution_id, "migrate", payload)
        return await started.handle.outcome()

    outcome = asyncio.run(bench.engine_run(work))

    assert outcome.result == {"after": {"value": 1}}
    assert bench.events(outcome.execution_id, ExecutionMigrated) == []


@pytest.mark.slow
@pytest.mark.parametrize("keep", range(5, 9))
def test_a_crash_anywhere_around_the_move_loses_nothing(bench, parked, keep):
    wish(bench, parked.execution_id, bench.plan(WAIT % 2).digest)
    bench.wait_for(parked)
    resume(bench, parked.execution_id, WAIT % 1, WAIT % 2)
    moved = [type(entry.event) for entry in bench.entries(parked.execution_id)].index(
        ExecutionMigrated
    )

    bench.journal.cut(parked.execution_id, max(keep, moved + 1))
    outcome = resume(bench, parked.execution_id, WAIT % 1, WAIT % 2)

    assert outcome.result == {"after": {"value": 2}}
    assert len(bench.events(parked.execution_id, ExecutionMigrated)) == 1
