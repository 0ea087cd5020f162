"""What is left when an engine dies, and what the next one makes of it."""

import asyncio

import pytest

from flowforge_lab.engine import Start
from flowforge_lab.errors import LeaseLostError, StoreError, StoreFullError
from flowforge_lab.events import ExecutionResumed, VisitSucceeded, fold
from flowforge_lab.testing.suite import claim

CHAIN = """
nodes:
  start: {{kind: trigger.manual, next: one}}
  one: {{kind: test.append, config: {{path: "{path}", text: one}}, next: two}}
  two: {{kind: {kind}, config: {{path: "{path}", text: two}}, next: [three, four]}}
  three: {{kind: test.append, config: {{path: "{path}", text: three}}, next: meet}}
  four: {{kind: test.append, config: {{path: "{path}", text: four}}, next: meet}}
  meet: {{kind: logic.join, next: last}}
  last: {{kind: action.transform, config: {{value: nodes.meet.arrived}}}}
"""
DELAY = """
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: %s}, next: last}
  last: {kind: action.transform, config: {value: "'done'"}}
"""


def cut_off(bench, text, keep):
    """Return the id of an execution whose journal ends after `keep` entries, as a crash leaves it."""
    outcome = bench.run(text)
    stored = bench.journal._executions[outcome.execution_id]
    stored.entries = stored.entries[:keep]
    stored.head = type(stored.head)("running")
    bench.journal.die()
    return outcome.execution_id


@pytest.mark.slow
def test_goes_on_from_every_possible_cut_with_the_same_result(bench, tmp_path):
    path = tmp_path / "lines"
    text = CHAIN.format(path=path, kind="test.append")
    whole = bench.run(text)
    entries = len(bench.entries(whole.execution_id))

    for keep in range(1, entries):
        path.unlink()
        resumed = bench.resume(cut_off(bench, text, keep), text)

        assert (resumed.status, sorted(resumed.result["last"]["value"])) == (
            "succeeded",
            ["four", "three"],
        )
        keys = [line.split()[0].partition("/")[2] for line in path.read_text().splitlines()]
        assert len(set(keys)) == 4


def test_replay_of_the_journal_gives_the_state_the_engine_had(bench, tmp_path):
    outcome = bench.run(CHAIN.format(path=tmp_path / "lines", kind="test.append"))

    state = fold(asyncio.run(bench.journal.read(outcome.execution_id)))

    assert state.status == "succeeded"
    assert state.tokens == {}
    assert all(visit.is_over for visit in state.visits.values())


def test_a_step_that_may_not_run_twice_fails_after_a_crash(bench, tmp_path):
    text = CHAIN.format(path=tmp_path / "lines", kind="test.once")
    whole = bench.run(text)
    nodes = [getattr(entry.event, "node", "") for entry in bench.entries(whole.execution_id)]
    keep = 1 + nodes.index("two")

    resumed = bench.resume(cut_off(bench, text, keep), text)

    assert resumed.status == "failed"
    assert resumed.error.type == "crashed"


def test_a_long_wait_parks_the_execution_and_gives_the_lease_up(bench):
    outcome = bench.run(DELAY % "1h")

    assert outcome.status == "waiting"
    assert outcome.wake_at is not None
    assert asyncio.run(claim(bench.journal.another(), outcome.execution_id)) is not None


def test_a_parked_execution_goes_on_where_it_waited(bench):
    text = DELAY % "1h"
    parked = bench.run(text)
    entries = bench.journal._executions[parked.execution_id].entries
    late = fold(entries)
    waiting = next(visit for visit in late.open_visits())
    early = type(entries[-1].event)(waiting.number, waiting.node, until=1)
    entries[-1] = type(entries[-1])(
        parked.execution_id, entries[-1].seq, entries[-1].event_id, entries[-1].at, early
    )

    outcome = bench.resume(parked.execution_id, text)

    assert outcome.result["last"]["value"] == "done"
    assert len(bench.events(parked.execution_id, ExecutionResumed)) == 1


def test_a_short_wait_stays_in_memory_and_is_journaled(bench):
    outcome = bench.run(DELAY % "50ms")

    assert outcome.status == "succeeded"
    kinds = [type(event).__name__ for event in bench.events(outcome.execution_id)]
    assert kinds.count("VisitParked") == kinds.count("VisitResumed") == 1


def test_an_execution_that_somebody_holds_is_not_taken(bench):
    text = "nodes: {start: {kind: trigger.manual, next: s}, s: {kind: test.slow, config: {seconds: 9}}}"

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        other = bench.journal.another()
        return await claim(other, handle.execution_id)

    assert asyncio.run(bench.engine_run(work)) is None


def test_a_finished_execution_is_not_resumed(bench):
    text = "nodes: {start: {kind: trigger.manual}}"
    outcome = bench.run(text)

    assert bench.resume(outcome.execution_id, text) is None


def test_a_full_disk_stops_the_run_and_the_execution_can_go_on_later(bench, tmp_path):
    text = CHAIN.format(path=tmp_path / "lines", kind="test.append")

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        bench.journal.refuse(StoreFullError("no space left"))
        with pytest.raises(StoreFullError):
            await handle.outcome()
        return handle.execution_id

    execution_id = asyncio.run(bench.engine_run(work))
    bench.journal.die()

    assert bench.resume(execution_id, text).status == "succeeded"


def test_an_engine_that_lost_its_lease_stops_before_the_next_side_effect(bench, tmp_path):
    path = tmp_path / "lines"
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: slow}}
  slow: {{kind: test.slow, config: {{seconds: 0.2}}, next: write}}
  write: {{kind: test.append, config: {{path: "{path}", text: x}}}}
"""

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        bench.journal.die()
        assert await claim(bench.journal.another(), handle.execution_id) is not None
        with pytest.raises((LeaseLostError, StoreError)):
            await handle.outcome()

    asyncio.run(bench.engine_run(work))

    assert not path.exists()


def test_the_same_key_starts_one_execution_only(bench):
    text = "nodes: {start: {kind: trigger.manual}}"

    async def work(engine):
        first = await engine.start(bench.plan(text), Start(key="cron:1"))
        await first.handle.outcome()
        return first, await engine.start(bench.plan(text), Start(key="cron:1"))

    first, second = asyncio.run(bench.engine_run(work))

    assert (second.status, second.execution_id) == ("known", first.execution_id)


def test_durability_of_the_execution_writes_only_at_start_and_end(bench):
    text = "settings: {durability: execution}\n" + (DELAY % "1ms").lstrip()

    outcome = bench.run(text)

    assert bench.journal.append_count <= 3
    assert len(bench.events(outcome.execution_id, VisitSucceeded)) == 3


class HeldJournal:
    """The journal in memory on a slow disk: nothing is acknowledged before `released` is set."""

    def __init__(self, journal):
        self._journal = journal
        self.released = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def append(self, lease, entries, head=None, *, taken=()):
        written = self._journal.append(lease, entries, head, taken=taken)

        async def acknowledged():
            await self.released.wait()
            return await written

        return asyncio.ensure_future(acknowledged())


def test_nothing_outside_is_changed_before_the_journal_has_acknowledged_all_before_it(
    bench, tmp_path
):
    path = tmp_path / "lines"
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: write}}
  write: {{kind: test.append, config: {{path: "{path}", text: x}}}}
"""

    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        await asyncio.sleep(0.1)
        is_early = path.exists()
        journal.released.set()
        return is_early, await handle.outcome()

    async def held():
        nonlocal journal
        journal = HeldJournal(bench.journal)
        return await bench.engine_run(work, journal)

    journal = None
    is_early, outcome = asyncio.run(held())

    assert not is_early
    assert outcome.status == "succeeded"
    assert path.exists()


TWO = """
nodes:
  start: {kind: trigger.manual, next: [a, b, c]}
  a: {kind: action.transform, config: {value: "sorted([x for x in [3, 1, 2]])"}}
  b: {kind: action.transform, config: {value: "sorted([x for x in [6, 5, 4]])"}}
  c: {kind: action.transform, config: {value: "sorted([x for x in [9, 8, 7]])"}}
"""


def test_branches_whose_expressions_are_evaluated_at_once_are_visits_of_their_own(bench):
    outcome = bench.run(TWO)

    assert {node: made["value"] for node, made in outcome.result.items()} == {
        "a": [1, 2, 3],
        "b": [4, 5, 6],
        "c": [7, 8, 9],
    }


def test_an_expression_that_failed_before_a_crash_fails_again_behind_it(bench):
    text = "nodes: {start: {kind: trigger.manual, next: a}, a: {kind: action.transform, config: {value: 1 // 0}}}"
    whole = bench.run(text)
    kinds = [type(event).__name__ for event in bench.events(whole.execution_id)]
    cut = cut_off(bench, text, len(kinds) - kinds[::-1].index("VisitStarted"))

    assert bench.resume(cut, text).error.type == "expression"
