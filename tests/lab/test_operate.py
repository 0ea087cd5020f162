"""A lab holds executions, replays them, goes back in time, and runs one node."""

import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError, PlanError
from flowforge_lab.services.replaying import replay
from flowforge_lab.settings import Settings
from flowforge_lab.spec import Document
from flowforge_lab.store import Pin

pytestmark = pytest.mark.slow

SLOW = (
    ff.Workflow(id="slow", settings={"concurrency": {"limit": 1}})
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "test.slow", config={"seconds": 0.3}, next="after")
    .with_node("after", "action.transform", config={"value": "1"})
)
CHAIN = Document.parse("""\
id: chain
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: inputs.n}, next: remember}
  remember: {kind: action.set_variable, config: {name: seen, value: "{{ nodes.a.value }}", scope: execution}, next: b}
  b: {kind: action.transform, config: {value: "nodes.a.value + vars.execution.seen"}, next: c}
  c: {kind: action.transform, config: {value: "nodes.b.value * 10"}}
""")
HANDLED = """\
nodes:
  start: {kind: trigger.manual, next: bad}
  bad: {kind: action.transform, config: {value: 1 // 0}, on_error: good}
  good: {kind: action.transform, config: {value: "1"}}
"""


# -- pausing


@pytest.mark.slow
def test_pauses_and_unpauses(lab):
    execution_id = lab.start(SLOW)
    lab.pause(execution_id, reason="wait a moment")

    assert lab.wait(execution_id).status == "paused"
    assert lab.get(execution_id).status == "paused"
    assert lab.due() == []
    lab.unpause(execution_id)
    assert lab.wait(execution_id).result == {"after": {"value": 1}}


def test_what_is_over_cannot_be_paused(lab):
    done = lab.run(CHAIN).execution_id

    for call in (lab.pause, lab.unpause):
        with pytest.raises(ConflictError, match="over already: succeeded"):
            call(done)


@pytest.mark.slow
def test_a_queued_execution_is_paused_when_its_turn_comes(lab):
    first, second = lab.start(SLOW), lab.start(SLOW)
    lab.pause(second)
    assert lab.get(second).status == "queued"
    lab.wait(first)

    assert lab.wait(second).status == "paused"
    assert lab.steps_of(second) == []
    lab.unpause(second)
    assert lab.wait(second).status == "succeeded"


@pytest.mark.slow
def test_a_paused_execution_is_cancelled(lab):
    execution_id = lab.start(SLOW)
    lab.pause(execution_id)
    lab.wait(execution_id)
    lab.cancel(execution_id)

    assert lab.wait(execution_id).status == "cancelled"


def test_a_host_leaves_what_is_paused_alone_and_takes_up_what_is_unpaused(lab):
    parked = ff.Workflow(id="parked").with_node("start", "trigger.manual", next="nap")
    parked = parked.with_node("nap", "flow.delay", config={"duration": "2d"}, next="after")
    execution_id = lab.start(parked.with_node("after", "action.transform", config={"value": "1"}))
    while lab.get(execution_id).status != "waiting":
        time.sleep(0.01)
    due_at = lab.get(execution_id).wake_at
    lab.pause(execution_id)
    assert lab.wait(execution_id).status == "paused"
    lab.serve(until=iter([False, True]).__next__)
    assert lab.get(execution_id).status == "paused"
    lab.unpause(execution_id)
    while lab.get(execution_id).status != "waiting":
        time.sleep(0.01)

    assert lab.get(execution_id).wake_at == due_at


# -- replay and time travel


def test_replays_every_state_from_the_journal(lab):
    outcome = lab.run(CHAIN, {"n": 4})
    replayed = lab.replay(outcome.execution_id)

    assert replayed.matches
    assert [state.seq for state in replayed] == list(range(1, len(replayed) + 1))
    assert replayed.states[-1].status == "succeeded"
    assert replayed.states[-1].variables == {"seen": 4}
    frame = replayed.frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns[:4]) == ["happened_at", "event", "node", "status"]


@pytest.mark.parametrize(("ask", "status"), [("pause", "paused"), ("cancel", "cancelled")])
@pytest.mark.slow
def test_what_was_stopped_replays_as_well(lab, ask, status):
    execution_id = lab.start(SLOW)
    getattr(lab, ask)(execution_id)
    lab.wait(execution_id)
    replayed = lab.replay(execution_id)

    assert (replayed.differences, replayed.states[-1].status) == ((), status)


def test_what_failed_replays_as_well(lab):
    outcome = lab.run_node(CHAIN, "c")
    replayed = lab.replay(outcome.execution_id)

    assert (replayed.differences, replayed.states[-1].status) == ((), "failed")


def test_what_succeeded_with_handled_errors_replays_as_well(lab, folder):
    path = folder / "handled.flow.yaml"
    path.write_text(HANDLED)
    outcome = lab.run(path)

    assert "handled" in lab.get(outcome.execution_id).error
    assert lab.replay(outcome.execution_id).differences == ()


def test_a_journal_that_comes_to_something_else_is_told(lab):
    outcome = lab.run(CHAIN)
    entries, head = lab.entries(outcome.execution_id), lab.get(outcome.execution_id)

    assert (
        "status: stored is 'succeeded', the journal comes to"
        in replay(entries[:-1], head).differences[0]
    )
    assert "event 3 where 2 is expected" in replay([entries[0], *entries[2:]], head).differences[0]


def test_goes_back_to_a_visit_an_event_and_a_time(lab):
    outcome = lab.run(CHAIN, {"n": 4})
    last = lab.entries(outcome.execution_id)[-1]
    then = lab.at(outcome.execution_id, visit=4)

    assert then.nodes == {
        "start": "succeeded",
        "a": "succeeded",
        "remember": "succeeded",
        "b": "running",
    }
    assert then.steps[-1].input == {"name": "seen", "value": 4} or then.steps[-1].input
    assert then.variables == {"seen": 4}
    assert lab.at(outcome.execution_id, visit=3).variables == {}
    assert lab.at(outcome.execution_id, seq=last.seq).status == "succeeded"
    assert lab.at(outcome.execution_id, time=datetime.now(UTC)).status == "succeeded"


def test_before_it_began_or_beside_it_there_is_nothing(lab):
    outcome = lab.run(CHAIN)
    early = datetime.now(UTC) - timedelta(days=1)

    for place in ({"time": early}, {"seq": 0}, {"visit": 99}, {"time": early.isoformat()}):
        with pytest.raises(NotFoundError):
            lab.at(outcome.execution_id, **place)
    with pytest.raises(ValueError, match="one of seq, time and visit"):
        lab.at(outcome.execution_id)


# -- parts of a workflow


def test_runs_to_a_node(lab):
    outcome = lab.run(CHAIN, {"n": 4}, until="b")

    assert outcome.result == {"value": 8}
    assert [step.node for step in lab.steps_of(outcome.execution_id)] == [
        "start",
        "a",
        "remember",
        "b",
    ]


def test_runs_one_node_with_given_input_and_outputs(lab):
    outcome = lab.run_node(CHAIN, "b", nodes={"a": {"value": 5}}, variables={"seen": 7})

    assert outcome.result == {"value": 12}
    assert len(lab.steps(execution=outcome.execution_id)) == 1


def test_runs_one_node_with_what_it_had_the_last_time(lab):
    lab.run(CHAIN, {"n": 4})

    assert lab.run_node(CHAIN, "b").result == {"value": 8}
    assert lab.run_node(CHAIN, "b", nodes={"a": {"value": 5}}).result == {"value": 9}
    with pytest.raises(PlanError, match="outputs"):
        lab.run_node(CHAIN, "b", nodes={"a": [1]})
    assert lab.run_node(CHAIN, "c", input={"value": 2}).result == {"value": 20}


def test_a_pin_stands_for_an_earlier_node(lab):
    lab.run(CHAIN, {"n": 4})
    pin = Pin("chain", "a", {"outputs": {"value": 100}, "port": ""}, 1)
    lab._loop.run_sync(lab.parts.store.catalogue.set_pin(pin))

    assert lab.run_node(CHAIN, "b").result == {"value": 104}


def test_an_earlier_node_that_nobody_knows_of_is_told(lab):
    outcome = lab.run_node(CHAIN, "c")

    assert outcome.status == "failed"
    assert "b" in outcome.error.detail


@pytest.mark.parametrize("call", [{"node": "d"}, {"node": "b", "nodes": {"d": 1}}])
def test_a_node_that_is_not_there_is_told(lab, call):
    with pytest.raises(NotFoundError, match="no node 'd'"):
        lab.run_node(CHAIN, **call)


def test_a_wrong_word_is_told(lab):
    with pytest.raises(TypeError):
        lab.run_node(CHAIN, "b", inptu=1)
    with pytest.raises(PlanError):
        lab.run_node(CHAIN, "b", inputs={"n": "x"})


BODY = Document.parse("""\
id: rounds
nodes:
  start: {kind: trigger.manual, next: outer}
  outer: {kind: logic.loop, config: {items: "[1, 2]"}, next: {body: inner, done: after}}
  inner: {kind: logic.loop, config: {items: "[10, 20]"}, next: {body: work, done: outer}}
  work: {kind: action.transform, config: {value: "[item, index, nodes.outer.item]"}, next: two}
  two: {kind: action.transform, config: {value: "1 // (nodes.work.value[0] - item + 1)"}, next: inner}
  after: {kind: action.transform, config: {value: "nodes.outer.count"}}
""")


def test_runs_one_node_of_a_loop_with_the_turn_it_is_given(lab):
    assert lab.run_node(BODY, "work", item=5, index=3).result == {"value": [5, 3, None]}


def test_runs_one_node_of_a_loop_with_its_last_turn(lab):
    lab.run(BODY)

    assert lab.run_node(BODY, "work").result == {"value": [20, 1, 2]}
    assert lab.run_node(BODY, "work", item=5).result == {"value": [5, 0, 2]}


def test_an_error_of_one_node_of_a_loop_fails_its_run(lab):
    outcome = lab.run_node(BODY, "two", nodes={"work": {"value": [1]}}, item=2)

    assert (outcome.status, outcome.error.node) == ("failed", "two")


def test_a_loop_on_its_own_runs_its_turns(lab):
    assert lab.run_node(BODY, "inner", item=3).result["results"] == [{"value": 1}, {"value": 1}]


JOIN = Document.parse("""\
id: joined
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: 1}, next: meet}
  b: {kind: action.transform, config: {value: 2}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: "nodes.meet.branches"}}
""")


def test_runs_a_join_with_its_branches(lab):
    given = lab.run_node(JOIN, "meet", input={"a": {"value": 5}, "b": {"value": 6}})
    lab.run(JOIN)
    known = lab.run_node(JOIN, "meet", input={"b": {"value": 6}})

    assert given.result["branches"] == {"a": {"value": 5}, "b": {"value": 6}}
    assert known.result["branches"] == {"a": {"value": 1}, "b": {"value": 6}}


# -- keeping no longer


def test_a_sweep_deletes_also_what_was_not_sealed_yet(folder):
    with ff.open_lab(folder, settings=Settings(retention_days=1e-6)) as lab:
        outcome = lab.run(CHAIN)
        assert list(lab.executions()["execution_id"]) == [outcome.execution_id]
        time.sleep(0.2)

        assert lab.sweep() == 1
        assert lab.executions().empty
